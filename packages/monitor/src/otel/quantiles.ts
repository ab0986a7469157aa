// How long requests took since the collection before, all routes together: what the counters of a histogram do not tell.
import { quantile } from '../http/buckets.ts';
import type { Family } from '../metrics/family.ts';

const SHARES = [0.5, 0.95, 0.99];

/** Quantiles of the time between two calls. */
export class Quantiles {
  #before: readonly number[] = [];

  /** @param buckets  counts since the start; [] for the family alone */
  family(buckets: readonly number[]): Family {
    const since = buckets.map((count, at) => count - (this.#before[at] ?? 0));
    this.#before = buckets;
    return {
      name: 'catzilla_http_request_duration_quantile_seconds',
      help: 'Duration of requests since the collection before, all routes together',
      type: 'gauge',
      samples: SHARES.flatMap((share) => {
        const ms = quantile(since, share);
        return ms === null ? [] : [{ labels: { quantile: String(share) }, value: ms / 1000 }];
      }),
    };
  }
}
