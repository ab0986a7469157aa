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

/** The tokens a fill saw. Compared by equality only. */
export interface TokenMark {
  readonly path: string;
  readonly url: string;
  readonly pattern: string;
}

/** Reads and writes the tokens of one namespace. */
export class PurgeTokens {
  readonly #cache: Cache;
  readonly #prefix: string;
  readonly #patternKey: string;
  // Unique over threads and restarts: a token must never repeat.
  readonly #writer: string = randomBytes(9).toString('base64url');
  #count = 0;

  constructor(cache: Cache, namespace: string) {
    this.#cache = cache;
    this.#prefix = `t1|${namespace}|`;
    this.#patternKey = `T1|${namespace}`;
  }

  /** What a fill of this target must find unchanged.
   * @throws whatever the cache throws */
  mark(target: string): TokenMark {
    return this.#read(engineKey(this.#prefix + pathOf(target)));
  }

  /** True while no purge that could concern the fill has happened since `mark`. */
  isCurrent(mark: TokenMark): boolean {
    const now = this.#read(mark.path);
    return now.url === mark.url && now.pattern === mark.pattern;
  }

  /** Announces the purge of a target; to be called before anything is deleted. */
  announce(target: string): void {
    this.#write(engineKey(this.#prefix + pathOf(target)));
  }

  /** Announces a purge by pattern. */
  announcePattern(): void {
    this.#write(this.#patternKey);
  }

  #read(path: string): TokenMark {
    return { path, url: this.#text(path), pattern: this.#text(this.#patternKey) };
  }

  #text(key: string): string {
    return this.#cache.get(key)?.toString('latin1') ?? '';
  }

  #write(key: string): void {
    this.#cache.set(key, `${this.#writer}${(++this.#count).toString(36)}`, { ttl: TOKEN_TTL });
  }
}
