// LZ4 blocks by lz4-napi, an optional package. Up to 64 KB at once, which takes tens of microseconds; above in its
// thread pool.
// Invariant: never decompresses a block whose length prefix is not the length the caller knows. The package believes
// the prefix: a forged one of 2 GB makes it allocate and clear as much. That the length known is right and bearable is
// the caller's to check (checksum, maxValueBytes).
import { createRequire } from 'node:module';
import { errors } from '../errors.ts';
import type { Compression } from './codec.ts';

/** Values up to this size are worked on at once, bytes. */
const SYNC_BYTES = 64 * 1024;
/** The block begins with its raw length, u32 little-endian. */
const PREFIX_BYTES = 4;

/** What we use of lz4-napi. */
interface Lz4 {
  compress(raw: Uint8Array): Promise<Uint8Array>;
  compressSync(raw: Uint8Array): Uint8Array;
  uncompress(block: Uint8Array): Promise<Uint8Array>;
  uncompressSync(block: Uint8Array): Uint8Array;
}

/** The id of LZ4 in envelopes. */
export const LZ4_ID = 1;

/** Loads LZ4.
 * @param load  stands for require, in tests
 * @throws CATZ_TIERS_DEPENDENCY when lz4-napi cannot be loaded */
export function loadLz4(
  load: (name: string) => unknown = createRequire(import.meta.url),
): Compression {
  let lz4: Lz4;
  try {
    lz4 = load('lz4-napi') as Lz4;
  } catch (cause) {
    throw new errors.DEPENDENCY('compression "lz4"', 'lz4-napi', { cause });
  }
  return Object.freeze({
    id: LZ4_ID,
    name: 'lz4',
    compress(raw: Uint8Array): Uint8Array | Promise<Uint8Array> {
      // compressSync takes a Buffer alone, compress any bytes
      return raw.length <= SYNC_BYTES ? lz4.compressSync(asBuffer(raw)) : lz4.compress(raw);
    },
    decompress(bytes: Buffer, rawLength: number): Uint8Array | Promise<Uint8Array> {
      if (bytes.length < PREFIX_BYTES || bytes.readUInt32LE(0) !== rawLength) {
        throw new RangeError('the length before the block is not that of the value');
      }
      if (rawLength > SYNC_BYTES) {
        return lz4.uncompress(bytes).then((raw) => ofLength(raw, rawLength));
      }
      return ofLength(lz4.uncompressSync(bytes), rawLength);
    },
  });
}

function ofLength(raw: Uint8Array, rawLength: number): Uint8Array {
  // The prefix bounds the output, it does not fix it.
  if (raw.length === rawLength) return raw;
  throw new RangeError('the block holds another length than it says');
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
