// How long answers took, by kind: the last few hundred of each, for medians that follow the load.
// Invariant: memory is fixed; counts are of all answers ever, percentiles of the recent ones.

/** hit: from the cache. miss: a cached route that had to compute. uncached: /uncached/api. */
export type AnswerKind = 'hit' | 'miss' | 'uncached';

/** Recent latencies of one kind; null while there are none. */
export interface LatencySummary {
  /** All answers since the start. */
  count: number;
  p50Ms: number | null;
  p99Ms: number | null;
}

const WINDOW = 512;

/** Remembers durations of answers in ms. */
export class LatencyLog {
  readonly #rings: Record<AnswerKind, { values: Float64Array; count: number }> = {
    hit: { values: new Float64Array(WINDOW), count: 0 },
    miss: { values: new Float64Array(WINDOW), count: 0 },
    uncached: { values: new Float64Array(WINDOW), count: 0 },
  };

  /** @param ms  from the arrival of the request to the end of its answer */
  add(kind: AnswerKind, ms: number): void {
    const ring = this.#rings[kind];
    ring.values[ring.count++ % WINDOW] = ms;
  }

  summary(kind: AnswerKind): LatencySummary {
    const { values, count } = this.#rings[kind];
    const recent = values.slice(0, Math.min(count, WINDOW)).sort();
    return { count, p50Ms: percentile(recent, 0.5), p99Ms: percentile(recent, 0.99) };
  }
}

/** Nearest-rank percentile. */
function percentile(sorted: Float64Array, share: number): number | null {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}
