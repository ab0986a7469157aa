// A thread that uses the engine of the process by its name, and does what it is told.
import { parentPort, workerData } from 'node:worker_threads';
import { createTieredCache } from '@catzilla/tiers';

const cache = createTieredCache(workerData.options);

const answers = {
  set: ([key, value]) => cache.set(key, value, { tags: ['t'] }),
  get: ([key]) => cache.getSync(key),
  delete: ([key]) => cache.delete(key),
  invalidate: () => cache.invalidateTags('t'),
  getOrSet: async ([key, count]) => {
    let calls = 0;
    const values = await Promise.all(
      Array.from({ length: count }, () => cache.getOrSet(key, () => `computed ${++calls}`)),
    );
    return { calls, values: [...new Set(values)] };
  },
  // A load that is under way when another thread deletes its key.
  load: ([key, value]) =>
    cache.getOrSet(key, () => {
      // Not before: a delete that comes first forbids nothing.
      parentPort.postMessage('loading');
      return new Promise((resolve) => parentPort.once('message', () => resolve(value)));
    }),
  // Works until the end of the thread.
  churn() {
    let i = 0;
    const turn = () => {
      for (let n = 0; n < 50; n++, i++) {
        void cache.set(`churn ${i % 200}`, i, { tags: ['t'] });
        cache.getSync(`churn ${(i * 7) % 200}`);
        if (i % 17 === 0) void cache.delete(`churn ${i % 200}`);
      }
      setImmediate(turn);
    };
    turn();
  },
  close: () => cache.close(),
};

parentPort.on('message', async ({ ask, args }) => {
  if (ask === undefined) return;
  parentPort.postMessage({ answer: await answers[ask](args) });
  if (ask === 'close') parentPort.close();
});
