// The lock by which a worker holds the job that it runs.
import { CODES } from './_failure.ts';
import type { Job } from '../engine/job.ts';

/** Gives a lock back.
 * @param token  '0' stands for callers that took none, and asks for none
 * @returns 0, or BullMQ's code of what is wrong; then nothing changed */
export function releaseLock(job: Job, token: string): number {
  if (token === '0') return 0;
  if (job.lock === undefined) return CODES.jobLockNotExist;
  if (job.lock.token !== token) return CODES.jobLockMismatch;
  job.lock = undefined;
  return 0;
}
