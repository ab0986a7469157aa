// What a tiered cache tells of its state. 'down' only when memory itself is unusable: without Redis it is 'degraded',
// still serves, and readiness should stay true.
import type { BusHealth } from '@catzilla/bus';
import type { BreakerState } from './faults/guard.ts';
import type { Latency } from './stats.ts';

/** State of one tier. */
export interface TierHealth {
  /** 'off': not configured. */
  readonly state: string;
  readonly backend: string;
  readonly breaker: BreakerState | undefined;
  readonly latency: Latency | undefined;
  readonly lastError: string | undefined;
  /** Of the last change of state; ms since the epoch. */
  readonly since: number | undefined;
}

/** State of a tiered cache. */
export interface Health {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly name: string;
  readonly memory: TierHealth;
  readonly remote: TierHealth;
  readonly disk: TierHealth & { readonly bytes: number; readonly maxBytes: number };
  readonly bus: (BusHealth & { readonly gaps: number }) | undefined;
  /** Writes waiting for a tier, and those to be repeated once it is back. */
  readonly queues: { readonly writeBehind: number; readonly recovery: number };
  /** 'lz4', 'none', or the name of one of your own. */
  readonly compression: string;
  readonly codec: string;
}
