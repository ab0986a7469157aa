// The engine's eviction ring from this side: asking for it, and taking out what waits.
// Invariant: a handle asks once, and native code lets go for it when it is closed, whatever ends it.
import type { Evicted } from '../cache.ts';
import { errors } from '../errors.ts';
import { keyFromBytes } from '../key-text.ts';
import { compareRings } from '../options.ts';
import type { RingLimits } from '../options.ts';
import { NO_SCRATCH, WORD_SIZE } from './addon.ts';
import type { NativeHandle, Words } from './addon.ts';

/** Bytes before the key: two 32-bit sizes, the time left and the version as doubles; as in binding/admin.cc. */
const HEAD_BYTES = 24;
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Asks for a ring; closes the handle when it cannot have that one.
 * @throws CATZ_CACHE_NO_MEMORY, CATZ_CACHE_OPTIONS_MISMATCH */
export function keepEvicted(
  native: NativeHandle,
  words: Words,
  label: string,
  asked: RingLimits,
): void {
  try {
    if (native.keepEvicted(asked.maxBytes, asked.minFrequency) !== 1) {
      throw new errors.NO_MEMORY(`an eviction ring of ${asked.maxBytes} bytes`);
    }
    const actual = { maxBytes: words.expiresAt[0]!, minFrequency: words.ints[WORD_SIZE]! };
    compareRings(label, asked, actual);
  } catch (error) {
    native.close();
    throw error;
  }
}

/** Takes out about `maxBytes` of what waits. REQUIRES: the handle is open.
 * @throws CATZ_CACHE_NO_MEMORY */
export function drainEvicted(native: NativeHandle, words: Words, maxBytes: number): Evicted[] {
  const packed = native.drainEvicted(maxBytes);
  if (packed === NO_SCRATCH) throw new errors.NO_MEMORY('evicted values');
  if (typeof packed === 'number') return [];
  const used = words.ints[WORD_SIZE]!;
  const heads = new DataView(packed.buffer, packed.byteOffset, used);
  const all: Evicted[] = [];
  for (let at = 0; at < used;) {
    const keyAt = at + HEAD_BYTES;
    const valueAt = keyAt + heads.getUint32(at, LITTLE_ENDIAN);
    const end = valueAt + heads.getUint32(at + 4, LITTLE_ENDIAN);
    all.push({
      key: keyFromBytes(packed.subarray(keyAt, valueAt), 'string'),
      bytes: packed.subarray(valueAt, end),
      ttl: heads.getFloat64(at + 8, LITTLE_ENDIAN),
      version: heads.getFloat64(at + 16, LITTLE_ENDIAN),
    });
    at = (end + 7) & ~7;
  }
  return all;
}
