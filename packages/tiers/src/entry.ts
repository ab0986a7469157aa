// An entry as users see it: a value with its times. Times are ms since the epoch unless said otherwise.

/** Where an entry was found. */
export type TierName = 'memory' | 'remote' | 'disk';

/** A value found in the cache. */
export interface Entry<T = unknown> {
  /** Shared and frozen, or as `onRead` says. undefined only where `negative` kept it. */
  readonly value: T;
  readonly tier: TierName;
  /** Hybrid stamp in microseconds, taken before the value was computed. */
  readonly created: number;
  /** Fresh before it: the end of its ttl, or the soft invalidation that came before. Infinity: for ever. */
  readonly expiresAt: number;
  /** Gone after it; stale from `expiresAt` on. */
  readonly graceUntil: number;
  /** Whether it is past `expiresAt`, or softly invalidated. */
  readonly stale: boolean;
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  /** Bytes of the encoded value. */
  readonly size: number;
  /** What its factory took, ms; NaN: not known. */
  readonly cost: number;
  /** Whether `negative` kept it. */
  readonly negative: boolean;
}
