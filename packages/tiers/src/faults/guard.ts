// What stands between the cache and a tier that may be slow, gone or wrong: every call through it ends within its
// deadline, a tier that keeps failing is not asked, and the caller gets a value or FAILED, never a rejection.
// How it decides is breaker.ts; how it finds out that the tier is back, probe.ts.
import type { Latency, TierFaults } from '../stats.ts';

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
  write<T>(operation: () => Promise<T>, budget?: number): Promise<T | Failed>;
  readonly breaker: BreakerState;
  readonly latency: Latency;
  readonly faults: TierFaults;
  /** The last failure's message, without secrets. */
  readonly lastError: string | undefined;
  /** ms since the epoch, of the last change of state. */
  readonly since: number;
  /** One round trip now, whatever the breaker says. Never rejects. @returns whether it succeeded */
  probe(): Promise<boolean>;
  close(): void;
}
