// An attempt ends without ending the job: it leaves the active ones, and the caller puts it where it waits.
import { CODES, failure } from './_failure.ts';
import { sizeOf } from '../engine/size.ts';
import { setAttemptFields } from './_finish.ts';
import { releaseLock } from './_lock.ts';
import type { CommandContext } from '../engine/command.ts';
import type { Job } from '../engine/job.ts';
import type { AttemptFields } from './_finish.ts';

/** @param command  the member of the contract, for the message
 * @returns the job, in no collection
 * @throws Error with BullMQ's code: -1 no job, -2 no lock, -3 not active, -6 another's lock */
export function endAttempt(
  { queue, store }: CommandContext,
  jobId: string,
  token: string,
  command: string,
  fields?: AttemptFields,
): Job {
  const site = { command, jobId, state: 'active' };
  const job = queue.jobs.get(jobId);
  if (job === undefined) throw failure(CODES.jobNotExist, site);
  const code = releaseLock(job, token);
  if (code < 0) throw failure(code, site);
  const before = sizeOf(job);
  setAttemptFields(job, fields);
  store.bytes += sizeOf(job) - before;
  if (!queue.active.delete(jobId)) throw failure(CODES.jobNotInState, site);
  return job;
}
