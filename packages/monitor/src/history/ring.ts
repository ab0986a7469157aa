// The last points, as numbers in one piece of memory: 2,340 points as objects would be several times as large.
// Invariant: what was pushed comes out equal; memory is taken once, at the first push, and never grows.
import { TIERS } from './point.ts';
import type { Point } from './point.ts';

const FIGURES = [
  'at',
  'requests',
  'errors',
  'hitRatio',
  'rssBytes',
  'heapUsedBytes',
  'cacheUsedBytes',
  'cacheMaxBytes',
  'usedSegments',
  'maxSegments',
  'entries',
  'evictions',
  'expirations',
  'loopP99Ms',
  'utilization',
  'cpu',
  'tasksWaiting',
  'tasksCompleted',
  'tasksFailed',
  'connections',
  'delivered',
] as const;
const QUANTILES = ['p50', 'p95', 'p99'] as const;
const WIDTH: number = FIGURES.length + QUANTILES.length + 2 * TIERS.length;

/** A ring of points. */
export class PointRing {
  readonly #size: number;
  #numbers: Float64Array | undefined;
  #next = 0;
  #count = 0;

  /** @param size  how many points it keeps */
  constructor(size: number) {
    this.#size = size;
  }

  /** Memory it has taken. */
  get bytes(): number {
    return this.#numbers?.byteLength ?? 0;
  }

  /** Keeps a point, in the place of the oldest when there is no room. */
  push(point: Point): void {
    this.#numbers ??= new Float64Array(this.#size * WIDTH);
    this.#numbers.set(numbersOf(point), this.#next * WIDTH);
    this.#next = (this.#next + 1) % this.#size;
    this.#count = Math.min(this.#count + 1, this.#size);
  }

  /** All points, oldest first. */
  points(): Point[] {
    const numbers = this.#numbers;
    if (numbers === undefined) return [];
    const first = (this.#next - this.#count + this.#size) % this.#size;
    return Array.from({ length: this.#count }, (_, i) => {
      const start = ((first + i) % this.#size) * WIDTH;
      return pointFrom(numbers.subarray(start, start + WIDTH));
    });
  }
}

// NaN stands for null.
function numbersOf({ latency, tierRatio, tierP99, ...figures }: Point): number[] {
  return [
    ...FIGURES.map((name) => figures[name] ?? NaN),
    ...QUANTILES.map((name) => latency[name] ?? NaN),
    ...TIERS.map((name) => tierRatio[name] ?? NaN),
    ...TIERS.map((name) => tierP99[name] ?? NaN),
  ];
}

function pointFrom(numbers: Float64Array): Point {
  let i = 0;
  const read = <K extends string>(names: readonly K[]): Record<K, number | null> => {
    const entries = names.map((name) => [name, orNull(numbers[i++]!)] as const);
    return Object.fromEntries(entries) as Record<K, number | null>;
  };
  // Figures that are never null were written as they were.
  const figures = read(FIGURES) as Omit<Point, 'latency' | 'tierRatio' | 'tierP99'>;
  return {
    ...figures,
    latency: read(QUANTILES),
    tierRatio: read(TIERS),
    tierP99: read(TIERS),
  };
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
