// The bytes of a file in one content coding: made once, kept in the cache, made smaller once it is asked for often.
// Invariant: bytes are kept under the hash of what they decode to, so that they cannot be stale, and every thread that has the
// same file finds what another has compressed. What was evicted is made again; each variant by one at a time in this
// thread.
import type { Cache } from '@catzilla/cache-core';
import type { FileRecord } from '../file/record.ts';
import { compress } from './codings.ts';
import type { Coding, Effort } from './codings.ts';

/** One form of a file. */
export interface Variant {
  readonly coding: Coding | 'identity';
  /** Its entity tag: strong for identity; weak for encoded ones, whose bytes change when they are recompressed. */
  readonly etag: string;
  readonly effort: Effort;
  /** Answers since it was made. */
  hits: number;
  /** The copy that answers share while one of them holds it; what the cache hands out may be a copy for each. */
  shared: WeakRef<Buffer> | undefined;
}

// Less than that is not worth a client's work.
const WORTH = 0.9;

/** Where bytes are kept. */
export class Variants {
  readonly #cache: Cache;
  readonly #making = new Map<string, Promise<Variant | 'useless'>>();
  /** How many were compressed. */
  made = 0;

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  /** Keeps the bytes of a file as they are. */
  keep(hash: string, bytes: Buffer): Variant {
    this.#cache.set(hash, bytes);
    return identityOf(hash, bytes);
  }

  /** The bytes of a variant, not to be written; undefined when the cache has dropped them. */
  bytesOf(hash: string, variant: Variant): Buffer | undefined {
    const shared = variant.shared?.deref();
    if (shared !== undefined) return shared;
    const bytes = this.#cache.get(keyOf(hash, variant.coding));
    // They may be smaller than those we made: another thread has recompressed them, and they are of the same content.
    if (bytes !== undefined) variant.shared = new WeakRef(bytes);
    return bytes;
  }

  /** A variant of a file, made if need be.
   * @param read    gives the bytes of the file, and throws when they are not those of the record any more
   * @returns 'useless' when it would not be smaller to speak of */
  variant(
    record: FileRecord,
    coding: Coding,
    effort: Effort,
    read: () => Promise<Buffer>,
  ): Promise<Variant | 'useless'> {
    const key = `${keyOf(record.hash, coding)}:${effort}`;
    const running = this.#making.get(key);
    if (running !== undefined) return running;
    const making = this.#make(record, coding, effort, read).finally(() => this.#making.delete(key));
    this.#making.set(key, making);
    return making;
  }

  async #make(
    record: FileRecord,
    coding: Coding,
    effort: Effort,
    read: () => Promise<Buffer>,
  ): Promise<Variant | 'useless'> {
    const key = keyOf(record.hash, coding);
    // What another thread has made, unless it is to be made better.
    const there = effort === 'fast' ? this.#cache.get(key) : undefined;
    const bytes = there ?? (await this.#compress(await read(), coding, effort));
    const isWorth = bytes.length <= record.size * WORTH;
    if (isWorth && there === undefined) this.#cache.set(key, bytes);
    const variant = isWorth ? variantOf(record.hash, coding, effort, bytes) : 'useless';
    record.variants.set(coding, variant);
    return variant;
  }

  async #compress(bytes: Buffer, coding: Coding, effort: Effort): Promise<Buffer> {
    this.made++;
    return compress(bytes, coding, effort);
  }
}

/** A file as it is, whose bytes nobody keeps. */
export function identityOf(hash: string, bytes: Buffer): Variant {
  return variantOf(hash, 'identity', 'best', bytes);
}

function keyOf(hash: string, coding: Coding | 'identity'): string {
  return coding === 'identity' ? hash : `${hash}-${coding}`;
}

function variantOf(
  hash: string,
  coding: Coding | 'identity',
  effort: Effort,
  bytes: Buffer,
): Variant {
  const etag = coding === 'identity' ? `"${hash}"` : `W/"${hash}-${coding}"`;
  return { coding, etag, effort, hits: 0, shared: new WeakRef(bytes) };
}
