// The keys of an engine as they are now, decoded one by one.
// Invariant: what is listed was collected by one native call, so writes of this thread between two steps change
// nothing. Other threads are not stopped for it: what they write during that call may be listed or not, and what they
// leave alone is listed once.
import type { Buffer } from 'node:buffer';
import type { Listing } from '../call-options.ts';
import { errors } from '../errors.ts';
import { keyFromBytes } from '../key-text.ts';
import { LONG_KEY } from './addon.ts';
import type { NativeHandle } from './addon.ts';

/** Yields the keys that `listing` asks for.
 * @param assertOpen  throws when the cache was closed since the last step */
export function listKeys(
  native: NativeHandle,
  listing: Listing,
  assertOpen: () => void,
): IterableIterator<string | Buffer> {
  const packed = native.keys(listing.prefix, listing.limit);
  if (packed === LONG_KEY) return [].values(); // no key begins with a prefix longer than any key
  if (typeof packed === 'number') throw new errors.NO_MEMORY('a list of keys');
  return unpack(packed, listing.as, assertOpen);
}

// [32-bit size in this machine's order, bytes]...
function* unpack(
  packed: Buffer,
  as: Listing['as'],
  assertOpen: () => void,
): IterableIterator<string | Buffer> {
  const sizes = new DataView(packed.buffer, packed.byteOffset, packed.length);
  for (let at = 0; at < packed.length;) {
    assertOpen();
    const size = sizes.getUint32(at, LITTLE_ENDIAN);
    yield keyFromBytes(packed.subarray(at + 4, at + 4 + size), as);
    at += 4 + size;
  }
}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
