// Purges by tag: one step for each tag, however many responses have it; by the names of an origin's cache groups too.
// Invariant: a response with the tag whose fill is under way is not kept, hard or soft. A soft one raises epochs that each
// thread knows for itself: where no bus tells the others, each response in the memory they share is given new times.
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';
import { checkTags } from '../options/tag.ts';
import { groupTag } from '../rfc/cache-groups.ts';
import type { Scope } from '../scope.ts';
import { softGuard } from '../tiers/own-tags.ts';
import { overtake } from '../tiers/soft-removal.ts';
import { checkTagsOptions } from './options.ts';
import type { PurgeTagsOptions } from './options.ts';
import { sweep } from './sweep.ts';

/** Told to nobody: other instances hear of the tag itself. */
const UNTOLD = Object.freeze({ done: Promise.resolve(true), isDone: true });

/** Purges every response that has one of the tags, in all tiers and instances.
 * @param tags  one or several; with `options.origin` names of its cache groups
 * @throws (rejects) CATZ_FASTIFY_CACHE_TAG, CATZ_FASTIFY_CACHE_OPTION */
export async function purgeTags(
  scope: Scope,
  tags: string | readonly string[],
  options?: PurgeTagsOptions,
): Promise<{ readonly ok: boolean }> {
  const { isSoft, origin } = checkTagsOptions(options);
  const list = listOfTags(tags, 'tags');
  scope.counters.purges++;
  const names =
    origin === undefined ? list : list.map((name) => groupTag(origin.scheme, origin.host, name));
  return { ok: await invalidateNames(scope, names, isSoft) };
}

/** One tag or several, checked.
 * @param what  for the message
 * @throws CATZ_FASTIFY_CACHE_TAG */
export function listOfTags(tags: unknown, what: string): readonly string[] {
  const list: unknown = typeof tags === 'string' ? [tags] : tags;
  if (!Array.isArray(list)) throw new errors.TAG(what, 'a string or an array', show(tags));
  checkTags(list, 'each tag');
  return list;
}

/** Invalidates tags; hard ones are out of reach in this process when the call returns. Never rejects.
 * @returns whether every tier and the bus took it */
export async function invalidateNames(
  scope: Scope,
  names: readonly string[],
  isSoft: boolean,
): Promise<boolean> {
  if (names.length === 0) return true;
  const ok = await invalidateEach(scope, names, isSoft);
  scope.purges.tell(() => ({ kind: 'tags', tags: names, soft: isSoft, ok }));
  return ok;
}

async function invalidateEach(
  scope: Scope,
  names: readonly string[],
  isSoft: boolean,
): Promise<boolean> {
  try {
    if (!isSoft) {
      overtake(scope, undefined);
      return (await scope.tiered.invalidateTags(names)).ok;
    }
    const [guarded, told] = await Promise.all([
      scope.tiered.invalidateTags(names.map(softGuard)),
      scope.tiered.invalidateTags(names, { soft: true }),
    ]);
    const swept = hearsAlone(scope) ? await expireTagged(scope, new Set(names)) : true;
    return guarded.ok && told.ok && swept;
  } catch (error) {
    scope.fault('purge', error);
    return false;
  }
}

// An engine with a name has other threads, of which none hears of a soft epoch without a bus.
function hearsAlone(scope: Scope): boolean {
  return !scope.isShared && scope.memory.name !== undefined;
}

async function expireTagged(scope: Scope, names: ReadonlySet<string>): Promise<boolean> {
  const { ok } = await sweep(scope, UNTOLD, true, (key) => {
    const tags = scope.tiered.getEntrySync(key)?.tags ?? [];
    return tags.some((tag) => names.has(tag));
  });
  return ok;
}
