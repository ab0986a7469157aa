// A point of the charts: what went on between two snapshots. All rates are per second, so that points of a second and of a
// minute read alike.
// Invariant: a point needs of the earlier snapshot a few sums alone (its basis), never its routes: nothing that grows with the
// application is kept from one point to the next. Time between two snapshots is that of the process, which nobody sets back.
import { quantile } from '../http/buckets.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { bucketsBetween } from './buckets-between.ts';

/** Quantiles of an interval, ms; null: nothing was measured. */
export interface Quantiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** The tiers of a cache, from the fastest. */
export const TIERS = ['memory', 'remote', 'disk'] as const;
export type TierName = (typeof TIERS)[number];

/** Points of the charts. null: not there at that time, or nothing was asked. */
export interface Point {
  /** ms since the epoch: the end of the interval. */
  readonly at: number;
  /** Per second, as all counts here. */
  readonly requests: number;
  /** Answers 5xx. */
  readonly errors: number;
  readonly latency: Quantiles;
  /** Hit ratio in the interval, 0 to 1: of the response cache, and of each tier. */
  readonly hitRatio: number | null;
  readonly tierRatio: Readonly<Record<TierName, number | null>>;
  /** ms; of the slowest cache where there are several. */
  readonly tierP99: Readonly<Record<TierName, number | null>>;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly cacheUsedBytes: number;
  readonly cacheMaxBytes: number;
  /** Of all engines: those in use, and those the bounds allow. null: no engine has segments. */
  readonly usedSegments: number | null;
  readonly maxSegments: number | null;
  readonly entries: number;
  readonly evictions: number;
  readonly expirations: number;
  readonly loopP99Ms: number;
  readonly utilization: number;
  /** CPU of the process, cores. */
  readonly cpu: number;
  readonly tasksWaiting: number | null;
  readonly tasksCompleted: number | null;
  readonly tasksFailed: number | null;
  readonly connections: number | null;
  readonly delivered: number | null;
}

/** What a snapshot leaves behind for the next point. */
export interface Basis {
  /** ms since the process began. */
  readonly uptimeMs: number;
  readonly requests: number;
  readonly errors: number;
  readonly buckets: readonly number[];
  readonly hits: number;
  readonly misses: number;
  readonly tiers: Readonly<Record<TierName, Asked>>;
  readonly evictions: number;
  readonly expirations: number;
  readonly cpuMs: number;
  readonly tasksCompleted: number;
  readonly tasksFailed: number;
  readonly delivered: number;
}

/** When something was, by the clock of the process. */
type Moment = Pick<Basis, 'uptimeMs'>;

interface Asked {
  readonly hits: number;
  readonly misses: number;
}

const NONE: Asked = { hits: 0, misses: 0 };

/** The sums of a snapshot. */
export function basisOf({ http, cache, engines, tiers, tasks, ...rest }: Snapshot): Basis {
  const byTier = (name: TierName): Asked => {
    const of = tiers.filter(({ tier }) => tier === name);
    return { hits: sum(of, ({ hits }) => hits), misses: sum(of, ({ misses }) => misses) };
  };
  return {
    uptimeMs: rest.process.uptimeMs,
    requests: http.requests,
    errors: http.statuses['5xx'] ?? 0,
    buckets: http.durations.buckets,
    hits: cache?.hits ?? 0,
    misses: cache?.misses ?? 0,
    tiers: { memory: byTier('memory'), remote: byTier('remote'), disk: byTier('disk') },
    evictions: sum(engines, ({ evictions }) => evictions),
    expirations: sum(engines, ({ expirations }) => expirations),
    cpuMs: rest.process.cpuMs,
    tasksCompleted: sum(tasks?.tasks ?? [], ({ completed }) => completed),
    tasksFailed: sum(tasks?.tasks ?? [], ({ failed }) => failed),
    delivered: rest.realtime?.delivered ?? 0,
  };
}

/** The basis of the first point: counts were 0 when the process began. */
export const FIRST: Basis = Object.freeze({
  uptimeMs: 0,
  requests: 0,
  errors: 0,
  buckets: [],
  hits: 0,
  misses: 0,
  tiers: { memory: NONE, remote: NONE, disk: NONE },
  evictions: 0,
  expirations: 0,
  cpuMs: 0,
  tasksCompleted: 0,
  tasksFailed: 0,
  delivered: 0,
});

