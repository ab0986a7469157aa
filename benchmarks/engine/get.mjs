// One competitor, one kind of read, in a process of its own. HOT benchmark of reads: near-cache, copying get, getInto,
// has and misses. Keys are visited in a seeded random order; every read adds to a checksum, every value is compared
// byte by byte before and after.
import { setImmediate as turn } from 'node:timers/promises';

import { answer, readTask } from '../lib/child.mjs';
import { measure } from '../lib/measure.mjs';
import { uniformOrder } from '../lib/random.mjs';
import { fillValue, freshKey, keySuffix, makeKeys, sameBytes, valueSum } from './data.mjs';
import { openStore } from './stores.mjs';

const ORDER = 8192;
const BATCH = 64;

const task = readTask();
const { count, size, operation, fresh = false } = task;
const keys = makeKeys(count);
const suffixes = keys.map((_, id) => keySuffix(id));
const opened = await openStore({
  ...task,
  capacity: count + 64,
  hot: count,
  bytes: Math.max(64 * 2 ** 20, 2 * count * (size + 128)),
});
const values = fill();
await opened.settle?.();
const order = uniformOrder(task.spread ? 1 << 17 : ORDER, count, 7);
const loop = loops()[fresh ? `${operation}-fresh` : operation];
if (!loop) throw new Error(`unknown operation ${operation}`);

verify();
const before = counters();
const result = await measure(loop, expectation(), {
  unit: order.length,
  blocks: task.spread ? 3 : 8,
  ...task.timing,
});
const after = counters();
verify();
checkPath();
await opened.close();
answer(result);

function fill() {
  const values = [];
  for (let id = 0; id < count; id++) {
    const value = fillValue(new Uint8Array(size), id);
    values.push(value);
    opened.put(keys[id], value);
  }
  return values;
}

/** Three times, so that a near-cache has taken up the hot keys also where the measured operation is not a read. */
function verify() {
  for (let pass = 0; pass < 3; pass++) verifyOnce();
}

function verifyOnce() {
  for (let id = 0; id < count; id++) sameBytes(opened.read(keys[id]), values[id], keys[id]);
}

function expectation() {
  const sums = { has: () => 1, doesExist: () => 1, miss: () => 0 };
  let sum = 0;
  for (const id of order) {
    sum += sums[operation]?.() ?? valueSum(values[id]);
  }
  return (ops) => (ops / order.length) * sum;
}

function counters() {
  const isOurs = /near|engine|machine/.test(task.competitor);
  return isOurs ? opened.store.stats() : null;
}

/** Reads named near must have been answered by the near-cache, those named engine by the engine. */
function checkPath() {
  if (!before || operation !== 'get') return;
  const hits = after.hits - before.hits;
  const near = after.nearHits - before.nearHits;
  const share = near / hits;
  if (hits < result.ops) throw new Error(`expected at least ${result.ops} hits, counted ${hits}`);
  if (task.competitor.startsWith('near') && !task.spread && share < 0.99) {
    throw new Error(`only ${share} of the reads were near hits`);
  }
  if (!task.competitor.startsWith('near') && near > 0) throw new Error(`${near} near hits`);
}

/** Each loop calls the competitor's own method directly; only one of them ever runs in this process. */
function loops() {
  const { store } = opened;
  const mask = order.length - 1;
  const target = Buffer.allocUnsafeSlow(Math.max(size, 1));
  const missing = keys.map((key) => `${key.slice(0, -1)}x`);
  return {
    get(ops) {
      let sum = 0;
      for (let at = 0; at < ops; at++) {
        const value = store.get(keys[order[at & mask]]);
        sum += value.length + value[0] + value[value.length - 1];
      }
      return sum;
    },
    'get-fresh'(ops) {
      let sum = 0;
      for (let at = 0; at < ops; at++) {
        const value = store.get(freshKey(suffixes[order[at & mask]]));
        sum += value.length + value[0] + value[value.length - 1];
      }
      return sum;
    },
    /** The same with a turn of the event loop after every 16 reads, as a server has them: clocks that are read once per
     * turn are read again. */
    async 'get-turns'(ops) {
      let sum = 0;
      for (let at = 0; at < ops;) {
        for (const stop = at + 16; at < stop; at++) {
          const value = store.get(keys[order[at & mask]]);
          sum += value.length + value[0] + value[value.length - 1];
        }
        await turn();
      }
      return sum;
    },
    /** A private copy of what a cache of references holds: what a caller that may write needs. */
    'get-copy'(ops) {
      let sum = 0;
      for (let at = 0; at < ops; at++) {
        const value = Buffer.from(store.get(keys[order[at & mask]]));
        sum += value.length + value[0] + value[value.length - 1];
      }
      return sum;
    },
    getInto(ops) {
      let sum = 0;
      for (let at = 0; at < ops; at++) {
        const length = store.getInto(keys[order[at & mask]], target);
        sum += length + target[0] + target[length - 1];
      }
      return sum;
    },
    /** Bytes that stay until they are released: what is compared with lmdb's getBinaryFast. */
    lease(ops) {
      let sum = 0;
      for (let at = 0; at < ops; at++) {
        const lease = store.lease(keys[order[at & mask]]);
        const value = lease.bytes;
        sum += value.length + value[0] + value[value.length - 1];
        lease.release();
      }
      return sum;
    },
    getMany(ops) {
      let sum = 0;
      for (let at = 0; at < ops; at += BATCH) {
        const batch = [];
        for (let i = at; i < at + BATCH; i++) batch.push(keys[order[i & mask]]);
        for (const value of store.getMany(batch)) {
          sum += value.length + value[0] + value[value.length - 1];
        }
      }
      return sum;
    },
    getBinary(ops) {
      let sum = 0;
      for (let at = 0; at < ops; at++) {
        const value = store.getBinary(keys[order[at & mask]]);
        sum += value.length + value[0] + value[value.length - 1];
      }
      return sum;
    },
    /** lmdb's view of a shared buffer, valid until the next read. */
    getBinaryFast(ops) {
      let sum = 0;
      for (let at = 0; at < ops; at++) {
        const value = store.getBinaryFast(keys[order[at & mask]]);
        sum += value.length + value[0] + value[value.length - 1];
      }
      return sum;
    },
    has(ops) {
      let sum = 0;
      for (let at = 0; at < ops; at++) if (store.has(keys[order[at & mask]])) sum++;
      return sum;
    },
    doesExist(ops) {
      let sum = 0;
      for (let at = 0; at < ops; at++) if (store.doesExist(keys[order[at & mask]])) sum++;
      return sum;
    },
    miss(ops) {
      let sum = 0;
      for (let at = 0; at < ops; at++)
        if (store.get(missing[order[at & mask]]) !== undefined) sum++;
      return sum;
    },
  };
}
