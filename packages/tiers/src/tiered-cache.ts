// The public interface of a tiered cache. Durations are ms, sizes bytes.
// Three laws: a fault of a tier never fails a call, only misuse does; nothing is silent; no copy outlives what its author
// said, however often it was copied from tier to tier.
import type { Cache } from '@catzilla/cache-core';
import type { Entry, TierName } from './entry.ts';
import type { CacheEvents } from './events.ts';
import type { Health } from './health.ts';
import type { Factory, LoadManyOptions, LoadOptions, ManyFactory } from './load/options.ts';
import type { Stats } from './stats.ts';

/** Longest stay of an entry, by tier; what is not named has the largest of those that are. */
export interface TierTtl {
  readonly memory?: number | undefined;
  readonly remote?: number | undefined;
  readonly disk?: number | undefined;
}

/** How long an entry lives, and what it belongs to. */
export interface EntryOptions {
  /** ms it is fresh; Infinity: for ever; 0: not stored, and what is there is removed. By tier: the longest stay in each;
   * the largest counts as the ttl. Redis keeps no entry longer than 30 days without its being stored again. Default: 3_600_000, or the cache's or namespace's own. */
  readonly ttl?: number | TierTtl | undefined;
  /** ms it may still be served after ttl, when the factory fails or is slow. Default: 0. */
  readonly grace?: number | undefined;
  /** Share of ttl that is taken off at random, 0 to 0.5, so that entries of one moment do not expire in one. Default: 0. */
  readonly jitter?: number | undefined;
  /** Groups, for `invalidateTags`: at most 56 of 1 to 256 bytes. Default: none. */
  readonly tags?: readonly string[] | undefined;
  /** Pairs kept beside the value, at most 1 KB. Default: none. */
  readonly meta?: Readonly<Record<string, string>> | undefined;
  /** false: never compressed below memory. Default: as the cache says. */
  readonly compress?: boolean | undefined;
  /** Which tiers take it. Default: all that the cache has. */
  readonly tiers?: readonly TierName[] | undefined;
}

/** Options of set. */
export interface SetOptions extends EntryOptions {
  /** From `ticket`, taken before the value was computed: refuses the value when it came too late. Default: overwrites. */
  readonly ticket?: Ticket | undefined;
}

/** Proof of when a computation began; good for its key alone. Made by `ticket`. */
export interface Ticket {
  readonly key: string;
  /** Hybrid stamp, microseconds: what the value counts as created at. */
  readonly created: number;
}

/** The bytes of a value in memory, pinned by `lease`. */
export interface LeasedEntry extends Entry<Buffer>, Disposable {
  /** true: a private copy, since the engine could not pin more. */
  readonly copied: boolean;
  /** Lets the memory go; `value` must not be used after it. Idempotent. */
  release(): void;
}

/** A lock of a key among all processes that share the remote tier. */
export interface CacheLock extends AsyncDisposable {
  /** Grows with each holder; server time, microseconds. */
  readonly fence: number;
  /** false once it is known to be lost. */
  readonly isHeld: boolean;
  /** Lets it go. Idempotent; never rejects. */
  release(): Promise<void>;
}

/** What happened to a write in one place. 'queued': will be written. 'skipped': not asked for. 'failed': counted, and seen
 * in health. 'off': there is no such tier. */
export type WriteStatus = 'ok' | 'queued' | 'skipped' | 'failed' | 'off';

/** What happened to a write. */
export interface WriteResult {
  /** Whether no place failed. */
  readonly ok: boolean;
  readonly memory: WriteStatus;
  readonly remote: WriteStatus;
  readonly disk: WriteStatus;
  readonly bus: WriteStatus;
}

/** Options of reads. */
export interface ReadOptions {
  /** Ends the wait of this caller. */
  readonly signal?: AbortSignal | undefined;
  /** Which tiers are asked. Default: all. */
  readonly tiers?: readonly TierName[] | undefined;
}

/** What `inspect` tells of a key; reading it promotes and counts nothing. */
export interface Inspection {
  readonly key: string;
  readonly memory: Entry | undefined;
  readonly remote: Entry | undefined;
  readonly disk: Entry | undefined;
}

/** A cache of up to three tiers. Keys are well-formed strings of 1 to 8192 bytes of UTF-8.
 *
 * Every method throws (the async ones reject with) CATZ_TIERS_KEY, CATZ_TIERS_OPTION and CATZ_TIERS_CLOSED; no method
 * fails because a tier does. */
export interface TieredCache extends AsyncDisposable {
  readonly name: string;
  /** '' for the root. */
  readonly namespaceName: string;
  /** The L1, for what is not in this interface (leases); undefined without one. It holds envelopes. */
  readonly memory: Cache | undefined;

