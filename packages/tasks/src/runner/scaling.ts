// How many jobs of a queue run at once: between min and max, by what the queue and the process have to bear.
// Invariant: the result stays within the range. Going up is quick, for a backlog grows; going down for want of work is slow.
import type { ConcurrencyRange } from '../define/types.ts';

/** What is known of a queue when its concurrency is looked at. */
export interface Load {
  /** Attempts that run. */
  readonly running: number;
  /** Whether jobs wait that could run. */
  readonly hasBacklog: boolean;
  /** ms since an attempt ran. */
  readonly idle: number;
  /** p99 of the event loop's delay, in ms. */
  readonly loopDelay: number;
  readonly isUnderPressure: boolean;
}

/** Of its slots, from which on a queue counts as busy. */
const BUSY = 0.9;
/** ms of delay above which the process does too much at once. */
const LOOP_DELAY = 50;
/** ms. */
const IDLE = 10_000;

/** @param now  concurrency at present */
export function nextConcurrency(now: number, { min, max }: ConcurrencyRange, load: Load): number {
  if (load.isUnderPressure || load.loopDelay > LOOP_DELAY) {
    return Math.max(min, Math.floor(now / 2));
  }
  if (load.hasBacklog && isBusy(now, load.running)) return Math.min(max, Math.ceil(now * 1.5));
  if (load.idle >= IDLE) return Math.max(min, Math.min(now - 1, Math.floor(now * 0.75)));
  return now;
}

/** Whether it is worth asking for the backlog. */
export function isBusy(now: number, running: number): boolean {
  return running >= now * BUSY;
}
