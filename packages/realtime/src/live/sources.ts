// Where invalidations come from: a response cache and tiered caches, seen through the little that is needed of them, so that
// any of them may be there or not.
// Invariant: each invalidation is told once, though it may be seen in two ways; names that the caches use among themselves are
// not told at all.

/** What is needed of a response cache: `app.cache` of @catzilla/fastify-cache. */
export interface WatchedCache {
  /** Hears of purges at this instance, once they are done. */
  onPurge(listener: (event: PurgeSeen) => void): () => void;
  /** The tiered cache below. */
  readonly tiers?: unknown;
}

/** A purge as a response cache tells it. */
export type PurgeSeen = {
  /** The tiered cache it was in. */
  readonly tiers?: unknown;
} & (
  | { readonly kind: 'url'; readonly urls: readonly { readonly target: string }[] }
  | { readonly kind: 'pattern'; readonly pattern: string | RegExp }
  | { readonly kind: 'tags'; readonly tags: readonly string[] }
  | { readonly kind: 'all' }
);

/** What is needed of a tiered cache of @catzilla/tiers. */
export interface WatchedTiers {
  on(
    event: 'invalidate',
    listener: (event: { readonly tags: readonly string[] }) => void,
  ): () => void;
  on(event: 'clear', listener: (event: object) => void): () => void;
}

/** Who is told. */
export interface Seen {
  tags(tags: readonly string[]): void;
  /** @param targets  paths with query */
  urls(targets: readonly string[]): void;
  pattern(pattern: string | RegExp): void;
  all(): void;
}

/** Whether a value is a response cache that tells of its purges. */
export function isCache(value: unknown): value is WatchedCache {
  return typeof (value as Partial<WatchedCache> | null | undefined)?.onPurge === 'function';
}

/** Whether a value is a tiered cache. */
export function isTiers(value: unknown): value is WatchedTiers {
  const { on, invalidateTags } = (value ?? {}) as { on?: unknown; invalidateTags?: unknown };
  return typeof on === 'function' && typeof invalidateTags === 'function';
}

/** Caches that are watched. */
export class Sources {
  readonly #seen: Seen;
  readonly #watched = new Map<object, readonly (() => void)[]>();
  // Namespaces of one tiered cache tell the same event each, as the same object.
  readonly #told = new WeakSet<object>();

  constructor(seen: Seen) {
    this.#seen = seen;
  }

  get isEmpty(): boolean {
    return this.#watched.size === 0;
  }

  /** Watches a response cache, and the tiers below it. */
  addCache(cache: WatchedCache): void {
    if (this.#watched.has(cache)) return;
    if (isTiers(cache.tiers)) this.addTiers(cache.tiers);
    this.#watched.set(cache, [
      cache.onPurge((event) => {
        if (event.kind === 'url') this.#seen.urls(event.urls.map(({ target }) => target));
        else if (event.kind === 'pattern') this.#seen.pattern(event.pattern);
        else if (event.kind === 'all') this.#seen.all();
        // Else they are seen there, with those that were invalidated past the response cache.
        else if (!this.#isWatched(event.tiers)) this.#seen.tags(event.tags);
      }),
    ]);
  }

  /** Watches a tiered cache. */
  addTiers(tiers: WatchedTiers): void {
    if (this.#watched.has(tiers)) return;
    this.#watched.set(tiers, [
      tiers.on('invalidate', (event) => {
        if (!this.#isFirst(event)) return;
        const own = event.tags.filter((tag) => !isInternal(tag));
        if (own.length > 0) this.#seen.tags(own);
      }),
      tiers.on('clear', (event) => {
        if (this.#isFirst(event)) this.#seen.all();
      }),
    ]);
  }

  /** Watches nothing any more. Idempotent. */
  close(): void {
    for (const ends of this.#watched.values()) for (const end of ends) end();
    this.#watched.clear();
  }

  #isWatched(tiers: unknown): boolean {
    return isTiers(tiers) && this.#watched.has(tiers);
  }

  #isFirst(event: object): boolean {
    if (this.#told.has(event)) return false;
    this.#told.add(event);
    return true;
  }
}

// What the response cache tells its own kind by: guards of fills under way, and what stands for every response (own-tags.ts
// and guard-tags.ts of @catzilla/fastify-cache). Tags of cache groups are none of these.
function isInternal(tag: string): boolean {
  return /^http:(?::soft:|.*:(?:every|pattern|p\d{1,4})$)/s.test(tag);
}
