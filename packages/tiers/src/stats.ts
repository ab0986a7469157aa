// Counts of a tiered cache, as users see them. Invariant: requests = hits + misses; durations end in Ms.

/** A latency histogram in short, ms. NaN while nothing was measured. Of Redis and disk it has every call that came to an end;
 * of memory a sample, for a look at the clock costs about as much as a look-up there: one look-up in 509, whether it found
 * something or not, by `get`, `getSync`, `getEntry`, `getEntrySync`, `getMany`, `has`, `getOrSet`, `lease` and `inspect`, with
 * decoding where the near-cache has no decoded value, and with one look at the clock. */
export interface Latency {
  /** Durations measured: of memory the size of the sample. */
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Failures of a tier. */
export interface TierFaults {
  /** Calls that failed, time-outs not counted. */
  readonly errors: number;
  /** Calls that ran out of time. */
  readonly timeouts: number;
  /** Calls not made, since the breaker was open or too many were under way. */
  readonly skipped: number;
}

/** Counts of one tier. */
export interface TierStats extends TierFaults {
  /** Lookups answered by it; grace included. */
  readonly hits: number;
  /** Lookups it was asked and had nothing for. */
  readonly misses: number;
  readonly sets: number;
  readonly deletes: number;
  /** Undecodable entries found; each a miss, and deleted. */
  readonly corrupt: number;
  /** Entries of other owners or releases found; each a miss, and kept. */
  readonly foreign: number;
  /** Entries copied up from it. */
  readonly promotions: number;
  /** Evicted entries copied down to it. */
  readonly demotions: number;
  readonly latency: Latency;
}

/** Counts of a tiered cache since it was made or `resetStats` was called. */
export interface Stats {
  /** Keys asked for. */
  readonly requests: number;
  readonly hits: number;
  /** Hits past their ttl, within grace. */
  readonly stale: number;
  readonly misses: number;
  /** hits / requests; 0 while nothing was asked. */
  readonly hitRatio: number;
  readonly memory: TierStats;
  readonly remote: TierStats;
  readonly disk: TierStats & { readonly bytes: number };
  readonly factoryCalls: number;
  readonly factoryErrors: number;
  /** Callers who waited for another's factory in this process. */
  readonly coalesced: number;
  /** Loads that waited for another process's lock. */
  readonly lockWaits: number;
  readonly earlyRefreshes: number;
  readonly backgroundRefreshes: number;
  /** Stale values given in place of an error or a slow factory. */
  readonly failSafe: number;
  readonly softTimeouts: number;
  readonly hardTimeouts: number;
  /** Values not stored: no form in the codec, too large, refused by a guard. */
  readonly notStored: number;
  readonly invalidations: number;
  /** Writes dropped from a full write-behind queue. */
  readonly dropped: number;
  readonly queued: number;
  readonly busGaps: number;
  readonly listenerErrors: number;
}
