// What is lost when a process ends whose jobs are in its memory alone: how many, and of which tasks.
import type { QueueReader } from './types.ts';

/** Jobs that are not finished. */
export interface LostJobs {
  readonly total: number;
  /** By name of the task; of the first 10,000 in each queue. */
  readonly byName: Readonly<Record<string, number>>;
}

/** As much of BullMQ's Queue as is asked here. */
export interface LostReader {
  getJobCounts: QueueReader['getJobCounts'];
  getJobs(
    types: (typeof UNFINISHED)[number][],
    start: number,
    end: number,
  ): Promise<readonly ({ readonly name: string } | undefined)[]>;
}

const UNFINISHED = ['active', 'delayed', 'prioritized', 'waiting', 'waiting-children'] as const;
const LOOKED_AT = 10_000;

/** Counts what has not been done. */
export async function lostJobs(queues: readonly LostReader[]): Promise<LostJobs> {
  const byName: Record<string, number> = {};
  let total = 0;
  for (const queue of queues) {
    const counts = await queue.getJobCounts();
    const here = UNFINISHED.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
    if (here === 0) continue;
    total += here;
    for (const job of await queue.getJobs([...UNFINISHED], 0, LOOKED_AT - 1)) {
      if (job !== undefined) byName[job.name] = (byName[job.name] ?? 0) + 1;
    }
  }
  return { total, byName };
}
