// Soft removals under way: each reads entries and writes them back with new times, and what a hard purge removes between the
// two would come back by it.
// Invariant: a soft removal that a hard purge of this thread has overtaken ends by removing what it wrote. What happens in
// other threads and instances, the tiers tell by the versions of keys.
import type { Cache } from '@catzilla/cache-core';
import type { Scope } from '../scope.ts';

/** A soft removal under way. */
export interface SoftRemoval {
  /** What it concerns; undefined: any path. */
  readonly path: string | undefined;
  /** A hard purge that may concern the same keys has begun since. */
  isOvertaken: boolean;
}

// By engine, for scopes within each other share it, and keys with it.
const underWay: WeakMap<Cache, Set<SoftRemoval>> = new WeakMap();

/** Does a soft removal.
 * @param path  what it concerns; undefined: any path
 * @param work  is given what tells whether a hard purge has overtaken it */
export async function softly<T>(
  scope: Scope,
  path: string | undefined,
  work: (removal: SoftRemoval) => Promise<T>,
): Promise<T> {
  const removal: SoftRemoval = { path, isOvertaken: false };
  const all = underWay.get(scope.memory) ?? new Set<SoftRemoval>();
  underWay.set(scope.memory, all.add(removal));
  try {
    return await work(removal);
  } finally {
    all.delete(removal);
  }
}

/** Tells the soft removals under way that a hard purge begins.
 * @param path  what it concerns; undefined: any path */
export function overtake(scope: Scope, path: string | undefined): void {
  const all = underWay.get(scope.memory);
  if (all === undefined) return;
  for (const removal of all) {
    const isSame = path === undefined || removal.path === undefined || path === removal.path;
    if (isSame) removal.isOvertaken = true;
  }
}
