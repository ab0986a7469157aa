// Purge tokens: how a fill learns that its URL was purged while its handler ran, in whatever thread the purge happened.
// A purge writes a fresh token first and deletes entries after; a store compares the tokens of the fill's start with those
// before and after its write, and takes its entry back when they differ. So a reply computed before a purge is never kept.
// Invariant: a token lives longer than any fill may take (MAX_FILL_AGE); older fills are not stored at all.
// Tokens go by path, not by host or query: erring to over-invalidation costs one more run of a handler.
import { randomBytes } from 'node:crypto';
import type { Cache } from '@catzilla/cache-core';
import { engineKey, pathOf } from './key/primary-key.ts';

/** Longest time from a handler's start to the store of its reply, ms. */
export const MAX_FILL_AGE = 600_000;
/** A minute more, for the coarse clocks of an engine. */
const TOKEN_TTL = MAX_FILL_AGE + 60_000;

/** The tokens a fill saw when it started. Compared by equality only. */
export interface TokenMark {
  readonly path: string;
  readonly url: string;
  readonly pattern: string;
  /** A purge of this thread concerned the fill: holds even if the token was evicted since. */
  purged: boolean;
}

/** Reads and writes the tokens of one namespace. */
export class PurgeTokens {
  readonly #cache: Cache;
  readonly #prefix: string;
  readonly #patternKey: string;
  // Unique over threads and restarts: a token must never repeat.
  readonly #writer: string = randomBytes(9).toString('base64url');
  readonly #live: Set<TokenMark> = new Set();
  #count = 0;

  constructor(cache: Cache, namespace: string) {
    this.#cache = cache;
    this.#prefix = `t1|${namespace}|`;
    this.#patternKey = `T1|${namespace}`;
  }

  /** What a fill of this target must find unchanged; give it back with `release`.
   * @throws whatever the cache throws */
  mark(target: string): TokenMark {
    const path = this.#keyOf(target);
    const mark: TokenMark = {
      path,
      url: this.#text(path),
      pattern: this.#text(this.#patternKey),
      purged: false,
    };
    this.#live.add(mark);
    return mark;
  }

  /** Ends the interest in a mark; `isCurrent` may still be asked, about other threads only. */
  release(mark: TokenMark): void {
    this.#live.delete(mark);
  }

  /** True while no purge that could concern the fill has happened since `mark`.
   * @throws whatever the cache throws */
  isCurrent(mark: TokenMark): boolean {
    if (mark.purged) return false;
    return this.#text(mark.path) === mark.url && this.#text(this.#patternKey) === mark.pattern;
  }

  /** Announces the purge of a target; to be called before anything is deleted.
   * @throws whatever the cache throws; fills of this thread have heard it all the same */
  announce(target: string): void {
    const path = this.#keyOf(target);
    for (const mark of this.#live) if (mark.path === path) mark.purged = true;
    this.#write(path);
  }

  /** Announces a purge by pattern.
   * @throws whatever the cache throws; fills of this thread have heard it all the same */
  announcePattern(): void {
    for (const mark of this.#live) mark.purged = true;
    this.#write(this.#patternKey);
  }

  #keyOf(target: string): string {
    return engineKey(this.#prefix + pathOf(target));
  }

  #text(key: string): string {
    return this.#cache.get(key)?.toString('latin1') ?? '';
  }

  #write(key: string): void {
    const token = `${this.#writer}${(++this.#count).toString(36)}`;
    if (!this.#cache.set(key, token, { ttl: TOKEN_TTL }))
      throw new Error('no room for a purge token');
  }
}
