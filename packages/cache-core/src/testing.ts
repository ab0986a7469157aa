// @catzilla/cache-core/testing: sets a cache's clock, for tests of what expires. Not for production: the clock is
// that of the cache, for all threads that have it open.
import type { Cache } from './cache.ts';

/** How the functions below reach a cache; not part of its public interface. */
export interface TestClock {
  setTestClock(now: number | false): void;
  readClock(): number;
}

/** Stops the clock of a cache at a time.
 * @param now  ms on the cache's own clock, at least 0; false lets the system's clock run again
 * @throws CATZ_CACHE_CLOSED
 * @example setClock(cache, 1000); cache.set('a', 'b', { ttl: 50 }); advance(cache, 50); cache.get('a') // undefined */
export function setClock(cache: Cache, now: number | false): void {
  (cache as Cache & TestClock).setTestClock(now);
}

/** Stops the clock of a cache where it stands, and moves it forward.
 * @param ms  how far, at least 0
 * @throws CATZ_CACHE_CLOSED */
export function advance(cache: Cache, ms: number): void {
  setClock(cache, clockOf(cache) + ms);
}

/** The time on the clock of a cache.
 * @returns ms; what 0 stands for is up to the cache
 * @throws CATZ_CACHE_CLOSED */
export function clockOf(cache: Cache): number {
  return (cache as Cache & TestClock).readClock();
}