  /** Finds a value: memory, then Redis, then disk. Stale values within grace are not given: use `getEntry`.
   * @returns undefined when there is none */
  get<T = unknown>(key: string, options?: ReadOptions): Promise<T | undefined>;
  /** Finds a value in memory alone: no promise, no I/O. */
  getSync<T = unknown>(key: string): T | undefined;
  /** Like `get`, with times; gives stale entries within grace too. */
  getEntry<T = unknown>(key: string, options?: ReadOptions): Promise<Entry<T> | undefined>;
  /** Like `getSync`, with times; gives stale entries within grace too.
   * @param now  ms since the epoch, from who has just read the clock of the machine. Default: the cache's own clock */
  getEntrySync<T = unknown>(key: string, now?: number): Entry<T> | undefined;
  /** Values in order; one round trip for those that are not in memory. */
  getMany<T = unknown>(keys: readonly string[], options?: ReadOptions): Promise<(T | undefined)[]>;
  /** Whether `get` would find a value, or `negative` has kept that there is none. */
  has(key: string): Promise<boolean>;

  /** Stores a value. `null` is a value; `undefined` is none, and an error here.
   * @throws (rejects) CATZ_TIERS_ENCODE, CATZ_TIERS_TAG */
  set(key: string, value: unknown, options?: SetOptions): Promise<WriteResult>;
  setMany(
    entries: Iterable<readonly [key: string, value: unknown, options?: EntryOptions]>,
    options?: EntryOptions,
  ): Promise<WriteResult>;
  /** To be taken before a value is computed, and given to `set`: that is then refused ('skipped' in every tier) when the
   * key was set or deleted meanwhile, or one of the value's tags, or of `guards`, invalidated, in any process that this one
   * has heard of.
   * @param guards  further tags to be watched, which the entry itself does not carry
   * @throws CATZ_TIERS_TAG */
  ticket(key: string, guards?: readonly string[]): Ticket;
  /** The bytes of a value in memory without a copy; for large values on their way to a socket. Only values that were set as
   * bytes; undefined for all others. Stale ones within grace are given too. */
  lease(key: string): LeasedEntry | undefined;
  /** Takes the lock of a key at the remote tier, extended until it is released.
   * @param options.ttl  ms after which it falls if this process dies. Default: 10_000
   * @returns undefined: another holds it; 'unavailable': there is no remote tier, or it does not answer */
  lock(
    key: string,
    options?: { readonly ttl?: number | undefined },
  ): Promise<CacheLock | 'unavailable' | undefined>;
  /** Gives a value a new ttl and grace, counted from now, in every tier.
   * @returns whether there was a value */
  touch(key: string, options?: Pick<EntryOptions, 'ttl' | 'grace'>): Promise<boolean>;
  /** Removes keys everywhere; no load that began before can bring one back. */
  delete(keys: string | readonly string[]): Promise<WriteResult>;
  /** Makes a value stale, kept for its grace. */
  expire(key: string): Promise<WriteResult>;

  /** Finds a value, or has it computed: once, however many ask.
   * @throws (rejects) what the factory threw; CATZ_TIERS_TIMEOUT; the reason of an aborted signal */
  getOrSet<T>(key: string, factory: Factory<T>, options?: LoadOptions<T>): Promise<T>;
  /** Finds values, and has those that are missing computed in one call.
   * @returns in order; undefined for keys that the factory's Map lacks */
  getOrSetMany<T>(
    keys: readonly string[],
    factory: ManyFactory<T>,
    options?: LoadManyOptions,
  ): Promise<(T | undefined)[]>;

  /** Makes every entry invalid that has one of the tags and was computed before now, in all namespaces, processes and
   * tiers, however many they are.
   * @param options.soft  true: they become stale, and may be served within their grace; others hear of it by the bus alone,
   *   also threads that share an engine. Default: false */
  invalidateTags(
    tags: string | readonly string[],
    options?: { readonly soft?: boolean | undefined },
  ): Promise<WriteResult>;
  /** Empties this namespace and those within it, everywhere. Never touches what is not this cache's.
   * @param options.wait  true: resolves once the old entries are removed, not only out of reach. Default: false */
  clear(options?: { readonly wait?: boolean | undefined }): Promise<WriteResult>;
  /** A part of this cache with keys of its own; inherits the options, tags are shared by all. The same name gives an equal
   * one. `close` of it does nothing.
   * @throws CATZ_TIERS_NAMESPACE */
  namespace(name: string, options?: EntryOptions): TieredCache;

  /** Lists keys of this namespace in one tier. Default: the lowest that is shared (remote), else disk, else memory. */
  keys(options?: {
    readonly prefix?: string | undefined;
    readonly tier?: TierName | undefined;
  }): AsyncIterable<string>;
  inspect(key: string): Promise<Inspection>;

  stats(): Stats;
  resetStats(): void;
  /** @param options.probe  true: asks each tier now, within its deadline. Default: false */
  health(options?: { readonly probe?: boolean | undefined }): Promise<Health>;
  /** Hears of an event. A listener that throws is caught and counted.
   * @returns a function that ends it */
  on<K extends keyof CacheEvents>(event: K, listener: (event: CacheEvents[K]) => void): () => void;
  /** Waits until the tiers are reached or `timeout` is over; never rejects. Default timeout: 1000 ms. */
  ready(options?: { readonly timeout?: number | undefined }): Promise<Health>;
  /** Ends loads and queues within `closeTimeout`, then the connections it opened. Idempotent. */
  close(): Promise<void>;
}
