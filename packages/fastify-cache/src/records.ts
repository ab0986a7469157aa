// Reads what is stored in memory, decoded once per version of a record. HOT: benchmarks/http.
// Small records, and large ones that the near-cache keeps, come as one Buffer as long as they are kept, and their decoded
// form stands on it. A large record that it does not keep would be copied out of the arena and decoded for every hit: such
// keys are remembered, with the head they had, and from then on leased. A lease costs the same at any size (`--only large`
// measures both ways).
// A record that the tiers call stale is past its lifetime, or was purged softly: both are given, the entry says which.
// Invariant: a leased record is what its own bytes say: the remembered head counts only where they begin with it.
// Whoever is given an entry with a lease owns it: sends it (answer/pin.ts), or lets it go (entry/entry.ts).
import type { TieredCache } from '@catzilla/tiers';
import { decode } from './entry/decode.ts';
import { isIndex, letGo, markedStale } from './entry/entry.ts';
import type { Entry, Pin, Stored, VariantIndex } from './entry/entry.ts';

/** Smallest body that is leased, bytes: a copy costs several leases there. Above what render.ts joins to its head, so
 * that no rendered form holds such a body, and fits every record that begins with the same head. */
const LEASE_FROM = 32_768;
/** A near-cache takes a record at its third read at the latest: one that is decoded a fourth time is not kept. */
const PATIENCE = 4;
/** Keys remembered at most, oldest forgotten first. */
const MAX_KEYS = 2048;
const NO_BODY = Buffer.alloc(0);
/** On the Buffer itself, with which it goes: a WeakMap would be one more table for the garbage collector to walk. */
const DECODED: unique symbol = Symbol('catzilla.fastify-cache.decoded');
const STALE: unique symbol = Symbol('catzilla.fastify-cache.stale');

/** A large record, without its body. */
interface Large {
  /** The record up to its body. */
  readonly head: Buffer;
  readonly entry: Entry;
  /** Of the body, bytes. */
  readonly size: number;
  /** How often this version was decoded. */
  readonly reads: number;
  readonly isLeased: boolean;
}

/** An index with the stamp it was stored with, microseconds. */
export interface FoundIndex {
  readonly index: VariantIndex;
  readonly created: number;
}

/** The records of one cache. */
export class Records {
  /** The last search of findEntry has found no record under its key: to be asked right behind it, before anything else is
   * searched. */
  foundNothing = false;
  readonly #tiered: TieredCache;
  readonly #largestNear: number;
  readonly #large = new Map<string, Large>();

  /** @param largestNear  bytes above which the near-cache of this cache takes no record */
  constructor(tiered: TieredCache, largestNear: number) {
    this.#tiered = tiered;
    this.#largestNear = largestNear;
  }

  /** Reads the record under an engine key.
   * @param now  ms since the epoch, where it is known
   * @throws whatever the cache throws */
  read(key: string, now?: number): Stored | undefined {
    if (this.#large.size > 0) {
      const large = this.#large.get(key);
      if (large?.isLeased === true) return this.#lease(key, large);
    }
    const entry = this.#tiered.getEntrySync(key, now);
    if (entry === undefined) return undefined;
    const stored = this.#decoded(key, entry.value);
    if (!entry.stale || stored === undefined || isIndex(stored)) return stored;
    // Kept as the fresh form is: a stale entry is answered many times before its refresh has ended.
    const bytes = entry.value as Buffer & { [STALE]?: Entry };
    return (bytes[STALE] ??= markedStale(stored, entry.expiresAt));
  }

  #decoded(key: string, value: unknown): Stored | undefined {
    const bytes = value as (Buffer & { [DECODED]?: Stored }) | undefined;
    // What others have stored under a key of ours may be anything.
    if (!Buffer.isBuffer(bytes)) return undefined;
    const known = bytes[DECODED];
    if (known !== undefined) return known;
    const stored = decode(bytes);
    if (stored === undefined) return undefined;
    bytes[DECODED] = stored;
    if (isLarge(stored)) this.#note(key, bytes, stored);
    return stored;
  }

  /** The index under an engine key, with its stamp.
   * @throws whatever the cache throws */
  readIndex(key: string): FoundIndex | undefined {
    const stored = this.read(key);
    if (stored === undefined || !isIndex(stored)) return letGo(stored);
    const created = this.#tiered.getEntrySync(key)?.created;
    return created === undefined ? undefined : { index: stored, created };
  }

  #lease(key: string, known: Large): Stored | undefined {
    const lease = this.#tiered.lease(key);
    if (lease === undefined) {
      this.#large.delete(key);
      return undefined;
    }
    const bytes = lease.value;
    const { head, entry, size } = known;
    // The head's length stands at its beginning.
    if (startsWith(bytes, head) && bytes.length - head.length === size) {
      return withBody(entry, bytes.subarray(head.length), lease);
    }
    const stored = decode(bytes);
    if (stored !== undefined && isLarge(stored)) {
      this.#remember(key, bytes, stored, PATIENCE, true);
      return withBody(stored, stored.body, lease);
    }
    // It has become small, and may be kept near.
    lease.release();
    this.#large.delete(key);
    return this.read(key);
  }

  #note(key: string, bytes: Buffer, entry: Entry): void {
    const last = this.#large.get(key);
    const reads = last !== undefined && startsWith(bytes, last.head) ? last.reads + 1 : 1;
    this.#remember(key, bytes, entry, reads, reads >= PATIENCE || bytes.length > this.#largestNear);
  }

  #remember(key: string, bytes: Buffer, stored: Entry, reads: number, isLeased: boolean): void {
    // A copy of its own: a view would keep the body.
    const head = Buffer.from(bytes.subarray(0, bytes.length - stored.body.length));
    const entry: Entry = { ...stored, body: NO_BODY };
    this.#large.delete(key);
    const size = stored.body.length;
    this.#large.set(key, { head, entry, size, reads, isLeased });
    if (this.#large.size <= MAX_KEYS) return;
    for (const oldest of this.#large.keys()) {
      this.#large.delete(oldest);
      return;
    }
  }
}

function isLarge(stored: Stored): stored is Entry {
  return !isIndex(stored) && stored.body.length >= LEASE_FROM;
}

function withBody(
  entry: Entry,
  body: Buffer,
  lease: Pin & { readonly stale: boolean; readonly expiresAt: number },
): Entry {
  const leased = { ...entry, body, lease };
  return lease.stale ? markedStale(leased, lease.expiresAt) : leased;
}

function startsWith(bytes: Buffer, head: Buffer): boolean {
  return bytes.length >= head.length && head.compare(bytes, 0, head.length) === 0;
}
