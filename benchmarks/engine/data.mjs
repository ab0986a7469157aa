// Keys and values of the engine suite. A value is recognisable by its bytes, so that a wrong or torn answer shows.

const PREFIX = 'catzilla:bench:';

/** The part of key `id` behind the prefix: together 30 characters. */
export function keySuffix(id) {
  return String(id).padStart(15, '0');
}

/** A key string made anew: a fresh concatenation, neither flattened nor hashed yet. */
export function freshKey(suffix) {
  return PREFIX + suffix;
}

/** `count` flat key strings of 30 characters. */
export function makeKeys(count) {
  return Array.from({ length: count }, (_, id) =>
    Buffer.from(PREFIX + keySuffix(id)).toString('latin1'),
  );
}

/** The bytes that belong to key `id`; `target` is filled and returned. */
export function fillValue(target, id) {
  let state = (id + 1) | 0;
  for (let at = 0; at < target.length; at++) {
    state = Math.imul(state, 1664525) + 1013904223;
    target[at] = state >>> 24;
  }
  return target;
}

export function makeValues(count, size) {
  return Array.from({ length: count }, (_, id) => fillValue(new Uint8Array(size), id));
}

/** What one read adds to a checksum: length, first and last byte. */
export function valueSum(value) {
  return value.length + value[0] + value[value.length - 1];
}

/** Throws unless `actual` holds exactly the bytes of `expected`. */
export function sameBytes(actual, expected, what) {
  if (!actual || Buffer.compare(actual, expected) !== 0) {
    throw new Error(`wrong bytes for ${what}: ${actual ? `${actual.length} bytes` : 'nothing'}`);
  }
}
