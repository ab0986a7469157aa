// What _collect-metrics.ts counted, in the shape in which BullMQ takes it from Redis: texts, none before the first job.
import type { QueueState } from '../engine/queue.ts';
import { listRange } from './_list-range.ts';

/** How many jobs finished, by the minute.
 * @param start  of the first point, 0 is the newest
 * @param end  of the last, -1 for all
 * @returns as BullMQ reads it: count, epoch ms and count of the last point; the points; how many there are. Texts. */
export function getMetrics(
  queue: QueueState,
  type: 'completed' | 'failed',
  start = 0,
  end = -1,
): [string[], string[], number] {
  const metrics = queue.metrics[type];
  const { points } = metrics;
  const counted = metrics.previousAt >= 0;
  return [
    counted
      ? [String(metrics.count), String(metrics.previousAt), String(metrics.previousCount)]
      : [],
    listRange(points, start, end).map(String),
    points.length,
  ];
}
