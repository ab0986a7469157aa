// Removes, or makes stale, the keys that a walk meets and a purge means.
// Invariant: the purge was announced before; keys go in batches, so that other work goes on meanwhile. A fault ends the sweep,
// is counted, and shows in `ok`.
import { isIndex } from '../entry/entry.ts';
import { isResponse, storedUnder } from '../remove-target.ts';
import type { Scope } from '../scope.ts';
import { expireKeys, removeKeys } from '../tiers/remove.ts';
import type { Told } from '../tiers/remove.ts';
import { softly } from '../tiers/soft-removal.ts';
import type { SoftRemoval } from '../tiers/soft-removal.ts';
import { walk } from '../walk.ts';
import type { PurgeResult } from './options.ts';

/** Keys removed in one step. */
const BATCH = 500;

/** Sweeps through the keys of a scope. Never rejects.
 * @param isMeant  whether a key of the cache is to go */
export function sweep(
  scope: Scope,
  told: Told,
  isSoft: boolean,
  isMeant: (key: string) => boolean | Promise<boolean>,
): Promise<PurgeResult> {
  if (!isSoft) return pass(scope, isMeant, (keys) => removeKeys(scope, keys, told));
  return softly(scope, undefined, (removal) =>
    pass(scope, isMeant, (keys) => makeStale(scope, keys, told, removal)),
  );
}

async function pass(
  scope: Scope,
  isMeant: (key: string) => boolean | Promise<boolean>,
  take: (keys: readonly string[]) => Promise<boolean>,
): Promise<PurgeResult> {
  let purged = 0;
  let ok = true;
  // A key may be met in memory and in a tier below.
  let batch = new Set<string>();
  const takeBatch = async (): Promise<void> => {
    for (const key of batch) if (isResponse(scope, key)) purged++;
    ok = (await take([...batch])) && ok;
    batch = new Set();
  };
  try {
    for await (const key of walk(scope)) {
      if ((await isMeant(key)) && batch.add(key).size >= BATCH) await takeBatch();
    }
    await takeBatch();
  } catch (error) {
    scope.fault('purge', error);
    ok = false;
  }
  return { purged, ok };
}

// An index stays, or its variants could not be found any more: each is met by itself.
async function makeStale(
  scope: Scope,
  keys: readonly string[],
  told: Told,
  removal: SoftRemoval,
): Promise<boolean> {
  const entries: string[] = [];
  for (const key of keys) {
    const isVariant = key.includes('\n');
    if (isVariant || !(await storedUnder(scope, key)).some(isIndex)) entries.push(key);
  }
  return expireKeys(scope, entries, told, removal);
}
