// What this thread knows of its application now: each part by its file.
// Invariant: it never rejects and never waits for long. Of a part that throws, or does not answer in time, what it said last stands,
// so that no count goes down, and the fault is counted. What has one of their names and does not tell is no part.
import type { FastifyInstance } from 'fastify';
import type { Recorder } from '../http/recorder.ts';
import { CacheRoutes, readCache, readEngine, readTiers } from './caches.ts';
import { InTime } from './in-time.ts';
import type { LoopWatch } from './loop.ts';
import { readRealtime } from './realtime.ts';
import type { EngineReading, ThreadReading } from './reading.ts';
import { readStatic } from './static.ts';
import { readTasks } from './tasks.ts';
import { fields } from './tolerant.ts';
import type { Loose } from './tolerant.ts';

/** How long a part may take, ms: less than other threads wait. */
const DEADLINE = 150;

/** What a reader looks at. */
export interface ReaderParts {
  readonly app: FastifyInstance;
  readonly recorder: Recorder;
  readonly loop: LoopWatch;
}

/** Reads a thread, again and again. */
export class ThreadReader {
  readonly #id: string;
  readonly #parts: ReaderParts;
  readonly #cacheRoutes = new CacheRoutes();
  /** By the part. */
  readonly #asked = new Map<unknown, InTime<unknown>>();
  /** What was said last, by the part and what of it is read. */
  readonly #last = new Map<unknown, Map<string, unknown>>();
  #faults = 0;

  /** @param id  names it among all threads */
  constructor(id: string, parts: ReaderParts) {
    this.#id = id;
    this.#parts = parts;
  }

  /** @param isWatched  see LoopWatch */
  async read(isWatched: boolean): Promise<ThreadReading> {
    const { recorder, loop } = this.#parts;
    const app = this.#parts.app as unknown as Loose;
    const [cache, tasks, realtime, files] = PARTS.map((name) => partOf(app[name]));
    const tiered = tieredCaches(cache, app['tiers']);
    const [tiers, ofTasks] = await Promise.all([
      Promise.all(tiered.map((one) => this.#inTime(one, () => readTiers(one)))),
      tasks && this.#inTime(tasks, () => readTasks(tasks)),
    ]);
    const engines = tiered.map((one) => this.#take(one, 'engine', () => readEngine(one)));
    const ofCache = cache && this.#take(cache, 'counts', () => readCache(cache));
    const cacheRoutes =
      ofCache && this.#take(cache, 'routes', () => this.#cacheRoutes.read(cache, ofCache));
    return {
      id: this.#id,
      at: performance.timeOrigin + performance.now(),
      http: recorder.read(),
      cache: ofCache,
      cacheRoutes: cacheRoutes ?? [],
      engines: engines.filter((one): one is EngineReading => one !== undefined),
      tiers: tiers.flatMap((each) => each ?? []),
      tasks: ofTasks,
      realtime: realtime && this.#take(realtime, 'counts', () => readRealtime(realtime)),
      static: files && this.#take(files, 'counts', () => readStatic(files)),
      loop: loop.read(isWatched),
      faults: this.#faults,
    };
  }

  #take<T>(part: unknown, what: string, read: () => T): T | undefined {
    const known = entryOf(this.#last, part, () => new Map<string, unknown>());
    try {
      known.set(what, read());
    } catch {
      this.#faults++;
    }
    return known.get(what) as T | undefined;
  }

  async #inTime<T>(part: unknown, read: () => Promise<T>): Promise<T | undefined> {
    const asked = entryOf(this.#asked, part, () => new InTime<unknown>(DEADLINE));
    const told = await asked.ask(read, (_error, last) => {
      this.#faults++;
      return last;
    });
    if (asked.isLate) this.#faults++;
    return told as T | undefined;
  }
}

const PARTS = ['cache', 'tasks', 'realtime', 'static'] as const;

function partOf(value: unknown): object | undefined {
  return typeof fields(value)['stats'] === 'function' ? (value as object) : undefined;
}

function entryOf<V>(map: Map<unknown, V>, key: unknown, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

// The response cache may stand on the application's own.
function tieredCaches(cache: unknown, own: unknown): readonly object[] {
  const below = (cache as { readonly tiers?: unknown } | undefined)?.tiers;
  return [...new Set([own, below].map(partOf))].filter((one) => one !== undefined);
}
