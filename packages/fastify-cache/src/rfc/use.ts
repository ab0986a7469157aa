// What a selected entry is good for at this moment (RFC 9111 4, 4.2.4, 5.2.1; RFC 5861; RFC 8246).
// Invariant: 'fresh' is the only answer that needs no thought, and is told by `isFreshNow` alone where the request gives no
// directives that count. Whether the request's credentials allow the entry at all is reuse.ts.
import type { Entry } from '../entry/entry.ts';
import type { CacheControl } from './parse-cache-control.ts';

/** How an entry may be used. 'fresh': answer. 'behind': answer stale, and refresh it in the background. 'overload': answer
 * stale, the application has no room. 'accepted': answer stale, for the client said that it may be. 'validate': not before the
 * handler was asked. */
export type Use = 'fresh' | 'behind' | 'overload' | 'accepted' | 'validate';

/** Fresh, whoever asks, unless it says otherwise. HOT: benchmarks/http */
export function isFreshNow(entry: Entry, now: number): boolean {
  return now < entry.freshUntil && !entry.mustValidate && !entry.isMarkedStale;
}

/** What an entry is good for.
 * @param asked  the request's directives; undefined: none that count
 * @param isOverloaded  the application says that it has no room for more work */
export function useOf(
  entry: Entry,
  asked: CacheControl | undefined,
  now: number,
  isOverloaded: boolean,
): Use {
  if (isFreshNow(entry, now)) {
    return asked === undefined || suits(entry, asked, now) ? 'fresh' : 'validate';
  }
  if (entry.forbidsStale || entry.mustValidate) return 'validate';
  const staleFor = Math.max(0, now - entry.staleFrom);
  // A client that wants a certain freshness gets no stale response behind its back.
  if (asked !== undefined) {
    if (asked.noCache !== false || asked.maxAge !== undefined || asked.minFresh !== undefined) {
      return 'validate';
    }
    if (asked.maxStale !== undefined && staleFor <= asked.maxStale * 1000) return 'accepted';
  }
  if (staleFor < entry.stale.revalidate) return 'behind';
  return isOverloaded && staleFor < entry.stale.overload ? 'overload' : 'validate';
}

/** Whether an entry may stand in the place of an error (RFC 5861 4). */
export function maySubstitute(entry: Entry, now: number): boolean {
  if (entry.forbidsStale || entry.mustValidate) return false;
  return Math.max(0, now - entry.staleFrom) < entry.stale.error;
}

// RFC 9111 5.2.1.1, 5.2.1.3, 5.2.1.4. A reload says max-age=0, and needs not ask for what will not change (RFC 8246 2).
function suits(entry: Entry, asked: CacheControl, now: number): boolean {
  if (asked.noCache !== false) return false;
  const age = Math.max(0, now - entry.bornAt);
  if (asked.maxAge !== undefined && !entry.immutable && age > asked.maxAge * 1000) return false;
  if (asked.maxAge === 0 && !entry.immutable) return false;
  return asked.minFresh === undefined || entry.freshUntil - now >= asked.minFresh * 1000;
}
