// Iterates the keys of an engine, one bounded step of its index at a time.
// Invariant: the cursor lives here, between steps; the words only carry it over a call, so several
// iterations may run side by side.
import type { Buffer } from 'node:buffer';
import type { Listing } from '../call-options.ts';
import { errors } from '../errors.ts';
import { keyFromBytes } from '../key-text.ts';
import { LONG_KEY, WORD_MORE, WORD_POSITION, WORD_SHARD } from './addon.ts';
import type { NativeHandle } from './addon.ts';

/** Yields the keys that `listing` asks for.
 * @param assertOpen  throws when the cache was closed since the last step */
export function* listKeys(
  native: NativeHandle,
  words: Int32Array,
  listing: Listing,
  assertOpen: () => void,
): IterableIterator<string | Buffer> {
  let left = listing.limit;
  let shard = 0;
  let position = 0;
  let more = true;
  while (more && left > 0) {
    assertOpen();
    words[WORD_SHARD] = shard;
    words[WORD_POSITION] = position;
    const step = native.keys(listing.prefix);
    if (step === LONG_KEY) return; // no key begins with a prefix longer than any key
    if (typeof step === 'number') throw new errors.NO_MEMORY('a list of keys');
    shard = words[WORD_SHARD]!;
    position = words[WORD_POSITION]!;
    more = words[WORD_MORE] === 1;
    for (const key of unpack(step)) {
      yield keyFromBytes(key, listing.as);
      if (--left <= 0) return;
    }
  }
}

// [32-bit size in this machine's order, bytes]...
function* unpack(step: Buffer): IterableIterator<Buffer> {
  const sizes = new DataView(step.buffer, step.byteOffset, step.length);
  for (let at = 0; at < step.length;) {
    const size = sizes.getUint32(at, LITTLE_ENDIAN);
    yield step.subarray(at + 4, at + 4 + size);
    at += 4 + size;
  }
}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
