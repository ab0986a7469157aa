// The counts behind `stats()`. Fields are plain numbers to be raised in place: no call, no lookup, one shape for ever.
// Invariant: requests = hits + misses in every snapshot, since requests are never counted by themselves. What queues, bus
// and guards count stays theirs; it is put in when a snapshot is made, less what they had at the last reset.
import type { LoadCounters } from '../load/host.ts';
import type { Latency, Stats, TierFaults, TierStats } from '../stats.ts';
import { NOT_MEASURED } from './histogram.ts';

/** Counts of one tier that the cache itself raises. */
export type TierCounters = {
  -readonly [K in Exclude<keyof TierStats, keyof TierFaults | 'latency'>]: number;
};

/** What a guarded tier counts by itself; a Guard is one. */
export interface Measured {
  readonly faults: TierFaults;
  readonly latency: Latency;
}

/** What others count. */
export interface StatsSources {
  /** Latency of look-ups in memory, which counts no faults. */
  readonly memory?: Latency | undefined;
  readonly remote?: Measured | undefined;
  readonly disk?: (Measured & { readonly bytes: number }) | undefined;
  readonly queued: number;
  readonly dropped: number;
  readonly busGaps: number;
  readonly listenerErrors: number;
}

const NO_FAULTS: TierFaults = Object.freeze({ errors: 0, timeouts: 0, skipped: 0 });

/** Counts of a cache. HOT: raised by each call */
export class Counters implements LoadCounters {
  readonly memory: TierCounters = noCounts();
  readonly remote: TierCounters = noCounts();
  readonly disk: TierCounters = noCounts();
  hits = 0;
  stale = 0;
  misses = 0;
  factoryCalls = 0;
  factoryErrors = 0;
  coalesced = 0;
  lockWaits = 0;
  earlyRefreshes = 0;
  backgroundRefreshes = 0;
  failSafe = 0;
  softTimeouts = 0;
  hardTimeouts = 0;
  notStored = 0;
  invalidations = 0;
  #dropped = 0;
  #busGaps = 0;
  #listenerErrors = 0;

  snapshot(sources: StatsSources): Stats {
    const requests = this.hits + this.misses;
    return {
      requests,
      hits: this.hits,
      stale: this.stale,
      misses: this.misses,
      hitRatio: requests === 0 ? 0 : this.hits / requests,
      memory: statsOf(this.memory, { faults: NO_FAULTS, latency: sources.memory ?? NOT_MEASURED }),
      remote: statsOf(this.remote, sources.remote),
      disk: { ...statsOf(this.disk, sources.disk), bytes: sources.disk?.bytes ?? 0 },
      factoryCalls: this.factoryCalls,
      factoryErrors: this.factoryErrors,
      coalesced: this.coalesced,
      lockWaits: this.lockWaits,
      earlyRefreshes: this.earlyRefreshes,
      backgroundRefreshes: this.backgroundRefreshes,
      failSafe: this.failSafe,
      softTimeouts: this.softTimeouts,
      hardTimeouts: this.hardTimeouts,
      notStored: this.notStored,
      invalidations: this.invalidations,
      dropped: sources.dropped - this.#dropped,
      queued: sources.queued,
      busGaps: sources.busGaps - this.#busGaps,
      listenerErrors: sources.listenerErrors - this.#listenerErrors,
    };
  }

  /** Counts from 0 again. Guards have a `resetCounts` of their own. */
  reset(sources: Pick<StatsSources, 'dropped' | 'busGaps' | 'listenerErrors'>): void {
    Object.assign(this.memory, noCounts());
    Object.assign(this.remote, noCounts());
    Object.assign(this.disk, noCounts());
    this.hits = 0;
    this.stale = 0;
    this.misses = 0;
    this.factoryCalls = 0;
    this.factoryErrors = 0;
    this.coalesced = 0;
    this.lockWaits = 0;
    this.earlyRefreshes = 0;
    this.backgroundRefreshes = 0;
    this.failSafe = 0;
    this.softTimeouts = 0;
    this.hardTimeouts = 0;
    this.notStored = 0;
    this.invalidations = 0;
    this.#dropped = sources.dropped;
    this.#busGaps = sources.busGaps;
    this.#listenerErrors = sources.listenerErrors;
  }
}

function noCounts(): TierCounters {
  return {
    hits: 0,
    misses: 0,
    sets: 0,
    deletes: 0,
    corrupt: 0,
    foreign: 0,
    promotions: 0,
    demotions: 0,
  };
}

function statsOf(counters: TierCounters, measured: Measured | undefined): TierStats {
  const { errors, timeouts, skipped } = measured?.faults ?? NO_FAULTS;
  return {
    ...counters,
    errors,
    timeouts,
    skipped,
    latency: measured?.latency ?? NOT_MEASURED,
  };
}
