// The log of a job, cut to its newest rows.
import type { Job } from '../engine/job.ts';
import type { StoreState } from '../engine/store-state.ts';

/** @param keep  how many rows stay */
export function trimLogs(store: StoreState, job: Job, keep: number): void {
  const { rare } = job;
  if (rare?.logs === undefined) return;
  let gone = 0;
  for (const row of rare.logs.splice(0, Math.max(0, rare.logs.length - keep))) gone += row.length;
  rare.logBytes = (rare.logBytes ?? 0) - gone;
  store.bytes -= gone;
}
