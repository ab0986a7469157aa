// Keys as text and as bytes, the way back from one key space of bytes.
import { Buffer, isUtf8 } from 'node:buffer';

/** A key as `keys()` shows it: a string when its bytes are valid UTF-8, else a copy of the bytes. */
export function keyFromBytes(bytes: Buffer, as: 'string' | 'buffer'): string | Buffer {
  if (as === 'string' && isUtf8(bytes)) return bytes.toString('utf8');
  return Buffer.from(bytes);
}
