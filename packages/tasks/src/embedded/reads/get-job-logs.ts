// The log of a job, a page at a time.
import type { QueueState } from '../engine/queue.ts';
import { listRange } from './_list-range.ts';

/** A page of the log of a job, and how many rows it has.
 * @param start  of the first row, counted from the oldest, or from the newest when `asc` is false
 * @param end  of the last, -1 for all */
export function getJobLogs(
  queue: QueueState,
  jobId: string,
  start: number,
  end: number,
  asc: boolean,
): { logs: string[]; count: number } {
  const rows = queue.jobs.get(jobId)?.rare?.logs ?? [];
  const logs = asc ? listRange(rows, start, end) : listRange(rows, -(end + 1), -(start + 1));
  if (!asc) logs.reverse();
  return { logs, count: rows.length };
}
