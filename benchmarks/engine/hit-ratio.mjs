// Hit ratio of the real engine against exact LRU over one Zipf stream, in a process of its own. Both caches are asked for
// the same keys and filled on a miss. The footprint is all keys and values of the stream; capacity is 1 % of it.
// The engine pays its headers, index and free segments from that capacity. lru-cache is charged key and value only and
// gets the same bytes (strict), and once more as many entries as the engine held at the end (equal entries).
import { LRUCache } from 'lru-cache';

import { answer, readTask } from '../lib/child.mjs';
import { zipfSource } from '../lib/random.mjs';
import { fillValue, freshKey, keySuffix, sameBytes } from './data.mjs';
import { openStore } from './stores.mjs';

const KEY_BYTES = 30;

const { objects, requests, size, skew, seed } = readTask();
const entryBytes = KEY_BYTES + size;
const capacityBytes = Math.floor((objects * entryBytes) / 100);
const value = fillValue(new Uint8Array(size), 0);

const opened = await openStore({ competitor: 'engine', bytes: capacityBytes, size, hot: 0 });
const next = zipfSource(objects, skew, seed);
const stream = Uint32Array.from({ length: requests }, next);
const warm = Math.floor(requests / 3);

const ours = oursRatio();
const { entries, bytes } = opened.store.stats();
if (bytes.used > capacityBytes) throw new Error(`${bytes.used} bytes used of ${capacityBytes}`);
const strict = lruRatio(Math.floor(capacityBytes / entryBytes));
const equalEntries = lruRatio(entries);
await opened.close();
answer({
  ours,
  strict,
  equalEntries,
  gain: ours - strict,
  gainEqualEntries: ours - equalEntries,
  entries,
});

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
  sameBytes(store.get(freshKey(keySuffix(stream[requests - 1]))), value, 'the last key');
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
