// Drives the real engine with a trace, through the API that users have. A miss is filled at once; every hit must carry
// the bytes of its key. It leaves to the cell what the figures are compared with.
import { openCache } from '@catzilla/cache-core';

const PREFIX = 'catzilla:hits:';
const KEY_BYTES = 30;
/** What an entry takes in the engine beside key and value, about: header, alignment, its slot in the index. */
const ENTRY_BYTES = 40;
const NEAR_SHARE = 16;
const LOOKS = 32;

/** The engine's forms that are measured: policy, and whether there is a near-cache in front. */
export const ENGINES = {
  ours: { label: 'catzilla', policy: 's3fifo', near: false },
  oursNear: { label: 'catzilla, near-cache', policy: 's3fifo', near: true },
  oursLru: { label: "catzilla 'lru'", policy: 'lru', near: false },
  oursLruNear: { label: "catzilla 'lru', near-cache", policy: 'lru', near: true },
};

/** Bytes of key and value together, which is all that a cache without any overhead would need. */
export function payloadBytes(size) {
  return KEY_BYTES + size;
}

/** The bound in bytes at which an engine that is overfilled with such values holds `wanted` of them. */
export function bytesToHold(wanted, size) {
  let bytes = wanted * (payloadBytes(size) + ENTRY_BYTES);
  const value = new Uint8Array(size);
  for (let step = 0; step < 2; step++) {
    const trial = open(Math.ceil(bytes), size, ENGINES.ours);
    for (let id = 0; id < 2 * wanted; id++) store(trial, keyOf(id), value);
    bytes *= wanted / trial.stats().entries;
    trial.close();
  }
  return Math.ceil(bytes);
}

/**
 * @param trace an object's id per request
 * @param options.bytes the engine's bound
 * @param options.size  of each value, bytes, at least 4
 * @param options.warm  requests before counting begins
 * @param options.form  one of ENGINES
 * @returns ratio: share of hits, near hits included; entries: how many the engine held while counting, on average
 */
export function engineRatio(trace, { bytes, size, warm, form }) {
  const cache = open(bytes, size, form);
  const value = new Uint8Array(size);
  const stamp = new DataView(value.buffer);
  const look = Math.max(1, Math.floor((trace.length - warm) / LOOKS));
  let hits = 0;
  let held = 0;
  let looks = 0;
  for (let at = 0; at < trace.length; at++) {
    const id = trace[at];
    const key = keyOf(id);
    const found = cache.get(key);
    if (found === undefined) {
      stamp.setUint32(0, id, true);
      store(cache, key, value);
    } else {
      if (found.length !== size || found.readUInt32LE(0) !== id)
        throw new Error(`wrong bytes for ${key}`);
      if (at >= warm) hits++;
    }
    if (at >= warm && (at - warm) % look === 0) {
      held += cache.stats().entries;
      looks++;
    }
  }
  const { bytes: memory } = cache.stats();
  cache.close();
  if (memory.used > bytes) throw new Error(`${memory.used} bytes used of ${bytes}`);
  return { ratio: hits / (trace.length - warm), entries: Math.round(held / looks) };
}

/** The near-cache has a sixteenth of the bound, on top: the default's 4 MiB before a default engine of 64 MiB. */
function open(bytes, size, { policy, near }) {
  const nearBytes = Math.floor(bytes / NEAR_SHARE);
  return openCache({
    maxBytes: bytes,
    backend: 'native',
    policy,
    nearCache: near && { maxBytes: nearBytes, maxEntries: Math.ceil(nearBytes / size) },
  });
}

function keyOf(id) {
  return PREFIX + String(id).padStart(KEY_BYTES - PREFIX.length, '0');
}

function store(cache, key, value) {
  if (!cache.set(key, value)) throw new Error(`set of ${key} was refused`);
}
