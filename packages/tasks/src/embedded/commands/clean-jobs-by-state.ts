// Removes old jobs of one state. What is old counts from the end of a job, else from its last start, else from when it was added.
// Invariant: neither a job that a worker holds nor the next run of a schedule goes.
import type { CommandContext, Command } from '../engine/command.ts';
import type { Job } from '../engine/job.ts';
import type { QueueState } from '../engine/queue.ts';
import { removeJob } from './_remove-job.ts';
import { isNextOfScheduler } from './_scheduled-job.ts';

/** @param state      'wait', 'active', 'delayed', 'prioritized', 'completed', 'failed' or 'waiting-children'
 *  @param timestamp  epoch ms: younger jobs stay
 *  @param limit      how many at most, 0 for all; only so many are looked at
 *  @returns the ids that went */
export const cleanJobsByState: Command<
  [state: string, timestamp: number, limit: number],
  string[]
> = {
  acknowledgement: 'durable',
  run(context, state, timestamp, limit) {
    const removed: string[] = [];
    for (const job of candidates(context.queue, state, timestamp, limit)) {
      if (!mayGo(context, job, timestamp)) continue;
      removeJob(context, job, { hard: true, freeDeduplication: true });
      removed.push(job.id);
    }
    context.queue.events.append({ event: 'cleaned', count: removed.length }, context.now);
    return removed;
  },
};

function mayGo({ queue }: CommandContext, job: Job, timestamp: number): boolean {
  // It may have gone with one of its children.
  if (queue.jobs.get(job.id) !== job) return false;
  switch (job.state) {
    case 'completed':
    case 'failed':
      return true;
    case 'active':
      if (job.lock !== undefined) return false;
      break;
    default:
  }
  return !isNextOfScheduler(queue, job) && ageOf(job) <= timestamp;
}

function ageOf(job: Job): number {
  if (job.state === 'prioritized') return job.timestamp;
  // What was retried by hand keeps no end; what was delayed after a run keeps its start.
  return job.finishedOn || job.processedOn || job.timestamp;
}

/** In the order in which they go. */
function candidates(
  queue: QueueState,
  state: string,
  timestamp: number,
  limit: number,
): readonly Job[] {
  const bound = limit > 0 ? limit : Infinity;
  switch (state) {
    case 'wait':
      return [...first(queue.wait, bound)].reverse();
    case 'active':
      return [...first(queue.active.values(), bound)].reverse();
    case 'prioritized':
      return [...first(queue.prioritized, bound)];
    case 'delayed':
      return queue.delayed.slice(0, bound);
    case 'completed':
    case 'failed':
      return [...first(finishedBy(queue[state], timestamp), bound)];
    case 'waiting-children':
      return [...first(queue.waitingChildren.values(), bound)];
    default:
      return [];
  }
}

function* finishedBy(jobs: Iterable<Job>, timestamp: number): Generator<Job, void, undefined> {
  for (const job of jobs) {
    if (job.finishedOn > timestamp) return;
    yield job;
  }
}

function* first(jobs: Iterable<Job>, count: number): Generator<Job, void, undefined> {
  let left = count;
  for (const job of jobs) {
    if (left-- <= 0) return;
    yield job;
  }
}
