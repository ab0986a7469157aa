// The promise of a stop, under load: no request is lost that was sent before its connection was closed. A client that has not
// seen the close yet, for want of processor time, may still send on it: that is how HTTP/1.1 is, and clients ask again. So is a
// connection reset that the operating system had taken, and the application had not, when the listener closed.
import { Worker } from 'node:worker_threads';
import type { AddressInfo, Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createApp } from '../../src/index.ts';
import type { AppOptions } from '../../src/index.ts';

interface Counts {
  answered: number;
  statuses: Record<string, number>;
  lost: { reason: string; port: number; sentAt: number }[];
  told: number;
  refused: number;
  closedIdle: number;
}

/** Runs keep-alive clients against an application and stops it while they are at it. */
async function stopUnderLoad(
  options: AppOptions,
  stop: (app: Awaited<ReturnType<typeof createApp>>) => Promise<unknown>,
) {
  const app = await createApp({ env: false, ...options });
  onTestFinished(() => app.close());
  app.get('/plain', async () => ({ plain: true }));
  app.get('/cached', { config: { cache: { ttl: 60_000 } } }, async () => ({ cached: true }));
  app.get('/slow', async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return { slow: true };
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const closedAt = new Map<number, number>();
  app.server.on('connection', (socket: Socket) => {
    const { remotePort = 0 } = socket;
    closedAt.set(remotePort, Infinity);
    socket.once('close', () =>
      closedAt.set(remotePort, performance.timeOrigin + performance.now()),
    );
  });
  const worker = new Worker(new URL('./load-client.mjs', import.meta.url), {
    workerData: { port, clients: 20, paths: ['/plain', '/cached', '/slow', '/missing'] },
  });
  onTestFinished(async () => {
    await worker.terminate();
  });
  const counts = await new Promise<Counts>((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', (message: { warm?: true; counts?: Counts }) => {
      if (message.counts) resolve(message.counts);
      else stop(app).catch(reject);
    });
  });
  // On connections that the application took, and had not closed when the request was sent.
  const lost = counts.lost.filter(({ port, sentAt }) => sentAt < (closedAt.get(port) ?? 0));
  return { counts, lost, app };
}

it.each([0, 300])('loses no request with a delay of %d ms', async (shutdownDelay) => {
  const { counts, lost, app } = await stopUnderLoad({ shutdown: { shutdownDelay } }, (app) =>
    app.lifecycle.stop('test'),
  );
  expect(lost).toStrictEqual([]);
  expect(Object.keys(counts.statuses).sort()).toStrictEqual(['200', '404']);
  expect(counts.told).toBeGreaterThan(0);
  expect(await app.lifecycle.stop()).toMatchObject({ reason: 'test', ok: true, left: [] });
});
