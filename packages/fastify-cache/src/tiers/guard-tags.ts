// Guard tags: how a fill learns that its URL was purged while its handler ran, in whatever instance the purge happened.
// A purge invalidates the tag of its path's bucket, and instances hear of it through the bus; a store compares it with the
// moment its handler started (`ticket` of @catzilla/tiers). Entries do not carry these tags: nothing stored dies by them.
// Invariant: their number is bounded, for tiers remember every tag that was ever invalidated; sharing a bucket costs at most
// one more run of a handler. Threads of one engine hear sooner, by purge tokens (purge-token.ts).
import { pathOf } from '../key/primary-key.ts';

const BUCKETS = 4096;

/** The guard tag of a target's path. */
export function pathGuard(namespace: string, target: string): string {
  return `http:${namespace}:p${bucketOf(pathOf(target))}`;
}

/** The guard tag of purges by pattern: all fills watch it. */
export function patternGuard(namespace: string): string {
  return `http:${namespace}:pattern`;
}

// FNV-1a over UTF-16 units (Fowler, Noll, Vo; draft-eastlake-fnv): the same in every instance and release.
function bucketOf(path: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < path.length; i++) {
    hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) % BUCKETS;
}
