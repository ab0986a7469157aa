// From a request's key to its entry in memory: the record under the primary key is the entry itself, or, where responses carried
// Vary, an index that says which request fields select among variants (RFC 9111 4.1). HOT: benchmarks/http.
// Invariant: a record of another route, another version or another full key is not found; of all that is read, only the
// entry returned may hold a lease. Freshness and permission to reuse are the caller's to judge.
import type { Fields } from '@catzilla/http';
import { isIndex, letGo } from './entry/entry.ts';
import type { Entry, VariantIndex } from './entry/entry.ts';
import { engineKey } from './key/primary-key.ts';
import type { Records } from './records.ts';
import type { Normalizers } from './rfc/normalize.ts';
import { variantKey } from './rfc/vary.ts';

/** Finds the entry that may answer a request. It may have a lease, which is the caller's to release.
 * @param key    the full primary key
 * @param route  identity of the route that was matched
 * @param headers    the fields that may select a variant
 * @param normalize  how their values are brought to one form
 * @param now        ms since the epoch
 * @throws whatever the cache throws */
export function findEntry(
  records: Records,
  key: string,
  route: string,
  headers: Fields,
  normalize: Normalizers,
  now: number,
): Entry | undefined {
  records.foundNothing = false;
  const stored = records.read(engineKey(key), now);
  if (stored === undefined) {
    records.foundNothing = true;
    return undefined;
  }
  if (stored.key !== key) return letGo(stored);
  if (isIndex(stored)) return findVariant(records, stored, key, route, headers, normalize, now);
  return stored.route === route ? stored : letGo(stored);
}

/** Full key of one variant: generation of its index, route, and the values of the nominated fields. */
export function variantFullKey(
  key: string,
  generation: string,
  route: string,
  names: readonly string[],
  headers: Fields,
  normalize: Normalizers,
): string {
  return `${key}\n${generation}\n${route}\n${variantKey(names, headers, normalize)}`;
}

/** Whether an entry that fits comes before another that does: the newest, but a response without Vary ranks behind every
 * one with it (RFC 9111 4.1). Lists of names stand in order: the empty one last. */
export function isNewer(entry: Entry, best: Entry | undefined, names: readonly string[]): boolean {
  if (best === undefined) return true;
  return names.length > 0 && entry.bornAt > best.bornAt;
}

function findVariant(
  records: Records,
  index: VariantIndex,
  key: string,
  route: string,
  headers: Fields,
  normalize: Normalizers,
  now: number,
): Entry | undefined {
  let best: Entry | undefined;
  try {
    for (let i = 0; i < index.lists.length; i++) {
      const names = index.lists[i] as readonly string[];
      // Not even read: it would not come before.
      if (best !== undefined && names.length === 0) break;
      const full = variantFullKey(key, index.generation, route, names, headers, normalize);
      const stored = records.read(engineKey(full), now);
      if (stored === undefined || isIndex(stored)) continue;
      if (stored.key === full && isNewer(stored, best, names)) {
        letGo(best);
        best = stored;
      } else letGo(stored);
    }
  } catch (error) {
    letGo(best);
    throw error;
  }
  return best;
}
