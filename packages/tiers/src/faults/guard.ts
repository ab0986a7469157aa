// What stands between the cache and a tier that may be slow, gone or wrong: every call through it ends within its
// deadline, a tier that keeps failing is not asked, and the caller gets a value or FAILED, never a rejection.
// It is made by create-guard.ts. How it decides is breaker.ts; how it finds out that the tier is back, probe.ts; how calls
// end in time, deadline.ts.
import type { RemoteFault } from '../remote/remote-tier.ts';
import type { Latency, TierFaults } from '../stats.ts';
import type { BreakerOptions } from './breaker.ts';

/** What a guarded call gives when the tier gave nothing: it failed, ran out of time, or was not asked. */
export const FAILED: unique symbol = Symbol('catzilla.tiers.failed');
export type Failed = typeof FAILED;

/** State of a breaker, for health. */
export interface BreakerState {
  readonly read: 'closed' | 'open' | 'probing';
  readonly write: 'closed' | 'open' | 'probing';
}

/** A guarded tier. */
export interface Guard {
  /** Whether a read would be tried now. */
  readonly canRead: boolean;
  readonly canWrite: boolean;
  /** Runs a read within the deadline. Never rejects. A late answer is dropped, a late rejection handled.
   * @param budget  ms left of the caller's own budget, when less than the deadline */
  read<T>(operation: () => Promise<T>, budget?: number): Promise<T | Failed>;
  /** Like `read`, for a tier that often answers at once, from a file in memory: what it answers is then given as it is,
   * without a promise. Does not wait for `connecting`. Never throws. */
  readNow<T>(operation: () => T | Promise<T>): T | Failed | Promise<T | Failed>;
  write<T>(operation: () => Promise<T>, budget?: number): Promise<T | Failed>;
  readonly breaker: BreakerState;
  /** What callers waited: of calls that were answered, failed, or ran into the deadline. */
  readonly latency: Latency;
  readonly faults: TierFaults;
  /** The last failure's message, without secrets. */
  readonly lastError: string | undefined;
  /** ms since the epoch, of the last change of state. */
  readonly since: number;
  /** One round trip now, whatever the breaker says; a success closes it. Never rejects. @returns whether it succeeded */
  probe(): Promise<boolean>;
  /** Counts from 0 again. */
  resetCounts(): void;
  /** Ends calls under way with FAILED, and all probes; later calls are skipped. Idempotent. */
  close(): void;
}

/** What a guard needs of its tier and of the cache. Durations are ms. */
export interface GuardOptions extends Partial<BreakerOptions> {
  /** Longest wait of a caller. Default: 100. */
  readonly deadline?: number | undefined;
  /** Calls without an answer at most, those whose callers have gone on included. Default: 10_000. */
  readonly maxInFlight?: number | undefined;
  /** What a call waits for, within its deadline, while the tier connects for the first time. Never rejects. */
  readonly connecting?: (() => Promise<void> | undefined) | undefined;
  readonly faultOf: (error: unknown) => RemoteFault;
  readonly ping: () => Promise<void>;
  readonly probeWrite: () => Promise<void>;
  /** Connects anew; called after three probes in a row without an answer. */
  readonly reset: () => void;
  readonly mono: () => number;
  readonly now: () => number;
  /** A breaker opened, probes or closed. */
  readonly onChange: () => void;
}
