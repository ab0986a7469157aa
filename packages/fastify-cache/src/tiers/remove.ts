// Removing what was purged, or making it stale: for hard purges in this process before the call returns, in all tiers and
// instances soon after.
// Invariant: an instance that hears of removed keys has heard of the purge's guard tag before, or is told of the keys once
// more: else a fill under way there could store what was computed before the purge, after its key was removed.
// Nothing here rejects; `ok` tells whether every tier and the bus took it. What they did not take they are told again.
import { pathOf } from '../key/primary-key.ts';
import type { Scope } from '../scope.ts';
import { pathGuard, patternGuard } from './guard-tags.ts';
import { overtake } from './soft-removal.ts';
import type { SoftRemoval } from './soft-removal.ts';

/** Keys given new times at once: each is a round trip. */
const EXPIRED_AT_ONCE = 32;

/** A purge that is being told to other instances. */
export interface Told {
  /** Resolves to whether it was. */
  readonly done: Promise<boolean>;
  isDone: boolean;
}

/** Announces the purge of a target, to be called before anything is removed. Fills of this process and engine have heard it
 * when the call returns. Without its token a purge still removes: a fill of another thread may then outlive it, which
 * health() shows as a fault.
 * @param isSoft  nothing is removed, but made stale */
export function announceTarget(scope: Scope, target: string, isSoft: boolean = false): Told {
  if (!isSoft) overtake(scope, pathOf(target));
  return tell(scope, pathGuard(scope.settings.namespace, target), () =>
    scope.tokens.announce(target),
  );
}

/** Announces a purge by pattern, or of everything. */
export function announcePattern(scope: Scope, isSoft: boolean = false): Told {
  if (!isSoft) overtake(scope, undefined);
  return tell(scope, patternGuard(scope.settings.namespace), () => scope.tokens.announcePattern());
}

/** Removes keys everywhere.
 * @returns whether every tier and the bus took it */
export function removeKeys(scope: Scope, keys: readonly string[], told: Told): Promise<boolean> {
  if (keys.length === 0) return told.done;
  return Promise.all([removeTwice(scope, keys, told), told.done]).then(
    ([isRemoved, isTold]) => isRemoved && isTold,
  );
}

/** Makes keys stale everywhere: kept for their grace, and removed where they have none, or where no tier that can be asked
 * has them. Waits until the purge was told first: nothing has to be gone when the call returns.
 * @param removal  the soft removal it belongs to: overtaken, the keys are removed
 * @returns whether every tier and the bus took it */
export async function expireKeys(
  scope: Scope,
  keys: readonly string[],
  told: Told,
  removal: SoftRemoval,
): Promise<boolean> {
  let ok = await told.done;
  for (let i = 0; i < keys.length && !removal.isOvertaken; i += EXPIRED_AT_ONCE) {
    const some = keys.slice(i, i + EXPIRED_AT_ONCE);
    const done = await Promise.all(some.map((key) => expire(scope, key)));
    ok = done.every(Boolean) && ok;
  }
  return removal.isOvertaken ? (await removeKeys(scope, keys, told)) && ok : ok;
}

/** Takes back what was stored of late. Never throws. */
export function forgetKeys(scope: Scope, keys: readonly string[]): void {
  void remove(scope, keys, 'delete');
}

function tell(scope: Scope, guard: string, announce: () => void): Told {
  try {
    announce();
  } catch (error) {
    scope.fault('purge', error);
  }
  if (!scope.isShared) return { done: Promise.resolve(true), isDone: true };
  const done = scope.tiered.invalidateTags([guard]).then(
    ({ ok }) => ok,
    (error: unknown) => faulty(scope, 'purge', error),
  );
  const told: Told = { done, isDone: false };
  void done.then(() => {
    told.isDone = true;
  });
  return told;
}

async function removeTwice(scope: Scope, keys: readonly string[], told: Told): Promise<boolean> {
  const isRemoved = await remove(scope, keys, 'purge');
  if (told.isDone) return isRemoved;
  await told.done;
  return remove(scope, keys, 'purge');
}

// The part of it that concerns memory is done when the call returns.
function remove(scope: Scope, keys: readonly string[], operation: string): Promise<boolean> {
  return scope.tiered.delete(keys).then(
    ({ ok }) => ok,
    (error: unknown) => faulty(scope, operation, error),
  );
}

function expire(scope: Scope, key: string): Promise<boolean> {
  return scope.tiered.expire(key).then(
    ({ ok }) => ok,
    (error: unknown) => faulty(scope, 'purge', error),
  );
}

function faulty(scope: Scope, operation: string, error: unknown): false {
  scope.fault(operation, error);
  return false;
}
