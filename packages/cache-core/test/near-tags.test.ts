// A value is not taken up by a near-cache as current while one of its tags is being invalidated. The reader reads all
// the time, so that in some rounds it reads between the steps of the other thread's call.
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { openCache } from '../src/index.ts';
import { ended, startWorker } from './support/worker.ts';

const ROUNDS = 20_000;

it(
  'sees every invalidateTag of another thread, also one it reads beside',
  { timeout: 60_000 },
  async () => {
    const name = `near-tags-${process.pid}`;
    const cache = openCache(name, { maxBytes: 2 ** 20 });
    // [0]: rounds begun by the reader, [1]: rounds whose call has returned
    const words = new Int32Array(new SharedArrayBuffer(8));
    const worker = startWorker(
      `
    const { words, name, rounds } = data;
    const cache = openCache(name);
    for (let round = 1; round <= rounds; round++) {
      while (Atomics.load(words, 0) < round) {}
      cache.invalidateTag('tag');
      Atomics.store(words, 1, round);
    }
    cache.close();`,
      { words, name, rounds: ROUNDS },
    );
    await once(worker, 'online');
    let wrong = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      cache.set('key', 'value', { tags: ['tag'] });
      for (let i = 0; i < 4; i++) cache.get('key');
      Atomics.store(words, 0, round);
      while (Atomics.load(words, 1) < round) cache.get('key');
      if (cache.get('key') !== undefined) wrong++;
    }
    await ended(worker);
    expect(wrong).toBe(0);
    expect(cache.stats().near.refreshes).toBeGreaterThan(ROUNDS / 10);
    cache.close();
  },
);
