// Options of getOrSet, and what a factory is told and may say.
import type { Entry } from '../entry.ts';
import type { EntryOptions } from '../tiered-cache.ts';

/** Computes a value. Must bear to be called again, and must not ask for its own key: it would wait for itself. */
export type Factory<T> = (context: FactoryContext<T>) => T | Promise<T>;

/** Computes the values of several keys; a key that the Map lacks has none. */
export type ManyFactory<T> = (
  missing: readonly string[],
  context: { readonly signal: AbortSignal },
) => ReadonlyMap<string, T> | Promise<ReadonlyMap<string, T>>;

/** How a value is found or computed. Durations are ms. */
export interface LoadOptions<T = unknown> extends EntryOptions {
  /** After it a stale value is given, if there is one within grace; the load goes on. 0: a stale value is given at once,
   * and refreshed in the background. Default: none, so that grace alone waits for the factory. */
  readonly softTimeout?: number | undefined;
  /** After it the caller gets the stale value or CATZ_TIERS_TIMEOUT; the load goes on and fills. Default: none. */
  readonly hardTimeout?: number | undefined;
  /** How long a stale value given for an error is given without a new attempt. Default: 5000. */
  readonly failSafeTtl?: number | undefined;
  /** true: computes anew, whatever is stored or under way, and takes no old value in its place. Default: false. */
  readonly fresh?: boolean | undefined;
  /** Refresh in the background before the end of ttl. `{ beta }`: at random, the earlier the dearer the factory (XFetch);
   * `{ after }`: from this share of ttl on, 0 to 1; false: never. Default: { beta: 1 }. */
  readonly early?: { readonly beta: number } | { readonly after: number } | false | undefined;
  /** One factory call among all processes, by a lock at the remote tier. `ttl`: of the lock, extended while the factory
   * runs, default 10_000; `wait`: how long others wait before they compute themselves, default 2000. Default: false. */
  readonly lock?:
    boolean | { readonly ttl?: number | undefined; readonly wait?: number | undefined } | undefined;
  /** Ends the wait of this caller, and the factory when nobody else waits. */
  readonly signal?: AbortSignal | undefined;
  /** Keeps that there is nothing: values for which `when` holds (default: undefined) for `ttl`; errors for as many ms as
   * `errors` says, in this process alone. Default: nothing is kept. */
  readonly negative?:
    | {
        readonly ttl: number;
        readonly when?: ((value: T) => boolean) | undefined;
        readonly errors?: ((error: unknown) => number | undefined) | undefined;
      }
    | undefined;
  /** true: the caller whose factory ran gets its very object, not what was stored of it. Default: false. */
  readonly returnRaw?: boolean | undefined;
}

/** Options of getOrSetMany: none that speak of one key. */
export type LoadManyOptions = Omit<LoadOptions, 'softTimeout' | 'early' | 'lock' | 'returnRaw'>;

/** What a factory is told, and what it may say of its value until it settles. Its functions may be taken out of it; each
 * throws CATZ_TIERS_FACTORY when called later, and CATZ_TIERS_OPTION or CATZ_TIERS_TAG for what cannot be. */
export interface FactoryContext<T> {
  readonly key: string;
  /** Fires when all who wait have given up, and on close. */
  readonly signal: AbortSignal;
  /** What was stored before, also when stale: for a conditional request. */
  readonly previous: Entry<T> | undefined;
  /** With `lock`: grows with each holder, for fencing writes of your own; server time in microseconds. */
  readonly fence: number | undefined;
  /** Pairs kept beside the value, at most 1 KB: ETag, Last-Modified. */
  readonly meta: Record<string, string>;
  setTtl(ttl: EntryOptions['ttl']): void;
  setGrace(grace: number): void;
  /** Adds tags. */
  tags(...tags: string[]): void;
  /** The value is given, but not stored. */
  skip(): void;
  /** Gives the previous value, stored anew with new times: `return context.notModified()`.
   * @throws CATZ_TIERS_NOT_MODIFIED without a previous value */
  notModified(): T;
}
