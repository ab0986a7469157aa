// Keys and values of the tiers suite. Each key has an object of its own, recognisable by its id, so that a wrong answer
// shows; objects are nested as records of an application are, since what parses, clones or freezes pays per field.
import { isDeepStrictEqual } from 'node:util';

import { fillValue } from '../engine/data.mjs';

export const SIZES = [
  [100, '100 B'],
  [1024, '1 KB'],
  [10_240, '10 KB'],
];

/** `count` flat key strings of 20 characters; `label` sets those of two measurements apart. */
export function makeKeys(count, label = 'bench') {
  return Array.from({ length: count }, (_, id) =>
    Buffer.from(`${label}:${String(id).padStart(19 - label.length, '0')}`).toString('latin1'),
  );
}

/** The object of key `id`: exactly `size` bytes as JSON. */
export function makeObject(id, size) {
  const object = { id, name: `name of ${id}`, active: id % 2 === 0, items: [], note: '' };
  for (let at = 0; ; at++) {
    object.items.push({ sku: `sku-${id}-${at}`, title: `item ${at}`, price: at + 0.5, amount: at });
    if (JSON.stringify(object).length <= size) continue;
    object.items.pop();
    break;
  }
  object.note = 'x'.repeat(size - JSON.stringify(object).length);
  return object;
}

/** The bytes of key `id`. */
export function makeBytes(id, size) {
  return fillValue(Buffer.alloc(size), id);
}

/** Throws unless the two are equal in depth. */
export function sameValue(actual, expected, what) {
  if (!isDeepStrictEqual(plain(actual), plain(expected))) {
    throw new Error(`wrong value for ${what}: ${JSON.stringify(actual)?.slice(0, 80)}`);
  }
}

// A view of bytes is the same whatever kind of view it is.
function plain(value) {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
}
