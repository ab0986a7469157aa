// Purges everything that a plugin's namespace has in a cache, and nothing else: a tiered cache may hold other things too.
// Invariant: all fills under way are taken for purged. What walks cannot meet, the memory and disks of other instances, hears
// of it by the tag that stands for all.
import type { Scope } from '../scope.ts';
import { everyTag } from '../tiers/own-tags.ts';
import { announcePattern } from '../tiers/remove.ts';
import { checkPurgeOptions } from './options.ts';
import type { PurgeOptions, PurgeResult } from './options.ts';
import { sweep } from './sweep.ts';

/** Purges every response of the namespace, of all scopes that share cache and namespace. Cost: a walk through all keys.
 * @throws (rejects) CATZ_FASTIFY_CACHE_OPTION */
export async function purgeAll(scope: Scope, options?: PurgeOptions): Promise<PurgeResult> {
  const isSoft = checkPurgeOptions(options);
  scope.counters.purges++;
  const told = announcePattern(scope, isSoft);
  // What is in memory is counted by the walk, before the tag ends it.
  const result = await sweep(scope, told, isSoft, () => true);
  scope.counters.purged += result.purged;
  const ok = (await tellOthers(scope, isSoft)) && result.ok;
  scope.purges.tell(() => ({ kind: 'all', soft: isSoft, ok }));
  return { purged: result.purged, ok };
}

async function tellOthers(scope: Scope, isSoft: boolean): Promise<boolean> {
  if (!scope.isShared) return true;
  try {
    const { namespace } = scope.settings;
    return (await scope.tiered.invalidateTags([everyTag(namespace)], { soft: isSoft })).ok;
  } catch (error) {
    scope.fault('purge', error);
    return false;
  }
}
