// Whether a job is over, by BullMQ's numbers: 0 no, 1 completed, 2 failed, -1 there is none of that id.
import type { QueueState } from '../engine/queue.ts';

/** @param withResult  also what it returned (JSON), or why it failed
 *  @returns the number, or with `withResult` the number and a text */
export function isFinished(
  queue: QueueState,
  jobId: string,
  withResult = false,
): number | [number, string] {
  const job = queue.jobs.get(jobId);
  if (job === undefined) {
    return withResult ? [-1, `Missing key for job ${queue.key}:${jobId}. isFinished`] : -1;
  }
  if (job.state === 'completed') return withResult ? [1, job.returnValue ?? 'null'] : 1;
  if (job.state === 'failed') return withResult ? [2, job.failedReason ?? ''] : 2;
  // BullMQ's type asks for a text where Redis answers the number alone.
  return withResult ? ([0] as unknown as [number, string]) : 0;
}
