// Of times in ms, what is told of them.
import { quantile } from '../lib/statistics.mjs';

export function quantilesOf(times) {
  return { p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99), maxMs: Math.max(...times) };
}
