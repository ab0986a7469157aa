// Makes the frame of one second of snapshots. Pure: nothing is asked of the application here.
// Invariant: every list is cut to TOP rows and every text to a bounded length, whatever names the application gives.
import { grown, ratio, secondsBetween, short } from '../history/point.ts';
import type { Point } from '../history/point.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { cut } from './events.ts';
import { TOP } from './frame.ts';
import type { CountRow, Frame, RouteRow } from './frame.ts';
import type { Pair } from './pair.ts';
import { topRoutes } from './route-rows.ts';

/** Longest name in a table, UTF-16 units. */
const MAX_NAME = 200;

/** What a frame shows besides snapshots. */
export interface Around {
  readonly point: Point;
  readonly health: Frame['health'];
  readonly keys: readonly CountRow[] | null;
}

/** The frame, without its events: viewers that fell behind are told others. */
export function makeFrame(pair: Pair, around: Around): Omit<Frame, 'events'> {
  const { before, now } = pair;
  return {
    point: around.point,
    totals: totalsOf(now),
    engines: now.engines.slice(0, TOP).map((engine) => {
      const was = before?.engines.find(({ name }) => name === engine.name) ?? NOTHING;
      return {
        name: cut(engine.name, MAX_NAME),
        backend: engine.backend,
        entries: engine.entries,
        usedBytes: engine.bytes.used,
        liveBytes: engine.bytes.live,
        maxBytes: engine.bytes.max,
        segments: engine.segments,
        usedSegments: engine.usedSegments,
        segmentBytes: engine.segmentBytes,
        hitRatio: ratio(was, engine),
        evictions: engine.evictions,
        expirations: engine.expirations,
      };
    }),
    tiers: tiersOf(pair),
    routes: topRoutes(pair).map((row) => shortened(row)),
    routeCount: now.http.routes.length,
    keys: around.keys,
    reasons: reasonsOf(pair),
    tasks: tasksOf(now.tasks),
    channels: channelsOf(now.realtime),
    health: around.health,
  };
}

/** A row as it is sent. */
export function shortened(row: RouteRow): RouteRow {
  return { ...row, route: cut(row.route, MAX_NAME) };
}

const NOTHING = { hits: 0, misses: 0 };

function totalsOf({ http, cache, process, engines }: Snapshot): Frame['totals'] {
  return {
    requests: http.requests,
    hits: cache?.hits ?? null,
    misses: cache?.misses ?? null,
    savedMs: cache === undefined ? null : short(cache.savedMs),
    uptimeMs: Math.round(process.uptimeMs),
    threads: process.threads,
    node: process.node,
    backend: engines[0]?.backend ?? null,
  };
}

function tiersOf({ before, now }: Pair): Frame['tiers'] {
  const isOne = new Set(now.tiers.map(({ cache }) => cache)).size < 2;
  return now.tiers.slice(0, TOP).map((tier) => {
    const was = before?.tiers.find((each) => each.cache === tier.cache && each.tier === tier.tier);
    return {
      tier: isOne ? tier.tier : cut(`${tier.cache} ${tier.tier}`, MAX_NAME),
      state: tier.state,
      hitRatio: ratio(was ?? NOTHING, tier),
      p50: orNull(tier.p50Ms),
      p99: orNull(tier.p99Ms),
      errors: tier.errors,
      timeouts: tier.timeouts,
    };
  });
}

function reasonsOf({ before, now }: Pair): readonly CountRow[] {
  const was = before?.cache?.reasons ?? {};
  const seconds = before === undefined ? undefined : secondsBetween(before.process, now.process);
  return largest(now.cache?.reasons ?? {}).map(([name, count]) => ({
    name: cut(name, MAX_NAME),
    count,
    perSecond: seconds === undefined ? 0 : short(grown(was[name] ?? 0, count) / seconds),
  }));
}

function tasksOf(tasks: Snapshot['tasks']): Frame['tasks'] {
  if (tasks === undefined) return null;
  return {
    backend: tasks.backend,
    state: tasks.state,
    queues: tasks.queues.slice(0, TOP).map(({ queue, priorities, ...counts }) => ({
      queue: cut(queue, MAX_NAME),
      waiting: counts.waiting,
      delayed: counts.delayed,
      active: counts.active,
      failed: counts.failed,
      dead: counts.dead,
      paused: counts.paused,
      priorities: largest(priorities).map(([name, count]) => ({ name, count, perSecond: 0 })),
    })),
    tasks: tasks.tasks.slice(0, TOP).map((each) => ({
      task: cut(each.task, MAX_NAME),
      completed: each.completed,
      failed: each.failed,
      retried: each.retried,
      p50: orNull(each.p50Ms),
      p99: orNull(each.p99Ms),
    })),
  };
}

function channelsOf(realtime: Snapshot['realtime']): Frame['channels'] {
  if (realtime === undefined) return null;
  const { state, connections, channels, subscriptions, dropped, bufferedBytes } = realtime;
  return { state, ...connections, channels, subscriptions, dropped, bufferedBytes };
}

function largest(counts: Readonly<Record<string, number>>): readonly (readonly [string, number])[] {
  return Object.entries(counts)
    .sort((a, b) => b[1] - a[1])
    .slice(0, TOP);
}

function orNull(value: number | undefined): number | null {
  return value === undefined ? null : short(value);
}
