// One log line for each change of state, none for each failure: a tier that is away for an hour is two lines.
// Invariant: the same state twice is one line; without a logger there is silence; a logger that throws harms nobody.
import type { CacheEvents } from '../events.ts';

/** Where lines go: pino, Fastify's `app.log`, or anything with these two. */
export interface StateLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** States that are as they should be. */
const GOOD: ReadonlySet<string> = new Set(['ready', 'ok', 'live', 'closed', 'off']);

/** Logs changes of state. */
export class StateLog {
  readonly #logger: StateLogger | undefined;
  readonly #cache: string;
  readonly #states = new Map<string, string>();

  /** @param cache  name of the cache, for each line */
  constructor(logger: StateLogger | undefined, cache: string) {
    this.#logger = logger;
    this.#cache = cache;
  }

  /** @returns whether it was a change */
  tell({ tier, state, lastError }: CacheEvents['state']): boolean {
    const previous = this.#states.get(tier);
    if (previous === state) return false;
    this.#states.set(tier, state);
    const isGood = GOOD.has(state);
    const fields = {
      cache: this.#cache,
      tier,
      state,
      previous,
      // What went wrong before is no news once all is well.
      lastError: isGood ? undefined : lastError,
    };
    const line = `cache ${this.#cache}: ${tier} is ${state}`;
    try {
      if (isGood) this.#logger?.info(fields, line);
      else this.#logger?.warn(fields, line);
    } catch {
      // There is nowhere left to tell that the log cannot be told.
    }
    return true;
  }
}
