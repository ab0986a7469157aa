// From a request's key to its entry: the record under the primary key is the entry itself, or, where responses carried
// Vary, an index that says which request fields select among variants (RFC 9111 4.1). HOT: benchmarks/http.
// Invariant: decoding happens once per near-cache record (`aux`); a record of another route, another version or another
// full key is not found. Freshness and permission to reuse are the caller's to judge.
import type { Cache } from '@catzilla/cache-core';
import { decode } from './entry/decode.ts';
import { isIndex } from './entry/entry.ts';
import type { Entry, Stored, VariantIndex } from './entry/entry.ts';
import { engineKey } from './key/primary-key.ts';
import type { Fields } from './rfc/fields.ts';
import { variantKey } from './rfc/vary.ts';

/** Finds the entry that may answer a request.
 * @param key    the full primary key
 * @param route  identity of the route that was matched
 * @throws whatever the cache throws */
export function findEntry(
  cache: Cache,
  key: string,
  route: string,
  headers: Fields,
): Entry | undefined {
  const stored = readStored(cache, engineKey(key));
  if (stored === undefined) return undefined;
  if (stored.key !== key) return undefined;
  if (isIndex(stored)) return findVariant(cache, stored, key, route, headers);
  return stored.route === route ? stored : undefined;
}

/** The variant index under a primary key, if there is one. */
export function findIndex(cache: Cache, key: string): VariantIndex | undefined {
  const stored = readStored(cache, engineKey(key));
  return stored !== undefined && isIndex(stored) ? stored : undefined;
}

/** Reads a record under an engine key, decoded once. */
export function readStored(cache: Cache, key: string): Stored | undefined {
  const record = cache.getRecord(key);
  if (record === undefined) return undefined;
  return (record.aux as Stored | undefined) ?? (record.aux = decode(record.bytes));
}

/** Full key of one variant: generation of its index, route, and the values of the nominated fields. */
export function variantFullKey(
  key: string,
  generation: string,
  route: string,
  names: readonly string[],
  headers: Fields,
): string {
  return `${key}\n${generation}\n${route}\n${variantKey(names, headers)}`;
}

function findVariant(
  cache: Cache,
  index: VariantIndex,
  key: string,
  route: string,
  headers: Fields,
): Entry | undefined {
  let best: Entry | undefined;
  for (let i = 0; i < index.lists.length; i++) {
    const names = index.lists[i] as readonly string[];
    // A response without Vary ranks behind every one with it (RFC 9111 4.1); its empty list stands last.
    if (best !== undefined && names.length === 0) break;
    const full = variantFullKey(key, index.generation, route, names, headers);
    const stored = readStored(cache, engineKey(full));
    if (stored === undefined || isIndex(stored) || stored.key !== full) continue;
    if (best === undefined || stored.bornAt > best.bornAt) best = stored;
  }
  return best;
}
