// How long a job waits for its next attempt.
// Invariant: a wait is never longer than `maxDelay`: BullMQ's own exponential backoff knows no bound.
import type { StoredBackoff } from '../define/stored.ts';

/** @param failed  attempts that failed so far, from 1
 * @param random  from 0 to below 1
 * @returns ms, a whole number */
export function retryDelay(
  { kind, delay, maxDelay, jitter }: StoredBackoff,
  failed: number,
  random: number,
): number {
  // Beyond 2^1023 this is Infinity, which the bound cuts as well.
  const full = Math.min(maxDelay, kind === 'fixed' ? delay : delay * 2 ** (failed - 1));
  return Math.round(full * (1 - jitter) + full * jitter * random);
}
