// Bytes as they are, for what is already encoded: HTTP bodies, images, Protobuf. What is read is a view of the stored
// bytes, shared by all who read it: it must not be written, as with the bytes that cache-core gives.
import type { Codec } from './codec.ts';

/** Stores Uint8Array and Buffer, gives Buffer. */
export const bytesCodec: Codec = Object.freeze({
  id: 2,
  name: 'bytes',
  encode(value: unknown): Uint8Array {
    if (value instanceof Uint8Array) return value;
    throw new TypeError('it is no Uint8Array');
  },
  decode: (bytes: Buffer): unknown => bytes,
});
