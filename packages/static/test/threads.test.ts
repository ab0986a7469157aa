// Threads share what is kept, as processes' caches do: what one has compressed, another answers with.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, expect, it } from 'vitest';
import { closeApps, serve } from './support/app.ts';
import { folderOf, removeFolders, settled } from './support/folder.ts';

afterEach(closeApps);
afterAll(removeFolders);

it('a variant that another thread has made is not made again', async () => {
  const root = folderOf({ 'shared.txt': 'shared between threads. '.repeat(500) });
  await settled(root, 'shared.txt');
  const app = await serve({ root });
  const first = await app.inject({ url: '/shared.txt', headers: { 'accept-encoding': 'br' } });
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     import(workerData.fastify).then(async ({ default: Fastify }) => {
       const { staticFiles } = await import(workerData.dist);
       const app = Fastify();
       await app.register(staticFiles, { root: workerData.root });
       const { rawPayload } = await app.inject({ url: '/shared.txt', headers: { 'accept-encoding': 'br' } });
       const { compressed } = app.static.stats();
       await app.close();
       parentPort.postMessage({ compressed, bytes: rawPayload.toString('base64') });
     });`,
    {
      eval: true,
      workerData: {
        root,
        dist: new URL('../dist/index.js', import.meta.url).href,
        fastify: import.meta.resolve('fastify'),
      },
    },
  );
  const [answer] = (await once(worker, 'message')) as [{ compressed: number; bytes: string }];
  await once(worker, 'exit');
  expect(app.static.stats().compressed).toBe(1);
  expect(answer.compressed).toBe(0);
  expect(answer.bytes).toBe(first.rawPayload.toString('base64'));
});
