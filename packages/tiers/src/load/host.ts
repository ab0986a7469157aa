// What loading needs of the cache around it: everything else of tiers stays below this interface.
// Invariant: none of these methods rejects or throws because of a tier.
import type { Entry } from '../entry.ts';
import type { EntryOptions } from '../tiered-cache.ts';

/** What is to be stored of a computed value. */
export interface Computed {
  readonly value: unknown;
  /** Stamp taken before the factory began. */
  readonly created: number;
  /** What the factory took, ms. */
  readonly cost: number;
  readonly negative: boolean;
  /** Its `version` of memory taken before the factory began: a delete meanwhile refuses the fill. */
  readonly ticket: FillTicket;
  /** Token of the distributed lock that is held. */
  readonly token: string | undefined;
  readonly options: EntryOptions;
}

/** Taken before a read or a load; hands later fills the means to see that they came too late. Opaque to load/. */
export interface FillTicket {
  readonly version: number;
  readonly epoch: number;
}

/** A distributed lock, as the remote tier has it. */
export interface LockHost {
  /** @returns 'held' by another; 'failed': no lock to be had now; else the fence */
  acquire(key: string, token: string, ttl: number): Promise<number | 'held' | 'failed'>;
  /** @returns false when it is lost for certain */
  extend(key: string, token: string, ttl: number): Promise<boolean>;
  release(key: string, token: string): Promise<void>;
}

/** The cache around a load; one for each namespace. */
export interface LoadHost {
  readonly namespaceName: string;
  readonly defaults: EntryOptions;
  /** Monotonic and wall clock, ms; stamp in microseconds. */
  mono(): number;
  now(): number;
  stamp(): number;
  /** @throws CATZ_TIERS_KEY, CATZ_TIERS_CLOSED */
  check(key: string): void;
  ticket(key: string): FillTicket;
  /** The entry in memory, stale ones within grace included. Counts nothing. HOT */
  peek(key: string): Entry | undefined;
  /** The entry in Redis or on disk, stale ones within grace included, copied up. Counts per tier. */
  readBelow(
    key: string,
    options: { readonly signal?: AbortSignal | undefined; readonly tiers?: EntryOptions['tiers'] },
  ): Promise<Entry | undefined>;
  readManyBelow(
    keys: readonly string[],
    options: { readonly signal?: AbortSignal | undefined; readonly tiers?: EntryOptions['tiers'] },
  ): Promise<(Entry | undefined)[]>;
  /** Stores a computed value: memory at once, the tiers below without being waited for.
   * @returns the entry as any reader would get it now; undefined when it was not stored (no form, ttl 0, refused). The
   *   promise of what goes on below stands in `settled`, which never rejects */
  store(
    key: string,
    computed: Computed,
  ): { readonly entry: Entry | undefined; readonly settled: Promise<boolean> };
  /** A value as a reader would get it, had it been stored: encoded and decoded; itself when it has no form. For what is
   * given but not kept. Without it such a value goes out as it is. */
  shape?(value: unknown): unknown;
  /** Gives the entry new times, its payload kept. Tags and meta of `computed.options` are all that it is to have. */
  renew(
    key: string,
    previous: Entry,
    computed: Omit<Computed, 'value' | 'negative'>,
  ): { readonly entry: Entry | undefined; readonly settled: Promise<boolean> };
  /** Whether an entry or load of this stamp and these tags has been invalidated, hard, up to now. */
  isInvalid(created: number, tags: readonly string[]): boolean;
  readonly lock: LockHost | undefined;
  readonly counters: LoadCounters;
  /** Tells of a request: one for each key asked for. */
  countHit(key: string, entry: Entry): void;
  countMiss(key: string): void;
  emit: LoadEvents;
  /** Runs a factory within a span of telemetry. Default: runs it. */
  trace?<T>(run: () => T | Promise<T>): T | Promise<T>;
  /** Keeps what must end before close; the promise must not reject. */
  track(work: Promise<unknown>): void;
  /** Fires on close. */
  readonly closing: AbortSignal;
}

/** Counts that load/ raises. */
export interface LoadCounters {
  factoryCalls: number;
  factoryErrors: number;
  coalesced: number;
  lockWaits: number;
  earlyRefreshes: number;
  backgroundRefreshes: number;
  failSafe: number;
  softTimeouts: number;
  hardTimeouts: number;
}

/** Events that load/ tells. */
export interface LoadEvents {
  refresh(key: string, early: boolean, durationMs: number): void;
  failsafe(key: string, error: unknown): void;
}
