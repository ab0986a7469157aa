// One word for the health of tasks, from what store and runner say of themselves. Asks nobody, so that a probe may call it.
import type { StoreStats, TasksHealth } from './types.ts';

/** What health is made of. */
export interface HealthSources {
  readonly store: StoreStats | undefined;
  /** Of the runner, where it runs here. */
  readonly runner: TasksHealth | undefined;
  /** Why the backend cannot be reached, as far as it is known. */
  readonly backendFault?: string | undefined;
}

/** Puts the parts together; the worst word wins. */
export function healthOf({ store, runner, backendFault }: HealthSources): TasksHealth {
  const reasons = [...(runner?.reasons ?? [])];
  let state = runner?.state ?? 'ok';
  if (backendFault !== undefined) {
    reasons.push(backendFault);
    if (state === 'ok') state = 'degraded';
  }
  if (store?.state === 'full') {
    reasons.push('the disk is full: nothing is taken until a write succeeds');
    if (state === 'ok') state = 'degraded';
  }
  if (store?.state === 'failed') {
    reasons.push('the log can no longer be trusted: nothing is taken until a restart');
    state = 'failed';
  }
  return { state, reasons };
}
