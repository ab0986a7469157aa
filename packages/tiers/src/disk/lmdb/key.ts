// Keys of lmdb: the id itself, which keeps ids of one kind together. Hashes would come in no order: half-empty pages, and
// one of them to rewrite per record. Only ids that are too long for a page's index are hashed.
// Invariant: a hashed key begins with a byte that no UTF-8 text has, so the two kinds never meet; records hold the whole id.
import { createHash } from 'node:crypto';

/** Longest id, in bytes of UTF-8, that is a key itself. */
export const MAX_KEY = 1024;
const MARK = 0xff;

/** Where hashed keys begin. */
export const HASHED: Buffer = Buffer.from([MARK]);

/** The key of an id that is too long to be one. */
export function hashKey(id: Uint8Array): Buffer {
  return Buffer.concat([HASHED, createHash('sha256').update(id).digest()]);
}

/** Translates between ids and keys, for lmdb's `keyEncoder`. Takes keys as they are as well. */
export const encodeKey: {
  writeKey(key: string | Uint8Array, target: Buffer, start: number): number;
  readKey(target: Buffer, start: number, end: number): string | Buffer;
} = {
  // HOT: once per generation and get.
  writeKey(key, target, start) {
    if (typeof key !== 'string') {
      target.set(key, start);
      return start + key.length;
    }
    if (key.length * 3 > MAX_KEY && Buffer.byteLength(key) > MAX_KEY) {
      target.set(hashKey(Buffer.from(key)), start);
      return start + 33;
    }
    return start + target.write(key, start);
  },
  readKey(target, start, end) {
    if (target[start] !== MARK) return target.toString('utf8', start, end);
    return Buffer.from(target.subarray(start, end));
  },
};
