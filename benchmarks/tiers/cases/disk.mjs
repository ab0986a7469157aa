// Hot reads from disk alone, and what a write costs the thread that makes it: raw lmdb with the options that ours has,
// and ours on lmdb and on plain files.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';

import { threadCpu } from '../../lib/clocks.mjs';
import { uniformOrder } from '../../lib/random.mjs';
import { makeBytes, makeKeys, sameValue } from '../data.mjs';
import { timeEach } from '../latency.mjs';

const BURST = 50;
const ORDER = 8192;

export async function open({ library, size, count }) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'catzilla-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const store =
    library === 'lmdb'
      ? await openLmdb(folder)
      : await openOurs(folder, library.replace('catzilla-', ''));
  const keys = makeKeys(count);
  const order = uniformOrder(ORDER, count, 7);
  const ends = new Uint8Array(2 * count);
  for (const [id, key] of keys.entries()) {
    const value = makeBytes(id, size);
    ends.set([value[0], value[size - 1]], 2 * id);
    store.put(key, value);
    // No more than a queue takes.
    if (id % 2000 === 1999) await store.drained();
  }
  await store.drained();
  for (const [id, key] of keys.entries()) sameValue(await store.get(key), makeBytes(id, size), key);
  const values = Array.from({ length: Math.min(count, 2000) }, (_, id) => makeBytes(id, size));

  return {
    /** Sync where the library is: what is not awaited costs no turn. */
    get: ({ calls, fileCalls }) =>
      timeEach(
        library === 'catzilla-fs' ? fileCalls : calls,
        library === 'lmdb'
          ? (at) => check(store.get(keys[idOf(at)]), idOf(at))
          : async (at) => {
              check(await store.get(keys[idOf(at)]), idOf(at));
            },
      ),
    /** In bursts with a turn of the loop between, as requests come; the thread's time counts until all is written. */
    async put({ puts, filePuts }) {
      const total = library === 'catzilla-fs' ? filePuts : puts;
      const thread = threadCpu();
      const start = performance.now();
      for (let at = 0; at < total;) {
        for (const end = Math.min(at + BURST, total); at < end; at++) {
          store.put(keys[at % values.length], values[at % values.length]);
        }
        await turn();
      }
      const accepted = performance.now();
      await store.drained();
      return {
        threadUs: (threadCpu() - thread) / 1000 / total,
        acceptUs: ((accepted - start) * 1000) / total,
        perSecond: total / ((performance.now() - start) / 1000),
      };
    },
  };

  function idOf(at) {
    return order[at % ORDER];
  }

  // Length, first and last byte; all of them were compared at the start.
  function check(value, id) {
    if (value.length !== size || value[0] !== ends[2 * id] || value[size - 1] !== ends[2 * id + 1])
      throw new Error(`wrong bytes for ${keys[id]}`);
  }
}

async function openLmdb(folder) {
  const lmdb = await import('lmdb');
  const db = lmdb.open({
    path: path.join(folder, 'data.mdb'),
    encoding: 'binary',
    pageSize: 16_384,
    overlappingSync: false,
  });
  return {
    get: (key) => db.getBinary(key),
    put: (key, value) => void db.put(key, value),
    drained: () => db.committed,
  };
}

async function openOurs(folder, backend) {
  const { createTieredCache } = await import('@catzilla/tiers');
  const disk = { dir: folder, backend };
  const cache = createTieredCache({ name: 'bench', memory: false, disk, codec: 'bytes' });
  const { status, disk: tier } = await cache.ready({ timeout: 10_000 });
  if (status !== 'ok')
    throw new Error(`expected the cache to be ok, got ${status}: ${tier.lastError}`);
  return {
    get: (key) => cache.get(key),
    put: (key, value) => void cache.set(key, value),
    async drained() {
      while ((await cache.health()).queues.writeBehind > 0) await delay(2);
      const { dropped } = cache.stats();
      if (dropped > 0) throw new Error(`${dropped} writes were dropped`);
    },
  };
}
