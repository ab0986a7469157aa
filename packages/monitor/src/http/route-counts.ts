// The counts of one route and method in this thread.
// Invariant: they only grow; plain arrays of small integers, which are copied fast and take no room before they are used.
import { addable } from '../snapshot/merge.ts';
import type { DurationCounts } from '../snapshot/snapshot.ts';
import { bucketOf } from './buckets.ts';

/** Names of answers by the first digit of their status; 0: there was none. */
const STATUSES: readonly string[] = ['aborted', '1xx', '2xx', '3xx', '4xx', '5xx'];

/** What is told of a route. */
export interface RouteReading {
  readonly method: string;
  readonly route: string;
  readonly requests: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly durations: DurationCounts;
}

/** Counts of a route. */
export class RouteCounts {
  readonly method: string;
  readonly route: string;
  readonly #statuses = [0, 0, 0, 0, 0, 0];
  readonly #buckets: number[] = [];
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;
  /** What was read last, while it is still so: of many routes few are asked for between two readings. */
  #last: RouteReading | undefined;

  constructor(method: string, route: string) {
    this.method = method;
    this.route = route;
  }

  /** Counts an answer. HOT: benchmarks/monitor
   * @param status  0: there was none */
  end(status: number): void {
    this.#last = undefined;
    const digit = (status / 100) | 0;
    this.#statuses[digit < 0 || digit > 5 ? 5 : digit]!++;
  }

  /** Counts how long one took. HOT */
  time(ms: number): void {
    this.#last = undefined;
    const at = bucketOf(ms);
    while (this.#buckets.length <= at) this.#buckets.push(0);
    this.#buckets[at]!++;
    this.#count++;
    this.#sumMs += ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** What has been counted; nothing changes it. */
  read(): RouteReading {
    return (this.#last ??= this.#copy());
  }

  #copy(): RouteReading {
    const statuses: Record<string, number> = {};
    let requests = 0;
    for (let at = 0; at < STATUSES.length; at++) {
      const count = this.#statuses[at]!;
      requests += count;
      if (count > 0) statuses[STATUSES[at]!] = count;
    }
    const durations = {
      count: this.#count,
      sumMs: addable(this.#sumMs),
      maxMs: this.#maxMs,
      buckets: this.#buckets.slice(),
    };
    return { method: this.method, route: this.route, requests, statuses, durations };
  }
}
