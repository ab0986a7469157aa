// The cache of this process that need not be passed around: what `cached` uses when it is given none.
// Invariant: one for all copies of this package in an isolate, for it stands under a registered symbol. Who sets a cache
// closes it; one that was made here is closed by `resetCache`.
import { show } from '@catzilla/common';
import { createTieredCache } from '../create.ts';
import { errors } from '../errors.ts';
import type { TieredCache } from '../tiered-cache.ts';
import { forgetNames } from './function-name.ts';

/** What stands under the symbol. Another copy of this package may have made it: only ever add to it. */
export interface Holder {
  cache: TieredCache | undefined;
  /** Whether `getCache` made it. */
  isOurs: boolean;
}

const SYMBOL = Symbol.for('catzilla.tiers.cache');

/** Gives the global cache; makes one in memory alone on first use.
 * @throws what createTieredCache throws */
export function getCache(): TieredCache {
  const holder = globalHolder();
  if (holder.cache === undefined) {
    holder.cache = createTieredCache();
    holder.isOurs = true;
  }
  return holder.cache;
}

/** Makes a cache the global one, for functions that were cached before too. It takes the place of one that was set.
 * @throws CATZ_TIERS_WRAP when it is no cache, or `getCache` has made one: nobody would close that, so `resetCache` first */
export function setCache(cache: TieredCache): void {
  if (typeof cache !== 'object' || cache === null || typeof cache.getOrSet !== 'function') {
    throw new errors.WRAP(`expected setCache to be given a tiered cache, got ${show(cache)}`);
  }
  const holder = globalHolder();
  if (holder.isOurs && holder.cache !== cache) {
    throw new errors.WRAP(
      'expected setCache before the first use of the global cache, got it after one was made; resetCache comes first',
    );
  }
  holder.cache = cache;
}

/** Leaves the global cache, so that the next use makes a new one, and forgets which functions were cached by which name.
 * @returns when it is closed, if `getCache` made it; one that was set is left open. Never rejects */
export async function resetCache(): Promise<void> {
  const holder = globalHolder();
  const { cache, isOurs } = holder;
  holder.cache = undefined;
  holder.isOurs = false;
  forgetNames(holder);
  if (isOurs) await cache?.close();
}

/** What stands for the global cache, whichever that is: names of cached functions are taken of it. */
export function globalHolder(): Holder {
  const scope = globalThis as typeof globalThis & { [SYMBOL]?: Holder };
  return (scope[SYMBOL] ??= { cache: undefined, isOurs: false });
}
