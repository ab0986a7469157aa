// Keeps the caches of the threads open in the main thread, so that they outlive every one of them: a cache goes with its last
// open handle. Nothing is read or written here, and no memory is taken.
import { openCache } from '@catzilla/cache-core';
import type { Cache } from '@catzilla/cache-core';
import type { OpenedCache } from './protocol.ts';

/** Handles by name. */
export class KeptCaches {
  readonly #handles: Map<string, Cache> = new Map();
  readonly #unshared: Set<string> = new Set();

  /** Names of caches that each thread has for itself. */
  get unshared(): readonly string[] {
    return [...this.#unshared];
  }

  /** Opens what is not open yet, once a thread has opened it: the first opener decides on its options.
   * @throws what openCache() throws */
  keep(caches: readonly OpenedCache[]): void {
    for (const { name, isShared } of caches) {
      if (!isShared) this.#unshared.add(name);
      if (!isShared || this.#handles.has(name)) continue;
      this.#handles.set(name, openCache(name, { nearCache: false, sweepInterval: false }));
    }
  }

  /** Lets them go. */
  close(): void {
    for (const cache of this.#handles.values()) cache.close();
    this.#handles.clear();
  }
}
