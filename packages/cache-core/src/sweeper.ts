// Looks for expired values now and then. Every handle has a timer; which isolate's turn it is, the
// engine decides. The timer keeps neither the process nor a forgotten cache alive.
import { clearInterval, setInterval } from 'node:timers';
import type { Settings } from './options.ts';

/** What can be swept. */
export interface Sweepable {
  sweep(interval: number, budget: number): void;
}

/** Starts the timer of a cache.
 * @returns stops it */
export function startSweeping(
  cache: Sweepable,
  { sweepInterval, sweepBudget }: Pick<Settings, 'sweepInterval' | 'sweepBudget'>,
): () => void {
  if (sweepInterval === false) return () => {};
  const reference = new WeakRef(cache);
  const timer = setInterval(() => {
    const target = reference.deref();
    if (target === undefined) clearInterval(timer);
    else target.sweep(sweepInterval, sweepBudget);
  }, sweepInterval);
  timer.unref();
  return () => clearInterval(timer);
}
