// How each competitor is opened, with the settings that serve it best. Loaded one per process: a competitor that is not
// measured is not even imported. Every store answers { store, put(key, value), read(key), close(), verify? }.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const TTL = 3_600_000;

const openers = {
  /** A bare Map of references: no bound, no expiry, the floor of what a lookup costs in JavaScript. */
  map() {
    const store = new Map();
    return plain(store);
  },

  /** lru-cache by entry count, its cheapest bound: maxSize would add a size calculation to each set. */
  async lru({ capacity }) {
    const { LRUCache } = await import('lru-cache');
    return plain(new LRUCache({ max: capacity }));
  },

  /** With ttl at the default ttlResolution of 1 ms: its clock is read once per turn of the event loop. */
  async 'lru-ttl'({ capacity }) {
    const { LRUCache } = await import('lru-cache');
    return plain(new LRUCache({ max: capacity, ttl: TTL }));
  },

  /** lmdb without syncs, on tmpfs where there is one; `encoding` as asked, no compression, no cache in front. */
  async lmdb({ encoding = 'binary' }) {
    const { open } = await import('lmdb');
    const base = isFolder('/dev/shm') ? '/dev/shm' : os.tmpdir();
    const folder = mkdtempSync(path.join(base, 'catzilla-bench-'));
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    const store = open({ path: path.join(folder, 'data.mdb'), noSync: true, encoding });
    return {
      store,
      put: (key, value) => store.put(key, Buffer.from(value)),
      read: (key) => store.get(key),
      settle: () => store.committed,
      close: () => store.close(),
    };
  },

  /** Ours, default options but for size. */
  near: (spec) => openOurs(spec, { nearCache: nearSize(spec) }),
  'near-ttl': (spec) => openOurs(spec, { nearCache: nearSize(spec), ttl: TTL }),
  /** Ours without the near-cache: every read crosses into the native engine and copies. */
  engine: (spec) => openOurs(spec, { nearCache: false }),
  'engine-ttl': (spec) => openOurs(spec, { nearCache: false, ttl: TTL }),
  /** The same on a file that other processes may share, where scope 'machine' puts it by default. */
  machine: (spec) => openOurs(spec, { nearCache: false, scope: 'machine' }),
};

/**
 * @param {object} spec competitor, capacity (entries), bytes (room for all of them), size (of a value)
 */
export async function openStore(spec) {
  const opener = openers[spec.competitor];
  if (!opener) throw new Error(`unknown competitor ${spec.competitor}`);
  return opener(spec);
}

function plain(store) {
  return {
    store,
    put: (key, value) => store.set(key, value),
    read: (key) => store.get(key),
    close() {},
  };
}

async function openOurs(spec, options) {
  const { openCache } = await import('@catzilla/cache-core');
  const store = openCache(`bench-${process.pid}`, { maxBytes: spec.bytes, ...options });
  const { backend } = store.stats();
  if (backend !== 'native') throw new Error(`expected the native backend, got ${backend}`);
  return {
    store,
    put(key, value) {
      if (!store.set(key, value)) throw new Error(`set of ${key} was refused`);
    },
    read: (key) => store.get(key),
    close: () => store.close(options.scope === 'machine' ? { unlink: true } : undefined),
  };
}

/** The default near-cache, widened only where the hot set would not fit into it (512 values of 10 KB). */
function nearSize({ hot, size }) {
  return hot * size > 3_000_000 ? { maxBytes: 4 * hot * size } : {};
}

function isFolder(name) {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
