// Content codings that this Node can make: fast for the first who asks, small for what is asked for often.
// Invariant: compression runs on libuv's threads, never on the caller's.
// The smallest form takes so much longer to make than a quick one that nobody should wait for it.
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';

/** The codings, those that Node has: zstd since 22.15 and 23.8. */
export type Coding = 'br' | 'zstd' | 'gzip';

/** How hard to try. */
export type Effort = 'fast' | 'best';

type Compress = (bytes: Buffer, effort: Effort) => Promise<Buffer>;

const { constants } = zlib;
const gzip = promisify(zlib.gzip);
const brotli = promisify(zlib.brotliCompress);

/** Of Node 22.15 and later; older ones do not have it. */
interface WithZstd {
  readonly zstdCompress?: (
    bytes: Buffer,
    options: { params: Record<number, number>; pledgedSrcSize: number },
    done: (error: Error | null, result: Buffer) => void,
  ) => void;
  readonly constants: { readonly ZSTD_c_compressionLevel?: number };
}
const { zstdCompress, constants: zstdConstants } = zlib as unknown as WithZstd;

const codings: Readonly<Partial<Record<Coding, Compress>>> = Object.freeze({
  br: (bytes: Buffer, effort: Effort) =>
    brotli(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: effort === 'best' ? constants.BROTLI_MAX_QUALITY : 4,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  ...(zstdCompress === undefined
    ? {}
    : {
        zstd: (bytes: Buffer, effort: Effort) =>
          promisify(zstdCompress)(bytes, {
            params: { [zstdConstants.ZSTD_c_compressionLevel!]: effort === 'best' ? 19 : 3 },
            pledgedSrcSize: bytes.length,
          }),
      }),
  gzip: (bytes: Buffer, effort: Effort) => gzip(bytes, { level: effort === 'best' ? 9 : 6 }),
});

/** Those there are here, the favourite first: the smallest at its best, then the fastest to unpack. */
export const AVAILABLE: readonly Coding[] = Object.freeze(Object.keys(codings) as Coding[]);

/** Compresses.
 * @param coding  one of AVAILABLE */
export function compress(bytes: Buffer, coding: Coding, effort: Effort): Promise<Buffer> {
  return codings[coding]!(bytes, effort);
}
