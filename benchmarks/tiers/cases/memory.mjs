// Hits in memory: `await get`, `getOrSet`, `getSync` of objects, a distinct one per key, visited in a seeded random
// order. Every read adds to a checksum; before and after, all values are compared in depth.
import { measure } from '../../lib/measure.mjs';
import { uniformOrder } from '../../lib/random.mjs';
import { makeKeys, makeObject, sameValue } from '../data.mjs';
import { openLibrary } from '../libraries.mjs';

const ORDER = 1024;
const UNIT = 32;

export async function open({ library, size, count, timing, isHeld = true }) {
  const keys = makeKeys(count);
  const objects = keys.map((_, id) => makeObject(id, size));
  const idOf = new Map(keys.map((key, id) => [key, id]));
  const cache = await openLibrary({
    library,
    count,
    // async-cache-dedupe is filled by its function; after that no factory may run.
    factory: (key) => {
      if (isFilled) throw new Error(`the factory of ${key} ran`);
      return objects[idOf.get(key)];
    },
  });
  let isFilled = false;
  for (const [id, key] of keys.entries()) await cache.set(key, objects[id]);
  isFilled = true;
  await verify();
  // Ours twice more, until what is read often has found its place.
  for (let pass = 0; pass < 2 && library.startsWith('catzilla'); pass++) await verify();
  if (isHeld && ((await cache.get(keys[0])) === (await cache.get(keys[0]))) === cache.isCopy) {
    throw new Error(`expected ${library} to ${cache.isCopy ? 'copy' : 'share'} on each read`);
  }
  const order = uniformOrder(ORDER, count, 7);
  const sums = new Float64Array(ORDER + 1);
  for (let at = 0; at < ORDER; at++) sums[at + 1] = sums[at] + order[at];
  const expect = (ops) => Math.floor(ops / ORDER) * sums[ORDER] + sums[ops % ORDER];
  const mask = ORDER - 1;
  const { get, getOrSet, getSync } = cache;

  const loops = {
    async get(ops) {
      let sum = 0;
      for (let at = 0; at < ops; at++) sum += (await get(keys[order[at & mask]])).id;
      return sum;
    },
    async getOrSet(ops) {
      let sum = 0;
      for (let at = 0; at < ops; at++) sum += (await getOrSet(keys[order[at & mask]])).id;
      return sum;
    },
    getSync(ops) {
      let sum = 0;
      for (let at = 0; at < ops; at++) sum += getSync(keys[order[at & mask]]).id;
      return sum;
    },
  };
  const run =
    (loop) =>
    async ({ isWarmUp }) => {
      const warm = isWarmUp ? timing.warm : timing.window / 2;
      const { threadNs, processNs, wallNs } = await measure(loop, expect, {
        unit: UNIT,
        warm,
        window: timing.window,
        blocks: 3,
      });
      if (isWarmUp && loop === loops.get) await verify();
      return { threadNs, processNs, wallNs };
    };
  return Object.fromEntries(Object.entries(loops).map(([name, loop]) => [name, run(loop)]));

  async function verify() {
    for (const [id, key] of keys.entries()) sameValue(await cache.get(key), objects[id], key);
  }
}
