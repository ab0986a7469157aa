// A value is not taken up by a near-cache as current while one of its tags is being invalidated. The reader reads all
// the time, so that in some rounds it reads between the steps of the other thread's call.
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { openCache } from '../src/index.ts';
import { ended, startWorker } from './support/worker.ts';

const MOST_ROUNDS = 20_000;
/** ms: each round costs two turns of the cores, so on busy ones fewer are made. */
const ENOUGH = 10_000;
const END = -1;

it('sees every invalidateTag of another thread, also one it reads beside', async () => {
  const name = `near-tags-${process.pid}`;
  const cache = openCache(name, { maxBytes: 2 ** 20 });
  // [0]: rounds begun by the reader, [1]: rounds whose call has returned
  const words = new Int32Array(new SharedArrayBuffer(8));
  const worker = startWorker(
    `
    const { words, name, end } = data;
    const cache = openCache(name);
    for (let round = 1; ; round++) {
      let begun;
      do begun = Atomics.load(words, 0); while (begun !== end && begun < round);
      if (begun === end) break;
      cache.invalidateTag('tag');
      Atomics.store(words, 1, round);
    }
    cache.close();`,
    { words, name, end: END },
  );
  await once(worker, 'online');
  let wrong = 0;
  let round = 0;
  const latest = performance.now() + ENOUGH;
  while (round < MOST_ROUNDS && performance.now() < latest) {
    round++;
    cache.set('key', 'value', { tags: ['tag'] });
    for (let i = 0; i < 4; i++) cache.get('key');
    Atomics.store(words, 0, round);
    while (Atomics.load(words, 1) < round) cache.get('key');
    if (cache.get('key') !== undefined) wrong++;
  }
  Atomics.store(words, 0, END);
  await ended(worker);
  expect(wrong).toBe(0);
  expect(cache.stats().near.refreshes).toBeGreaterThan(round / 10);
  cache.close();
});
