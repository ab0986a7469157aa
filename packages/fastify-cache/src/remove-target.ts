// Removes a target of some origins: every key that the routes of this application write for it, and the variants behind.
// Invariant: gone from memory when the call returns. The variants of an index that only a tier below has are out of reach
// with it, and end by their own lifetime.
import { isIndex, letGo } from './entry/entry.ts';
import { engineKey, keyScope, primaryKey } from './key/primary-key.ts';
import type { KeyScope } from './key/primary-key.ts';
import type { Scope } from './scope.ts';
import { removeKeys } from './tiers/remove.ts';
import type { Told } from './tiers/remove.ts';

/** Scheme and normalised host. */
export interface Origin {
  readonly scheme: string;
  readonly host: string;
}

/** A removal under way. */
export interface Removal {
  /** Responses that memory had. */
  readonly purged: number;
  /** Whether every tier and other instances took it. Never rejects. */
  readonly done: Promise<boolean>;
}

/** Removes a target.
 * @throws whatever the cache throws */
export function removeTarget(
  scope: Scope,
  origins: Iterable<Origin>,
  target: string,
  told: Told,
): Removal {
  const fragment = target.indexOf('#');
  const clean = fragment === -1 ? target : target.slice(0, fragment);
  const keys = new Set<string>();
  for (const { scheme, host } of origins) {
    for (const form of keyScopes(scope)) {
      const key = primaryKey(form, scheme, host, clean);
      if (key !== undefined) keys.add(engineKey(key));
    }
  }
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

// Every way the routes of this application write keys: by query policy, and the raw query always.
function keyScopes(scope: Scope): Iterable<KeyScope> {
  if (scope.keyScopes.size > 0) return scope.keyScopes.values();
  return [keyScope(scope.settings.namespace, undefined)];
}
