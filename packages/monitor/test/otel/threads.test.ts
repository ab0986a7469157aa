// Threads that serve one application have an SDK each, and would tell the same sums: the eldest speaks for all.
import { once } from 'node:events';
import { setEnvironmentData, Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';

interface Collected {
  readonly names: readonly string[];
  readonly requests: readonly number[];
}

async function start() {
  const worker = new Worker(new URL('./thread.mjs', import.meta.url));
  onTestFinished(async () => {
    await worker.terminate();
  });
  const ask = async (message: string): Promise<Collected> => {
    worker.postMessage(message);
    const [answer] = (await once(worker, 'message')) as [Collected];
    return answer;
  };
  const [{ url }] = (await once(worker, 'message')) as [{ url: string }];
  return {
    collect: () => ask('collect'),
    get: async () => (await fetch(url)).text(),
    end: async () => {
      worker.postMessage('end');
      await once(worker, 'exit');
    },
  };
}

it('one thread tells the counts of all, and another one when it has gone', async () => {
  setEnvironmentData('catzilla.threads', `otel-test ${process.pid}`);
  onTestFinished(() => setEnvironmentData('catzilla.threads', undefined));
  const eldest = await start();
  const second = await start();
  await eldest.get();
  await second.get();
  await second.get();
  await expect.poll(async () => (await eldest.collect()).requests).toStrictEqual([3]);
  expect((await second.collect()).names).toStrictEqual([]);
  await eldest.end();
  await expect.poll(async () => (await second.collect()).requests).toStrictEqual([3]);
});
