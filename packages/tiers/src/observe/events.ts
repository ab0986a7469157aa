// Tells events to those who listen. Invariant: whoever listens never breaks who tells: what a listener throws, or rejects
// with, is caught and counted. Ask `has` first: while it says no, no event needs to be built.
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';
import type { CacheEvents } from '../events.ts';

export type EventName = keyof CacheEvents;
type Listener = (event: never) => unknown;

const NAMES: Readonly<Record<EventName, true>> = {
  hit: true,
  miss: true,
  set: true,
  delete: true,
  invalidate: true,
  clear: true,
  promote: true,
  demote: true,
  refresh: true,
  failsafe: true,
  corrupt: true,
  state: true,
  gap: true,
  recover: true,
};

/** Listeners by event. */
export class Events {
  // Arrays are replaced, never changed, so that a listener may end itself, or another, while an event is told.
  readonly #listeners = new Map<EventName, readonly Listener[]>();
  #listenerErrors = 0;

  /** Failures of listeners that were caught. */
  get listenerErrors(): number {
    return this.#listenerErrors;
  }

  /** Whether anybody listens. HOT: each read */
  has(name: EventName): boolean {
    return this.#listeners.size > 0 && this.#listeners.has(name);
  }

  /** @returns a function that ends it; calling it again changes nothing
   * @throws CATZ_TIERS_OPTION on an unknown event, or what is no function */
  on<K extends EventName>(name: K, listener: (event: CacheEvents[K]) => void): () => void {
    if (!Object.hasOwn(NAMES, name)) {
      throw new errors.OPTION(
        `expected event to be one of ${Object.keys(NAMES).join(', ')}, got ${show(name)}`,
      );
    }
    if (typeof listener !== 'function') {
      throw new errors.OPTION(
        `expected the listener of ${name} to be a function, got ${show(listener)}`,
      );
    }
    // One object for each call, for the same function may be given twice.
    const own: Listener = (event) => listener(event);
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), own]);
    return () => {
      const left = (this.#listeners.get(name) ?? []).filter((each) => each !== own);
      if (left.length > 0) this.#listeners.set(name, left);
      else this.#listeners.delete(name);
    };
  }

  /** Tells an event, in the order in which listeners came. */
  emit<K extends EventName>(name: K, event: CacheEvents[K]): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) return;
    for (const listener of listeners) {
      try {
        const result = listener(event as never);
        // An async function is taken as a listener too, and its rejection would end the process.
        if (result instanceof Promise) result.catch(() => this.#count());
      } catch {
        this.#count();
      }
    }
  }

  #count(): void {
    this.#listenerErrors += 1;
  }
}
