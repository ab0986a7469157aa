// One competitor, one kind of write, in a process of its own. HOT benchmark of set: hot keys overwritten in a seeded
// random order with values that are made before. A cache that stores references gets a copy made by Buffer.from, which
// takes small ones from Node's pool; ours and lmdb copy on their own. What is stored at the end is compared byte by byte.
import { answer, readTask } from '../lib/child.mjs';
import { measure } from '../lib/measure.mjs';
import { uniformOrder } from '../lib/random.mjs';
import { freshKey, keySuffix, makeKeys, makeValues, sameBytes } from './data.mjs';
import { openStore } from './stores.mjs';

const task = readTask();
const ORDER = task.spread ? 1 << 17 : 8192;
const { count, size, operation, fresh = false } = task;
const keys = makeKeys(count);
const suffixes = keys.map((_, id) => keySuffix(id));
const values = makeValues(64, size);
const order = uniformOrder(ORDER, count, 11);
const opened = await openStore({
  ...task,
  capacity: count + 64,
  hot: count,
  bytes: Math.max(64 * 2 ** 20, 2 * count * (size + 128)),
});
for (const key of keys) opened.put(key, values[0]);
await opened.settle?.();

const loop = loops()[fresh ? `${operation}-fresh` : operation];
if (!loop) throw new Error(`unknown operation ${operation}`);
const result = await measure(loop, (ops) => ops, {
  unit: ORDER,
  blocks: task.spread ? 3 : 8,
  ...task.timing,
});
await opened.settle?.();
verify();
await opened.close();
answer(result);

/** The last value written to a key is the one at its last place in the order; every block ends at the order's end. */
function verify() {
  const last = new Map();
  order.forEach((id, at) => last.set(id, at));
  for (const [id, at] of last) {
    const found = task.encoding ? opened.store.getBinary(keys[id]) : opened.read(keys[id]);
    sameBytes(found, values[at & 63], keys[id]);
  }
}

function loops() {
  const { store } = opened;
  const mask = ORDER - 1;
  return {
    /** The value as it is: a reference in a Map or lru-cache, a copy in ours. */
    set(ops) {
      let done = 0;
      for (let at = 0; at < ops; at++) {
        if (store.set(keys[order[at & mask]], values[at & 63])) done++;
      }
      return done;
    },
    'set-fresh'(ops) {
      let done = 0;
      for (let at = 0; at < ops; at++) {
        if (store.set(freshKey(suffixes[order[at & mask]]), values[at & 63])) done++;
      }
      return done;
    },
    'set-many'(ops) {
      let done = 0;
      for (let at = 0; at < ops; at += 64) {
        const entries = [];
        for (let i = at; i < at + 64; i++) entries.push([keys[order[i & mask]], values[i & 63]]);
        done += store.setMany(entries);
      }
      return done;
    },
    'set-copy'(ops) {
      let done = 0;
      for (let at = 0; at < ops; at++) {
        if (store.set(keys[order[at & mask]], Buffer.from(values[at & 63]))) done++;
      }
      return done;
    },
    'set-copy-fresh'(ops) {
      let done = 0;
      for (let at = 0; at < ops; at++) {
        if (store.set(freshKey(suffixes[order[at & mask]]), Buffer.from(values[at & 63]))) done++;
      }
      return done;
    },
    /** lmdb's batched asynchronous put, its best setting; a block ends when all are in the database. */
    async put(ops) {
      let last;
      for (let at = 0; at < ops; at++) last = store.put(keys[order[at & mask]], values[at & 63]);
      await last;
      return ops;
    },
  };
}
