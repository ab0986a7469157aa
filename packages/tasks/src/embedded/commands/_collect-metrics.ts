// BullMQ's metrics of one kind: how many jobs finished, by the minute.
// Invariant: at most `maxDataPoints` points, newest first; a minute counts once the first job of a later one finishes.
import type { Metrics } from '../engine/queue.ts';

const MINUTE = 60_000;

/** Counts one job.
 * @param maxDataPoints  how many minutes are kept, at least 1
 * @param now  epoch ms at which it finished */
export function collectMetrics(metrics: Metrics, maxDataPoints: number, now: number): void {
  const before = metrics.count;
  metrics.count++;
  if (metrics.previousAt < 0) {
    metrics.previousAt = now;
    metrics.previousCount = 0;
    return;
  }
  const minutes = Math.min(
    Math.floor(now / MINUTE) - Math.floor(metrics.previousAt / MINUTE),
    maxDataPoints,
  );
  if (minutes <= 0) return;
  // The minute that ended goes in first, then one zero for each minute in which nothing finished.
  const ended = before - metrics.previousCount;
  metrics.points.unshift(...Array.from({ length: minutes - 1 }, () => 0), ended);
  if (metrics.points.length > maxDataPoints) metrics.points.length = maxDataPoints;
  metrics.previousCount = before;
  metrics.previousAt = now;
}
