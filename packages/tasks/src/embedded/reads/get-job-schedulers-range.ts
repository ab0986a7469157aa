// The schedules in the order of a sorted set, which has when they are next as its scores.
import type { QueueState } from '../engine/queue.ts';
import { byScore } from './_by-score.ts';
import { listRange } from './_list-range.ts';

/** A page of the schedules, by when they are next.
 * @param start  of the first, 0 is the soonest, or the latest when `asc` is false
 * @param end  of the last, -1 for all
 * @returns id, epoch ms of the next run, id, epoch ms */
export function getJobSchedulersRange(
  queue: QueueState,
  start: number,
  end: number,
  asc: boolean,
): string[] {
  const all = [...queue.schedulers.values()].sort((a, b) =>
    byScore(a.nextMillis, a.id, b.nextMillis, b.id),
  );
  if (!asc) all.reverse();
  return listRange(all, start, end).flatMap(({ id, nextMillis }) => [id, String(nextMillis)]);
}
