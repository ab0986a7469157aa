// Removes a target of some origins, or makes it stale: every key that the routes of this application write for it, and the
// variants behind.
// Invariant: a hard removal is gone from memory when the call returns. It leaves the variants of an index that only a tier
// below has out of reach, to end by their own lifetime; a soft one keeps the index and meets every variant.
import { isIndex, letGo } from './entry/entry.ts';
import type { Stored } from './entry/entry.ts';
import type { Origin } from './key/origin.ts';
import { engineKey, keyScope, pathOf, primaryKey } from './key/primary-key.ts';
import type { KeyScope } from './key/primary-key.ts';
import { equivalentKey } from './no-vary-search.ts';
import type { Scope } from './scope.ts';
import { expireKeys, removeKeys } from './tiers/remove.ts';
import type { Told } from './tiers/remove.ts';
import { softly } from './tiers/soft-removal.ts';
import { variantKeys } from './walk.ts';

/** A removal under way. */
export interface Removal {
  /** Responses that memory had. */
  readonly purged: number;
  /** Whether every tier and other instances took it. Never rejects. */
  readonly done: Promise<boolean>;
}

/** Removes a target.
 * @param known  full primary keys that it is known to have besides
 * @throws whatever the cache throws */
export function removeTarget(
  scope: Scope,
  origins: Iterable<Origin>,
  target: string,
  told: Told,
  known: Iterable<string> = [],
): Removal {
  const keys = new Set([...primaryKeys(scope, origins, target), ...known].map(engineKey));
  let purged = 0;
  const variants: string[] = [];
  for (const key of keys) {
    const stored = scope.records.read(key);
    letGo(stored);
    if (stored === undefined) continue;
    const own = isIndex(stored) ? stored.variants : [key];
    for (const name of own) if (scope.isInMemory(name)) purged++;
    if (isIndex(stored)) variants.push(...stored.variants);
  }
  // The indexes first: from there on their variants cannot be found.
  return { purged, done: removeKeys(scope, [...keys, ...variants], told) };
}

/** Makes a target stale in all its variants.
 * @param known  full primary keys that it is known to have besides
 * @throws whatever the cache throws */
export function expireTarget(
  scope: Scope,
  origins: Iterable<Origin>,
  target: string,
  told: Told,
  known: Iterable<string> = [],
): Promise<{ readonly purged: number; readonly ok: boolean }> {
  return softly(scope, pathOf(target), async (removal) => {
    const keys = new Set<string>();
    const indexed = new Set<string>();
    const gone: string[] = [];
    for (const full of new Set([...primaryKeys(scope, origins, target), ...known])) {
      const key = engineKey(full);
      const kinds = (await storedUnder(scope, key)).filter(({ key: own }) => own === full);
      const indexes = kinds.filter(isIndex);
      for (const { variants } of indexes) for (const name of variants) keys.add(name);
      if (indexes.length > 0) indexed.add(full);
      // What no tier here has may be in the memory of another instance: made stale, it is removed everywhere. So it is where
      // tiers disagree on what it is, for an index must not become stale.
      if (indexes.length === 0) keys.add(key);
      else if (indexes.length < kinds.length) gone.push(key);
    }
    if (indexed.size > 0) for await (const key of variantKeys(scope, indexed)) keys.add(key);
    let purged = 0;
    for (const name of keys) if (isResponse(scope, name)) purged++;
    const isExpired = await expireKeys(scope, [...keys], told, removal);
    const isRemoved = await removeKeys(scope, gone, told);
    if (removal.isOvertaken) await removeKeys(scope, [...indexed].map(engineKey), told);
    return { purged, ok: isExpired && isRemoved };
  });
}

/** Whether memory has a response under a key: an entry, not an index. */
export function isResponse(scope: Scope, key: string): boolean {
  const stored = scope.records.read(key);
  letGo(stored);
  return stored !== undefined && !isIndex(stored);
}

/** What memory and the tiers below have under a key; leases are let go.
 * @throws whatever the cache throws */
export async function storedUnder(scope: Scope, key: string): Promise<readonly Stored[]> {
  const near = scope.records.read(key);
  letGo(near);
  const below = await scope.below?.peek(key);
  return [near, below].filter((stored) => stored !== undefined);
}

function primaryKeys(scope: Scope, origins: Iterable<Origin>, target: string): Set<string> {
  const fragment = target.indexOf('#');
  const clean = fragment === -1 ? target : target.slice(0, fragment);
  const keys = new Set<string>();
  for (const { scheme, host } of origins) {
    for (const form of keyScopes(scope)) {
      const key = primaryKey(form, scheme, host, clean);
      // By what its responses said of queries, too: then what it would be answered from goes.
      if (key !== undefined) keys.add(key).add(equivalentKey(scope, key));
    }
  }
  return keys;
}

// Every way the routes of this application write keys: by query policy, and the raw query always.
function keyScopes(scope: Scope): Iterable<KeyScope> {
  if (scope.keyScopes.size > 0) return scope.keyScopes.values();
  return [keyScope(scope.settings.namespace, undefined)];
}
