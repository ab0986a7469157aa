// What this thread knows of its application now: each part by its file.
// Invariant: it never rejects and never waits for long. A part that throws is counted and left out; of one that does not answer
// in time, what it said last stands, and it is not asked again before it has answered.
import type { FastifyInstance } from 'fastify';
import type { Recorder } from '../http/recorder.ts';
import { CacheRoutes, readCache, readEngine, readTiers } from './caches.ts';
import type { LoopWatch } from './loop.ts';
import { readRealtime } from './realtime.ts';
import type { EngineReading, ThreadReading } from './reading.ts';
import { readStatic } from './static.ts';
import { readTasks } from './tasks.ts';
import type { Loose } from './tolerant.ts';

/** How long a part may take, ms: less than other threads wait. */
const DEADLINE = 150;

/** What a reader looks at. */
export interface ReaderParts {
  readonly app: FastifyInstance;
  readonly recorder: Recorder;
  readonly loop: LoopWatch;
}

/** A part that takes its time: what it said last, and what it is to say. */
interface Asked {
  last: unknown;
  pending: Promise<void> | undefined;
}

/** Reads a thread, again and again. */
export class ThreadReader {
  readonly #id: string;
  readonly #parts: ReaderParts;
  readonly #cacheRoutes = new CacheRoutes();
  readonly #asked = new Map<unknown, Asked>();
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
    const { cache, tasks, realtime, static: files } = app;
    const tiered = tieredCaches(cache, app['tiers']);
    const [tiers, ofTasks] = await Promise.all([
      Promise.all(tiered.map((one) => this.#inTime(one, () => readTiers(one)))),
      tasks === undefined ? undefined : this.#inTime(tasks, () => readTasks(tasks)),
    ]);
    const engines = tiered.map((one) => this.#take(() => readEngine(one)));
    const ofCache = cache === undefined ? undefined : this.#take(() => readCache(cache));
    const cacheRoutes = ofCache && this.#take(() => this.#cacheRoutes.read(cache, ofCache));
    return {
      id: this.#id,
      at: Date.now(),
      http: recorder.read(),
      cache: ofCache,
      cacheRoutes: cacheRoutes ?? [],
      engines: engines.filter((one): one is EngineReading => one !== undefined),
      tiers: tiers.flatMap((each) => each ?? []),
      tasks: ofTasks,
      realtime: realtime === undefined ? undefined : this.#take(() => readRealtime(realtime)),
      static: files === undefined ? undefined : this.#take(() => readStatic(files)),
      loop: loop.read(isWatched),
      faults: this.#faults,
    };
  }

  #take<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch {
      this.#faults++;
      return undefined;
    }
  }

  async #inTime<T>(part: unknown, read: () => Promise<T>): Promise<T | undefined> {
    const asked = this.#askedOf(part);
    asked.pending ??= this.#ask(asked, read);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, DEADLINE).unref();
    });
    await Promise.race([asked.pending, late]);
    clearTimeout(timer);
    if (asked.pending !== undefined) this.#faults++;
    return asked.last as T | undefined;
  }

  async #ask(asked: Asked, read: () => Promise<unknown>): Promise<void> {
    try {
      asked.last = await read();
    } catch {
      this.#faults++;
      asked.last = undefined;
    } finally {
      asked.pending = undefined;
    }
  }

  #askedOf(part: unknown): Asked {
    let asked = this.#asked.get(part);
    if (asked === undefined) {
      asked = { last: undefined, pending: undefined };
      this.#asked.set(part, asked);
    }
    return asked;
  }
}

// The response cache may stand on the application's own.
function tieredCaches(cache: unknown, own: unknown): readonly object[] {
  const below = (cache as { readonly tiers?: unknown } | undefined)?.tiers;
  return [...new Set([own, below])].filter(
    (one): one is object => typeof one === 'object' && one !== null,
  );
}