/** What went on between a basis and a snapshot. */
export function pointOf(before: Basis, snapshot: Snapshot): Point {
  const now = basisOf(snapshot);
  const { engines, tiers, tasks, realtime, loop } = snapshot;
  const maxSegments = sum(engines, ({ segments }) => segments);
  const seconds = secondsBetween(before, now);
  const rate = (from: number, to: number): number => short(grown(from, to) / seconds);
  const ratioOf = (name: TierName): number | null => ratio(before.tiers[name], now.tiers[name]);
  const p99Of = (name: TierName): number | null => {
    const known = tiers.flatMap(({ tier, p99Ms }) => (tier === name ? (p99Ms ?? []) : []));
    return known.length === 0 ? null : short(Math.max(...known));
  };
  return {
    at: snapshot.at,
    requests: rate(before.requests, now.requests),
    errors: rate(before.errors, now.errors),
    latency: quantilesBetween(before.buckets, now.buckets),
    hitRatio: snapshot.cache === undefined ? null : ratio(before, now),
    tierRatio: { memory: ratioOf('memory'), remote: ratioOf('remote'), disk: ratioOf('disk') },
    tierP99: { memory: p99Of('memory'), remote: p99Of('remote'), disk: p99Of('disk') },
    rssBytes: snapshot.process.rssBytes,
    heapUsedBytes: loop.heapUsedBytes,
    cacheUsedBytes: sum(engines, ({ bytes }) => bytes.used),
    cacheMaxBytes: sum(engines, ({ bytes }) => bytes.max),
    usedSegments: maxSegments === 0 ? null : sum(engines, ({ usedSegments }) => usedSegments),
    maxSegments: maxSegments === 0 ? null : maxSegments,
    entries: sum(engines, ({ entries }) => entries),
    evictions: rate(before.evictions, now.evictions),
    expirations: rate(before.expirations, now.expirations),
    loopP99Ms: short(loop.delay.p99Ms),
    utilization: short(loop.utilization),
    cpu: short(grown(before.cpuMs, now.cpuMs) / seconds / 1000),
    tasksWaiting: tasks === undefined ? null : sum(tasks.queues, ({ waiting }) => waiting),
    tasksCompleted: tasks === undefined ? null : rate(before.tasksCompleted, now.tasksCompleted),
    tasksFailed: tasks === undefined ? null : rate(before.tasksFailed, now.tasksFailed),
    connections:
      realtime === undefined ? null : realtime.connections.websocket + realtime.connections.sse,
    delivered: realtime === undefined ? null : rate(before.delivered, now.delivered),
  };
}

/** Quantiles of what was measured between two counts of durations. */
export function quantilesBetween(before: readonly number[], now: readonly number[]): Quantiles {
  const buckets = bucketsBetween(before, now);
  const at = (q: number): number | null => {
    const ms = quantile(buckets, q);
    return ms === null ? null : short(ms);
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** Share of hits in what was asked between two counts, 0 to 1; null: nothing was. */
export function ratio(before: Asked, now: Asked): number | null {
  const hits = grown(before.hits, now.hits);
  const asked = hits + grown(before.misses, now.misses);
  return asked === 0 ? null : short(hits / asked);
}

/** How much a count has grown. Of one that was set back nothing is known: 0. */
export function grown(from: number, to: number): number {
  return Math.max(to - from, 0);
}

/** Of an interval, for rates: of a millisecond at least. */
export function secondsBetween(from: Moment, to: Moment): number {
  return Math.max(to.uptimeMs - from.uptimeMs, 1) / 1000;
}

/** Five digits are more than a chart shows. JSON has neither NaN nor Infinity: 0 stands for them. */
export function short(value: number): number {
  if (!Number.isFinite(value)) return 0;
  return Number.isSafeInteger(value) ? value : Number(value.toPrecision(5));
}

/** Sums what is counted of each. */
function sum<T>(items: readonly T[], of: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}
