// Empties a paused queue, and forgets that it was: jobs, schedules, settings, events, counts.
// Invariant: in steps of `count` jobs, so that no step holds up the process for long; the last one answers 0 and leaves nothing.
import { DEFAULT_MAX_EVENTS } from '../collections/event-ring.ts';
import type { Command } from '../engine/command.ts';
import type { Job } from '../engine/job.ts';
import type { Metrics, QueueState } from '../engine/queue.ts';
import { isPaused } from './_intake.ts';
import { removeAll } from './_remove-all.ts';

/** @param count  how many jobs and schedules go at most
 *  @param force  also jobs that are active
 *  @returns 0 when nothing is left, 1 when it has to be called again
 *  @throws Error when the queue is not paused, or has active jobs and `force` is false */
export const obliterate: Command<[count: number, force: boolean], number> = {
  acknowledgement: 'durable',
  run(context, count, force) {
    const { queue } = context;
    if (!isPaused(queue)) throw new Error('Cannot obliterate non-paused queue');
    if (queue.active.size > 0 && !force) {
      throw new Error('Cannot obliterate queue with active jobs');
    }
    let left = count;
    for (const take of STAGES) {
      const jobs = take(queue, left);
      removeAll(context, jobs);
      left -= jobs.length;
      if (left <= 0) return 1;
    }
    left -= removeSchedulers(queue, left);
    if (left <= 0) return 1;
    forget(queue);
    return 0;
  },
};

/** Jobs of one state, at most `count`, in BullMQ's order: parents in other queues go on as their last children go. */
type Stage = (queue: QueueState, count: number) => Job[];

const STAGES: readonly Stage[] = [
  ({ active }, count) => [...active.values()].slice(-count).reverse(),
  ({ delayed }, count) => delayed.slice(0, count),
  ({ completed }, count) => completed.slice(0, count),
  ({ wait }, count) => wait.slice(Math.max(0, wait.size - count), wait.size).reverse(),
  ({ prioritized }, count) => prioritized.slice(0, count),
  ({ failed }, count) => failed.slice(0, count),
  // BullMQ leaves parents behind whose children are in other queues.
  ({ waitingChildren }, count) => [...waitingChildren.values()].slice(0, count),
];

function removeSchedulers({ schedulers }: QueueState, count: number): number {
  let gone = 0;
  for (const id of schedulers.keys()) {
    if (gone >= count) break;
    schedulers.delete(id);
    gone++;
  }
  return gone;
}

function forget(queue: QueueState): void {
  queue.meta.clear();
  queue.deduplication.clear();
  queue.deduplicationNext.clear();
  queue.lastId = 0;
  reset(queue.metrics.completed);
  reset(queue.metrics.failed);
  queue.events.clear();
  queue.events.maxLength = DEFAULT_MAX_EVENTS;
}

function reset(metrics: Metrics): void {
  metrics.count = 0;
  metrics.previousCount = 0;
  metrics.previousAt = -1;
  metrics.points = [];
}
