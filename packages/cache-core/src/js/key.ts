// Keys of the JavaScript backend: one string per key of bytes, by which a Map can find it.
// Invariant: the string's UTF-16 units are the key's bytes (latin1), so a string key and the Uint8Array of
// its UTF-8 (WTF-8 for lone surrogates) give the same one, and distinct keys distinct ones.
import { Buffer } from 'node:buffer';
import { isUint8Array } from 'node:util/types';
import { show } from '@catzilla/common';
import type { Key } from '../cache.ts';
import { errors } from '../errors.ts';
import { isDetached } from './detached.ts';

/** The map key of a cache key.
 * @throws CATZ_CACHE_KEY, CATZ_CACHE_KEY_SIZE */
export function mapKey(key: Key, maxKeyBytes: number): string {
  const text = toLatin1(key);
  if (text.length > maxKeyBytes) {
    throw new errors.KEY_SIZE(maxKeyBytes, `${text.length}: ${show(key)}`);
  }
  return text;
}

/** The bytes of a prefix in the same form. */
export function mapPrefix(prefix: string): string {
  return toLatin1(prefix);
}

function toLatin1(key: Key): string {
  if (typeof key === 'string') return isAscii(key) ? key : wtf8(key);
  if (!isUint8Array(key) || isDetached(key)) throw new errors.KEY(show(key));
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

// The WTF-8 encoding (Simon Sapin, 2018): UTF-8, with each lone surrogate encoded like any other code point.
function wtf8(text: string): string {
  let bytes = '';
  for (const character of text) {
    const point = character.codePointAt(0)!;
    const isLone = point >= 0xd800 && point <= 0xdfff;
    bytes += isLone
      ? String.fromCharCode(
          0xe0 | (point >> 12),
          0x80 | ((point >> 6) & 0x3f),
          0x80 | (point & 0x3f),
        )
      : Buffer.from(character).toString('latin1');
  }
  return bytes;
}
