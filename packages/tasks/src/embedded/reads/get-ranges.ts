// Pages of the ids of jobs, state by state, in BullMQ's orders, which are those of the lists and sorted sets of Redis.
// In a list (waiting, active) the newest comes first; in a sorted set, ascending, what is served or finished first.
// An ascending page of a list is cut from its end and given newest first all the same: BullMQ turns it round itself.
import type { JobType } from 'bullmq';
import type { Job } from '../engine/job.ts';
import type { QueueState } from '../engine/queue.ts';
import { boundsOf } from './_list-range.ts';

/** Ids per state.
 * @param start  of the first, 0-based, in the given direction
 * @param end  of the last, -1 for all
 * @param asc  oldest first; otherwise newest first */
export function getRanges(
  queue: QueueState,
  types: readonly JobType[],
  start = 0,
  end = 1,
  asc = false,
): [string][] {
  // BullMQ's type says that each state has one job.
  return types.map((type) => rangeOf(queue, type, start, end, asc)) as [string][];
}

/** Jobs that can be cut by position; 0 is the one that is served first, or finished first. */
interface Line {
  readonly size: number;
  slice(start: number, end: number): Job[];
}

function rangeOf(
  queue: QueueState,
  type: JobType,
  start: number,
  end: number,
  asc: boolean,
): string[] {
  switch (type) {
    case 'wait':
    case 'waiting':
      return ofList(queue.wait, start, end, asc);
    case 'active':
      return ofList(lineOf([...queue.active.values()]), start, end, asc);
    case 'prioritized':
      return ofSet(queue.prioritized, start, end, asc);
    case 'completed':
      return ofSet(queue.completed, start, end, asc);
    case 'failed':
      return ofSet(queue.failed, start, end, asc);
    case 'delayed':
      return ofSet(queue.delayed, start, end, asc);
    case 'waiting-children':
      return ofSet(lineOf([...queue.waitingChildren.values()]), start, end, asc);
    default:
      return [];
  }
}

function lineOf(jobs: readonly Job[]): Line {
  return { size: jobs.length, slice: (start, end) => jobs.slice(start, end) };
}

/** Its position 0 is the last one that came, which is the far end of the line. */
function ofList(line: Line, start: number, end: number, asc: boolean): string[] {
  const { from, to } = asc
    ? boundsOf(line.size, -(end + 1), -(start + 1))
    : boundsOf(line.size, start, end);
  return idsOf(line.slice(line.size - to, line.size - from)).reverse();
}

function ofSet(line: Line, start: number, end: number, asc: boolean): string[] {
  const { from, to } = boundsOf(line.size, start, end);
  return asc
    ? idsOf(line.slice(from, to))
    : idsOf(line.slice(line.size - to, line.size - from)).reverse();
}

function idsOf(jobs: readonly Job[]): string[] {
  return jobs.map(({ id }) => id);
}
