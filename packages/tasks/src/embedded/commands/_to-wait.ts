// Many jobs of one state go to the end of the wait list at once, past their priorities, as BullMQ does it.
import { announce } from './_intake.ts';
import type { CommandContext } from '../engine/command.ts';
import type { Job } from '../engine/job.ts';

/** @param jobs  in no collection any more
 *  @param prev  where they have been */
export function toWait(
  { store, queue, now }: CommandContext,
  jobs: readonly Job[],
  prev: string,
): void {
  for (const { id: jobId } of jobs) queue.events.append({ event: 'waiting', jobId, prev }, now);
  for (const job of jobs) {
    job.state = 'wait';
    queue.wait.pushBack(job);
    announce(store, queue);
  }
}
