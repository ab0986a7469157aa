// A process with several threads around one engine. Runs everything and tells what came of it: a crash is then one of this
// process, not of the test's.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createTieredCache } from '@catzilla/tiers';
import { leave, send } from './parent.mjs';

const options = { name: 'threads', memory: { maxBytes: 4 * 1024 * 1024 } };
const cache = createTieredCache(options);

function start() {
  const worker = new Worker(new URL('thread.mjs', import.meta.url), { workerData: { options } });
  return {
    worker,
    async ask(ask, ...args) {
      worker.postMessage({ ask, args });
      for (;;) {
        const [message] = await once(worker, 'message');
        if (message !== 'loading') return message.answer;
      }
    },
  };
}

const threads = [start(), start(), start()];
const [one, two, three] = threads;
const getAll = (key) => Promise.all(threads.map((thread) => thread.ask('get', key)));
const report = {};

await one.ask('set', 'k', { from: 'one' });
report.set = [cache.getSync('k'), ...(await getAll('k'))];
await two.ask('delete', 'k');
report.deleted = [cache.getSync('k'), ...(await getAll('k'))];
await three.ask('set', 'tagged', 1);
await cache.invalidateTags('t');
report.invalidated = [cache.getSync('tagged'), ...(await getAll('tagged'))];
await cache.set('mine', 'main');
report.mine = await getAll('mine');

report.loads = await Promise.all(threads.map((thread) => thread.ask('getOrSet', 'loaded', 100)));
const again = await Promise.all(threads.map((thread) => thread.ask('getOrSet', 'loaded', 100)));
report.callsAgain = again.map(({ calls }) => calls);
report.sameForAll = new Set(again.flatMap(({ values }) => values)).size;

// A load in one thread, a delete in another before it ends.
const loading = once(one.worker, 'message');
const answer = one.ask('load', 'raced', 'old');
await loading;
await two.ask('delete', 'raced');
one.worker.postMessage({});
report.raced = [await answer, ...(await getAll('raced'))];

// Threads that end in the middle of their work, in every way there is.
for (let round = 0; round < 6; round++) {
  const busy = [start(), start()];
  for (const { worker } of busy) worker.postMessage({ ask: 'churn', args: [] });
  await Promise.all(busy.map(({ worker }) => once(worker, 'message')));
  for (let i = 0; i < 20; i++) {
    await cache.set(`churn ${i}`, i);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(busy.map(({ worker }) => worker.terminate()));
}
await cache.set('after', 'well');
report.after = await getAll('after');
await Promise.all(threads.map((thread) => thread.ask('close')));
report.open = cache.getSync('after');
const { requests, hits, misses } = cache.stats();
report.isCounted = requests === hits + misses;
await cache.close();
await send(report);
leave();
