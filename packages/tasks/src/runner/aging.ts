// Moves jobs up that waited long, so that a steady stream of urgent ones does not keep the others waiting for ever.
// Invariant: no job gets a priority above the ceiling, nor a worse one than it has; one sweep moves a bounded number.
// The jobs of one priority wait in order of age, so that a sweep looks at the first few of each and stops at the first young one.
import type { Job, Queue } from 'bullmq';
import { priorities } from '../define/priority.ts';
import type { AgingOptions } from './types.ts';

/** Jobs that one sweep moves, at most. */
export const MOVES = 200;
const CHUNK = 25;

/** The classes, best first. */
const ladder: readonly number[] = Object.values(priorities).sort((a, b) => a - b);
/** Priorities that are counted one by one; those after them count as one. */
const counted: readonly number[] = Array.from({ length: priorities.low }, (_, at) => at + 1);

/** @returns how many jobs moved up */
export async function sweepAging(queue: Queue, options: AgingOptions): Promise<number> {
  const counts = await queue.getCountsPerPriority([...counted]);
  const now = Date.now();
  let moved = 0;
  // Where in the order of the queue the jobs of a priority begin. Moving some of them up leaves those behind them in place.
  let start = 0;
  for (const priority of [...counted, Infinity]) {
    const count = counts[priority] ?? 0;
    if (priority > options.ceiling && (count > 0 || priority === Infinity)) {
      moved += await moveFrom(queue, start, count || Infinity, now, options, MOVES - moved);
    }
    start += count;
  }
  return moved;
}

/** The priority that a job has come to, after waiting.
 * @param priority  with which it was enqueued
 * @param waited  ms */
export function agedPriority(
  priority: number,
  waited: number,
  { after, ceiling }: AgingOptions,
): number {
  const steps = Math.floor(waited / after);
  if (steps < 1) return priority;
  const better = ladder.filter((each) => each < priority && each >= ceiling).reverse();
  return better[Math.min(steps, better.length) - 1] ?? priority;
}

async function moveFrom(
  queue: Queue,
  start: number,
  count: number,
  now: number,
  options: AgingOptions,
  most: number,
): Promise<number> {
  const end = start + Math.min(count, most);
  let moved = 0;
  for (let at = start; at < end; at += CHUNK) {
    const jobs = await queue.getPrioritized(at, Math.min(at + CHUNK, end) - 1);
    for (const job of jobs) {
      // Removed while it was read.
      if (job === undefined) continue;
      const aged = agedPriority(
        job.opts.priority ?? job.priority,
        now - waitingSince(job),
        options,
      );
      if (aged >= job.priority) return moved;
      await job.changePriority({ priority: aged });
      moved += 1;
    }
    if (jobs.length === 0) break;
  }
  return moved;
}

// A job that failed before waits since its last start, for want of something better.
function waitingSince(job: Job): number {
  return Math.max(job.timestamp + (job.opts.delay ?? 0), job.processedOn ?? 0);
}
