// Reads from Redis alone, one after another; and 64 keys in one call, one by one, and all at once.
import { threadCpu } from '../../lib/clocks.mjs';
import { makeKeys, makeObject, sameValue } from '../data.mjs';
import { timeEach } from '../latency.mjs';
import { openLibrary } from '../libraries.mjs';

const COUNT = 512;
const BATCH = 64;
/** Slices' worth of work to warm up, until the compiler has settled. */
const WARM = 6;
const WARM_BATCHES = 300;

export async function open({ library, size, port }) {
  // All share a server: names of their own.
  const keys = makeKeys(COUNT, library.slice(-5));
  const objects = keys.map((_, id) => makeObject(id, size));
  // A busy machine that holds us for longer than a deadline would make misses of hits.
  const cache = await openLibrary({ library, port, count: COUNT, memory: false, deadline: 5000 });
  for (const [id, key] of keys.entries()) await cache.set(key, objects[id]);
  for (const [id, key] of keys.entries()) same(await cache.get(key), id);

  let from = 0;
  /** `rounds` times 64 keys, by `read`. */
  const batches = async (rounds, read) => {
    const thread = threadCpu();
    const start = performance.now();
    for (let round = 0; round < rounds; round++) {
      from = (from + BATCH) % COUNT;
      const values = await read(keys.slice(from, from + BATCH));
      for (const [at, value] of values.entries())
        if (value.id !== from + at) same(value, from + at);
    }
    const count = rounds * BATCH;
    return {
      keysPerS: count / ((performance.now() - start) / 1000),
      wallUs: ((performance.now() - start) * 1000) / count,
      threadUs: (threadCpu() - thread) / 1000 / count,
    };
  };

  return {
    get({ calls, isWarmUp }) {
      return timeEach(isWarmUp ? calls * WARM : calls, async (at) => {
        const id = (at * 7) % COUNT;
        const value = await cache.get(keys[id]);
        if (!cache.isText && value.id !== id) same(value, id);
      });
    },
    many: ({ batches: count, isWarmUp }) =>
      batches(isWarmUp ? WARM_BATCHES : count, (some) => cache.getMany(some)),
    single: ({ batches: count }) =>
      batches(Math.ceil(count / 4), async (some) => {
        const values = [];
        for (const key of some) values.push(await cache.get(key));
        return values;
      }),
    concurrent: ({ batches: count, isWarmUp }) =>
      batches(isWarmUp ? WARM_BATCHES : count, (some) =>
        Promise.all(some.map((key) => cache.get(key))),
      ),
  };

  function same(value, id) {
    sameValue(cache.isText ? JSON.parse(value) : value, objects[id], keys[id]);
  }
}
