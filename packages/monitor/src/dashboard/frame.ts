// What the page is sent: one frame each second, and on demand tables. Rates are per second between two snapshots.
// Invariant: bounded whatever the application holds: at most TOP rows of each table. Plain JSON; the page sets all of it as text.
import type { Point, Quantiles } from '../history/point.ts';

export type { Point, Quantiles } from '../history/point.ts';

/** Rows of a table in a frame. */
export const TOP = 25;

/** One row of the table of routes. */
export interface RouteRow {
  readonly method: string;
  readonly route: string;
  readonly perSecond: number;
  readonly requests: number;
  readonly errors: number;
  readonly latency: Quantiles;
  /** Hits and misses of the response cache since the start; null: the route is not cached. */
  readonly hits: number | null;
  readonly misses: number | null;
  readonly notStored: number | null;
}

/** A row of name and count. */
export interface CountRow {
  readonly name: string;
  readonly count: number;
  readonly perSecond: number;
}

/** Something that happened: a tier's state, a purge, health, a thread that came or went, an action from the page. */
export interface EventRow {
  readonly at: number;
  /** 'purge', 'tier', 'health', 'action', 'thread', 'gap'. */
  readonly kind: string;
  /** One sentence. */
  readonly text: string;
  readonly level: 'info' | 'warn' | 'error';
}

/** The frame of one second. */
export interface Frame {
  readonly point: Point;
  readonly totals: {
    readonly requests: number;
    readonly hits: number | null;
    readonly misses: number | null;
    readonly savedMs: number | null;
    readonly uptimeMs: number;
    readonly threads: number;
    readonly node: string;
    readonly backend: string | null;
  };
  readonly engines: readonly {
    readonly name: string;
    readonly backend: string;
    readonly entries: number;
    readonly usedBytes: number;
    readonly liveBytes: number;
    readonly maxBytes: number;
    /** Those the bound allows, and those in use; 0: it has none. */
    readonly segments: number;
    readonly usedSegments: number;
    readonly segmentBytes: number;
    readonly hitRatio: number | null;
    readonly evictions: number;
    readonly expirations: number;
  }[];
  readonly tiers: readonly {
    readonly tier: string;
    readonly state: string;
    readonly hitRatio: number | null;
    readonly p50: number | null;
    readonly p99: number | null;
    readonly errors: number;
    readonly timeouts: number;
  }[];
  readonly routes: readonly RouteRow[];
  /** How many routes there are in all. */
  readonly routeCount: number;
  /** Keys hit most while somebody watches; null: keys are not shown (`showKeys: false`). */
  readonly keys: readonly CountRow[] | null;
  /** Why responses were not cached. */
  readonly reasons: readonly CountRow[];
  readonly tasks: {
    readonly backend: string;
    readonly state: string;
    readonly queues: readonly {
      readonly queue: string;
      readonly waiting: number;
      readonly delayed: number;
      readonly active: number;
      readonly failed: number;
      readonly dead: number;
      readonly paused: boolean;
      readonly priorities: readonly CountRow[];
    }[];
    readonly tasks: readonly {
      readonly task: string;
      readonly completed: number;
      readonly failed: number;
      readonly retried: number;
      readonly p50: number | null;
      readonly p99: number | null;
    }[];
  } | null;
  readonly channels: {
    readonly state: string;
    readonly websocket: number;
    readonly sse: number;
    readonly channels: number;
    readonly subscriptions: number;
    readonly dropped: number;
    readonly bufferedBytes: number;
  } | null;
  readonly health: {
    readonly state: string;
    readonly parts: readonly {
      readonly name: string;
      readonly state: string;
      readonly reason: string | null;
    }[];
  };
  /** Since the last frame. */
  readonly events: readonly EventRow[];
}

/** The first message of the feed, there without points: those of a day are a megabyte; and the answer of GET <path>/data/hello,
 * which has them and is compressed. */
export interface Hello {
  readonly title: string;
  readonly actions: boolean;
  readonly showKeys: boolean;
  /** To be sent back with each action, as X-Catzilla-Token. */
  readonly token: string;
  readonly links: readonly { readonly title: string; readonly href: string }[];
  /** The last 15 minutes by the second, then by the minute; oldest first. Seconds are there only of times when somebody watched. */
  readonly seconds: readonly Point[];
  readonly minutes: readonly Point[];
  readonly events: readonly EventRow[];
}
