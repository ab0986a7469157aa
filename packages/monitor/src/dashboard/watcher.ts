// What the feed shows of an application: each look is a snapshot, a point, a frame.
// Invariant: while nobody watches nothing is kept but history and events, and no cache is listened to for its hits.
import { encodeEvent } from '@catzilla/http';
import type { FastifyInstance } from 'fastify';
import type { History } from '../history/history.ts';
import { basisOf, pointOf } from '../history/point.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Changes } from './changes.ts';
import type { Events } from './events.ts';
import type { Show } from './feed.ts';
import type { Frame, Hello } from './frame.ts';
import { healthRows } from './health-rows.ts';
import type { WithHealth } from './health-rows.ts';
import { makeFrame } from './make-frame.ts';
import { Window } from './pair.ts';
import type { Pair } from './pair.ts';
import { cacheParts, tieredOf } from './parts.ts';
import { SentFrame } from './sent-frame.ts';
import { TopKeys } from './top-keys.ts';

/** What a watcher stands on. */
export interface WatcherParts {
  readonly app: FastifyInstance;
  readonly take: () => Promise<Snapshot>;
  readonly history: History;
  readonly events: Events;
  readonly changes: Changes;
  /** What a page is told that never changes. */
  readonly about: Pick<Hello, 'title' | 'actions' | 'showKeys' | 'token' | 'links'>;
}

/** Looks at one application. */
export class Watcher implements Show {
  readonly #parts: WatcherParts;
  readonly #window = new Window();
  readonly #keys = new TopKeys();
  #endKeys: (() => void)[] = [];
  #hasFailed = false;

  constructor(parts: WatcherParts) {
    this.#parts = parts;
  }

  begin(): void {
    const { about, app } = this.#parts;
    if (!about.showKeys) return;
    this.#endKeys = tieredOf(cacheParts(app)).map((tiers) =>
      tiers.on('hit', ({ key, namespace }) => this.#keys.hit(key, namespace)),
    );
  }

  end(): void {
    for (const end of this.#endKeys) end();
    this.#endKeys = [];
    this.#keys.clear();
    this.#window.clear();
  }

  async look(): Promise<SentFrame> {
    const { app, take, history, events, changes, about } = this.#parts;
    const snapshot = await take();
    const last = this.#window.put(snapshot);
    const point =
      last === undefined ? history.sinceMinute(snapshot) : pointOf(basisOf(last), snapshot);
    if (last !== undefined) history.takeSecond(point);
    const health = healthOf(app);
    changes.see(snapshot, health);
    const keys = about.showKeys ? this.#keys.rows(snapshot.process.uptimeMs) : null;
    return new SentFrame(makeFrame(this.#window.pair!, { point, health, keys }), events);
  }

  hello(): { readonly bytes: Buffer; readonly last: number } {
    const { about, events } = this.#parts;
    const { last } = events;
    const hello: Hello = { ...about, seconds: [], minutes: [], events: events.between(0, last) };
    const data = JSON.stringify(hello);
    return { bytes: Buffer.from(encodeEvent({ event: 'hello', retry: 2000, data })), last };
  }

  /** The same with all points. */
  helloBody(): Hello {
    const { about, history, events } = this.#parts;
    return {
      ...about,
      seconds: history.seconds(),
      minutes: history.minutes(),
      events: events.between(0, events.last),
    };
  }

  /** What tables are made of: what was seen last, or a look at now where nobody watches. */
  async pair(): Promise<Pair> {
    return this.#window.pair ?? { before: undefined, now: await this.#parts.take() };
  }

  fault(error: unknown): void {
    const { log } = this.#parts.app;
    if (this.#hasFailed) log.debug({ err: error }, 'dashboard: a frame was not made');
    else log.warn({ err: error }, 'dashboard: a frame was not made');
    this.#hasFailed = true;
  }
}

/** Health as it is shown. */
export function healthOf(app: FastifyInstance): Frame['health'] {
  return healthRows(app as WithHealth);
}
