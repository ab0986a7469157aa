// GET /events: the state of the application as server-sent events, one snapshot per interval.
// Invariant: one timer for all clients, running only while somebody listens; a client that does not keep up
// misses snapshots instead of filling memory; closing the application ends every stream.

import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'catzilla';

/** Options of liveRoute. */
export interface LiveOptions {
  /** What a client gets; anything JSON can hold. */
  snapshot: () => unknown;
  /** ms between two snapshots. */
  interval: number;
}

const MAX_CLIENTS = 100;

/** Declares GET /events; answers 503 to more than 100 listeners at once. */
export async function liveRoute(app: FastifyInstance, options: LiveOptions): Promise<void> {
  const clients = new Set<ServerResponse>();
  let timer: NodeJS.Timeout | undefined;

  const frame = () => `data: ${JSON.stringify(options.snapshot())}\n\n`;
  const tick = () => {
    const text = frame();
    for (const client of clients) if (!client.writableNeedDrain) client.write(text);
  };
  const leave = (client: ServerResponse) => {
    clients.delete(client);
    if (clients.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  app.get('/events', { exposeHeadRoute: false, config: { cache: false } }, (_request, reply) => {
    if (clients.size >= MAX_CLIENTS) {
      reply.code(503).header('retry-after', '10').send({ error: 'too many listeners' });
      return;
    }
    reply.hijack();
    const client = reply.raw;
    client.on('close', () => leave(client));
    client.writeHead(200, {
      // The stream lasts as long as its connection: kept alive afterwards, it would hold up closing.
      connection: 'close',
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    client.write(`retry: 1000\n\n${frame()}`);
    clients.add(client);
    timer ??= setInterval(tick, options.interval).unref();
  });

  app.addHook('preClose', async () => {
    for (const client of clients) client.end();
  });
}
