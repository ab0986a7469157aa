// Hit ratio of the real engine against exact LRU over one Zipf stream, in a process of its own. Both caches are asked for
// the same keys and filled on a miss. Capacity is 1 % of the objects: the engine gets the bytes in which it holds so many,
// its headers, index and spare segments included; LRU gets as many entries as the engine then holds (same entries), and
// once more as many as fit into those bytes when only keys and values count (same bytes, no overhead for LRU).
import { LRUCache } from 'lru-cache';

import { answer, readTask } from '../lib/child.mjs';
import { zipfSource } from '../lib/random.mjs';
import { fillValue, freshKey, keySuffix, sameBytes as checkBytes } from './data.mjs';
import { openStore } from './stores.mjs';

const KEY_BYTES = 30;

const { objects, requests, size, skew, seed } = readTask();
const entryBytes = KEY_BYTES + size;
const value = fillValue(new Uint8Array(size), 0);
const capacityBytes = await bytesToHold(Math.round(objects / 100));

const opened = await openStore({ competitor: 'engine', bytes: capacityBytes, size, hot: 0 });
const next = zipfSource(objects, skew, seed);
const stream = Uint32Array.from({ length: requests }, next);
const warm = Math.floor(requests / 3);

const ours = oursRatio();
const { entries, bytes } = opened.store.stats();
if (bytes.used > capacityBytes) throw new Error(`${bytes.used} bytes used of ${capacityBytes}`);
const sameEntries = lruRatio(entries);
const sameBytes = lruRatio(Math.floor(capacityBytes / entryBytes));
await opened.close();
answer({
  ours,
  sameEntries,
  sameBytes,
  gain: ours - sameEntries,
  gainSameBytes: ours - sameBytes,
  share: entries / objects,
});

/** The size at which an engine that is overfilled with such values holds `wanted` of them. */
async function bytesToHold(wanted) {
  let bytes = wanted * entryBytes;
  for (let step = 0; step < 3; step++) {
    const trial = await openStore({ competitor: 'engine', bytes: Math.ceil(bytes), size, hot: 0 });
    for (let id = 0; id < 3 * wanted; id++) trial.put(freshKey(keySuffix(id)), value);
    const { entries } = trial.store.stats();
    await trial.close();
    bytes *= wanted / entries;
  }
  return Math.ceil(bytes);
}

function oursRatio() {
  const { store } = opened;
  let hits = 0;
  for (let at = 0; at < requests; at++) {
    const id = stream[at];
    const key = freshKey(keySuffix(id));
    const found = store.get(key);
    if (found !== undefined) {
      if (at >= warm) hits++;
      if (found.readUInt32LE(0) !== id) throw new Error(`wrong bytes for ${key}`);
    } else {
      new DataView(value.buffer).setUint32(0, id, true);
      opened.put(key, value);
    }
  }
  new DataView(value.buffer).setUint32(0, stream[requests - 1], true);
  checkBytes(store.get(freshKey(keySuffix(stream[requests - 1]))), value, 'the last key');
  return hits / (requests - warm);
}

function lruRatio(max) {
  const cache = new LRUCache({ max });
  let hits = 0;
  for (let at = 0; at < requests; at++) {
    const id = stream[at];
    if (cache.get(id) !== undefined) {
      if (at >= warm) hits++;
    } else {
      cache.set(id, true);
    }
  }
  return hits / (requests - warm);
}
