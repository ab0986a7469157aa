// How long middleware takes: count, sum and histogram by middleware, its part, and route.
// Invariant: a series is made when there is something to put into it, so that what is not measured costs nothing. Who shows
// them, and how, is left to others: app.middlewareTimings() gives a snapshot.
import type { Chain, PostStep, PreStep } from './chain.ts';

/** Upper bounds of the histogram, in ms; what is longer is counted behind the last. */
const BOUNDS: readonly number[] = Object.freeze([
  0.01, 0.05, 0.1, 0.5, 1, 5, 10, 50, 100, 500, 1000, 5000,
]);

/** With 'sampled', one request in this many of each route is measured. */
const SAMPLE = 128;

/** Which requests are measured. */
export type TimingsMode = 'sampled' | 'off' | 'all';

/** A part of a middleware. */
export type MiddlewarePart = 'pre' | 'post' | 'after';

/** What was measured of one part of a middleware on one route. */
export interface MiddlewareSeries {
  readonly middleware: string;
  readonly part: MiddlewarePart;
  readonly method: string;
  /** Pattern of the route, never a URL; '404' for requests that have none. */
  readonly route: string;
  readonly count: number;
  readonly sumMs: number;
  /** How many took at most the bound of `boundsMs`, and longer than the one before; last, how many took longer than all. */
  readonly buckets: readonly number[];
}

/** A snapshot of what was measured. */
export interface MiddlewareTimings {
  /** One request in this many of each route is measured; 0: none. */
  readonly every: number;
  readonly boundsMs: readonly number[];
  readonly series: readonly MiddlewareSeries[];
}

/** A series in the making. */
export interface Series extends Omit<MiddlewareSeries, 'count' | 'sumMs' | 'buckets'> {
  count: number;
  sumMs: number;
  readonly buckets: number[];
}

/** Series are kept for the life of the application, and dynamic routes may come and go without end. */
const MAX_SERIES = 10_000;

export class Timings {
  readonly #every: number;
  readonly #series = new Map<string, Series>();

  constructor(mode: TimingsMode) {
    this.#every = mode === 'off' ? 0 : mode === 'all' ? 1 : SAMPLE;
  }

  /** Whether a request that begins now is measured. HOT */
  isDue(chain: Chain): boolean {
    if (this.#every === 0 || ++chain.tick < this.#every) return false;
    chain.tick = 0;
    return true;
  }

  /** Takes one duration in. */
  add(chain: Chain, step: PreStep | PostStep, part: MiddlewarePart, ms: number): void {
    const series = (step.series ??= this.#open(chain, step.middleware.name, part));
    if (series === undefined) return;
    series.count++;
    series.sumMs += ms;
    let at = 0;
    while (at < BOUNDS.length && ms > BOUNDS[at]!) at++;
    series.buckets[at]!++;
  }

  snapshot(): MiddlewareTimings {
    return {
      every: this.#every,
      boundsMs: BOUNDS,
      series: [...this.#series.values()].map((one) => ({ ...one, buckets: [...one.buckets] })),
    };
  }

  // Chains of one route, which constraints and dynamic routes bring, share their series.
  #open({ method, route }: Chain, middleware: string, part: MiddlewarePart): Series | undefined {
    const key = JSON.stringify([middleware, part, method, route]);
    let series = this.#series.get(key);
    if (series === undefined && this.#series.size < MAX_SERIES) {
      const buckets = [...BOUNDS, Infinity].map(() => 0);
      series = { middleware, part, method, route, count: 0, sumMs: 0, buckets };
      this.#series.set(key, series);
    }
    return series;
  }
}
