// Hot reads from disk alone, and what a write costs the thread that makes it: raw lmdb with the options that ours has,
// and ours on lmdb and on plain files.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';

import { threadCpu } from '../../lib/clocks.mjs';
import { makeBytes, makeKeys, sameValue } from '../data.mjs';
import { timeEach } from '../latency.mjs';

const COUNT = 2000;
const BURST = 50;

export async function open({ library, size }) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'catzilla-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const store =
    library === 'lmdb'
      ? await openLmdb(folder)
      : await openOurs(folder, library.replace('catzilla-', ''));
  const keys = makeKeys(COUNT);
  const values = keys.map((_, id) => makeBytes(id, size));
  for (const [id, key] of keys.entries()) store.put(key, values[id]);
  await store.drained();
  for (const [id, key] of keys.entries()) sameValue(await store.get(key), values[id], key);

  return {
    /** Sync where the library is: what is not awaited costs no turn. */
    get: ({ calls }) =>
      timeEach(
        calls,
        library === 'lmdb'
          ? (at) => check(store.get(keys[idOf(at)]), idOf(at))
          : async (at) => {
              check(await store.get(keys[idOf(at)]), idOf(at));
            },
      ),
    /** In bursts with a turn of the loop between, as requests come; the thread's time counts until all is written. */
    async put({ puts, filePuts }) {
      const count = library === 'catzilla-fs' ? filePuts : puts;
      const thread = threadCpu();
      const start = performance.now();
      for (let at = 0; at < count;) {
        for (const end = Math.min(at + BURST, count); at < end; at++) {
          store.put(keys[at % COUNT], values[at % COUNT]);
        }
        await turn();
      }
      const accepted = performance.now();
      await store.drained();
      return {
        threadUs: (threadCpu() - thread) / 1000 / count,
        acceptUs: ((accepted - start) * 1000) / count,
        perSecond: count / ((performance.now() - start) / 1000),
      };
    },
  };

  function idOf(at) {
    return (at * 7) % COUNT;
  }

  function check(value, id) {
    if (
      value.length !== size ||
      value[0] !== values[id][0] ||
      value[size - 1] !== values[id][size - 1]
    )
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
  const disk = { dir: folder, maxBytes: 64 * 2 ** 20, backend };
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
