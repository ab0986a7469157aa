// How a thread goes while another takes its place: without turning readiness off, for the service as a whole stays ready.
// Clients that keep connections are told to take a new one, which the other thread gets, and are given the shutdown delay for
// it. What comes after is the stop as always.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { ListenAt } from './protocol.ts';

/** How often it is looked whether connections are left, ms. */
const LOOK = 25;

/** Sends the clients away. Resolves when none is left, or the shutdown delay is over.
 * @param at     where it listens
 * @param hurry  ends the wait */
export async function leave(
  app: FastifyInstance,
  at: ListenAt | undefined,
  hurry: AbortSignal,
): Promise<void> {
  const { server } = app;
  app.log.info('application leaves its place to another thread');
  server.prependListener('request', answerAndClose);
  // At a socket of the main thread's the other one listens, too: none that waits there is lost. Without closing idle
  // connections, as http.Server's own close would.
  if (at?.kind === 'socket') Server.prototype.close.call(server);
  // Where there is no other to take them, every moment counts.
  const isAlone = at?.kind === 'port' && !at.reusePort;
  if (!isAlone) await untilUnused(server, app.config.shutdown.shutdownDelay, hurry);
  app.lifecycle.hurry();
}

// Before Fastify's own listener: what answers by one raw write looks at this, too.
function answerAndClose(_request: IncomingMessage, response: ServerResponse): void {
  response.shouldKeepAlive = false;
}

async function untilUnused(server: Server, limit: number, hurry: AbortSignal): Promise<void> {
  const latest = performance.now() + limit;
  while (!hurry.aborted && performance.now() < latest) {
    if ((await connections(server)) === 0) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK).unref());
  }
}

function connections(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.getConnections((error, count) => resolve(error === null ? count : 0));
  });
}
