// Who hears of purges: at the instance that purges, once every tier and the others have heard of it, so that whoever asks
// again on hearing it is not answered from what was purged.
// Invariant: a listener never breaks who tells: what it throws, or rejects with, is a fault of the scope. A scope tells those
// around it too. Nothing is built while nobody listens.
import { show } from '@catzilla/common';
import type { TieredCache } from '@catzilla/tiers';
import { errors } from '../errors.ts';
import type { Origin } from '../key/origin.ts';
import { splitAbsolute } from '../key/primary-key.ts';
import type { Pattern } from '../match/pattern.ts';

/** A URL that was purged. */
export interface PurgedUrl {
  /** Path with query, as the purge named it. */
  readonly target: string;
  /** As `https://shop.example`; undefined: on every host. */
  readonly origins: readonly string[] | undefined;
}

/** What was purged: by `purge` or a request that changed it, `purgePath`, `purgeTags` or a request that named cache groups
 * (their tags begin with `group|`), `purgeAll`. */
export type PurgeEvent = {
  /** Made stale, and kept to be refreshed. */
  readonly soft: boolean;
  /** Whether every tier and the bus took it; what they did not take they are told again. */
  readonly ok: boolean;
  /** Where: `app.cache.tiers` of the scope. */
  readonly tiers: TieredCache;
} & PurgedThings;

/** A purge, as those tell it who do it. */
type Purged = { readonly soft: boolean; readonly ok: boolean } & PurgedThings;

type PurgedThings =
  | { readonly kind: 'url'; readonly urls: readonly PurgedUrl[] }
  | { readonly kind: 'pattern'; readonly pattern: Pattern }
  | { readonly kind: 'tags'; readonly tags: readonly string[] }
  | { readonly kind: 'all' };

/** Hears of purges. Must not throw. */
export type PurgeListener = (event: PurgeEvent) => void;

/** Listeners of one scope. */
export class PurgeListeners {
  /** This and those around, from within. */
  readonly #chain: readonly PurgeListeners[];
  readonly #tiers: TieredCache;
  readonly #fault: (error: unknown) => void;
  // Replaced, never changed: a listener may end itself while it hears.
  #listeners: readonly { readonly hear: PurgeListener }[] = [];

  /** @param outer  those of the scope around */
  constructor(
    outer: PurgeListeners | undefined,
    tiers: TieredCache,
    fault: (error: unknown) => void,
  ) {
    this.#tiers = tiers;
    this.#chain = outer === undefined ? [this] : [this, ...outer.#chain];
    this.#fault = fault;
  }

  /** @returns a function that ends it; calling it again changes nothing
   * @throws CATZ_FASTIFY_CACHE_OPTION for what is no function */
  add(hear: PurgeListener): () => void {
    if (typeof hear !== 'function') {
      throw new errors.OPTION(
        `expected the listener of onPurge to be a function, got ${show(hear)}`,
      );
    }
    // One object for each call, for the same function may be given twice.
    const own = { hear };
    this.#listeners = [...this.#listeners, own];
    return () => {
      this.#listeners = this.#listeners.filter((each) => each !== own);
    };
  }

  /** Whether anybody listens, here or around. */
  get isHeard(): boolean {
    return this.#chain.some((each) => each.#listeners.length > 0);
  }

  /** Tells those who listen.
   * @param purged  made only if somebody does */
  tell(purged: () => Purged): void {
    if (!this.isHeard) return;
    const told: PurgeEvent = Object.freeze({ ...purged(), tiers: this.#tiers });
    for (const each of this.#chain) {
      for (const { hear } of each.#listeners) each.#hear(hear, told);
    }
  }

  #hear(hear: PurgeListener, event: PurgeEvent): void {
    try {
      const result: unknown = hear(event);
      // An async function is taken as a listener too, and its rejection would end the process.
      if (result instanceof Promise) result.catch(this.#fault);
    } catch (error) {
      this.#fault(error);
    }
  }
}

/** What is told of purged URLs. */
export function purgedUrls(
  sites: readonly { readonly target: string; readonly origins: readonly Origin[] | undefined }[],
): readonly PurgedUrl[] {
  return sites.map(({ target, origins }) => ({
    // A proxy may send requests whose target is a whole URL (RFC 9112 3.2.2).
    target: splitAbsolute(target)?.path ?? target,
    origins: origins?.map(({ scheme, host }) => `${scheme}://${host}`),
  }));
}
