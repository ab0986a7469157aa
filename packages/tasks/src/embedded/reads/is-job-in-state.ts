// Whether a job is where one thinks it is. `waiting` is a name of `wait`; `paused` holds nothing any more.
import type { Place } from '../engine/job.ts';
import type { QueueState } from '../engine/queue.ts';

const PLACES: ReadonlyMap<string, Place | undefined> = new Map([
  ['waiting', 'wait'],
  ['wait', 'wait'],
  // BullMQ 6 leaves the jobs of a paused queue where they are.
  ['paused', undefined],
  ['active', 'active'],
  ['prioritized', 'prioritized'],
  ['completed', 'completed'],
  ['failed', 'failed'],
  ['delayed', 'delayed'],
  ['waiting-children', 'waiting-children'],
]);

/** Whether a job is in a state.
 * @throws Error when there is no such state */
export function isJobInState(queue: QueueState, state: string, jobId: string): boolean {
  if (!PLACES.has(state)) throw new Error(`Unknown job state: ${state}`);
  const job = queue.jobs.get(jobId);
  return job !== undefined && job.state === PLACES.get(state);
}
