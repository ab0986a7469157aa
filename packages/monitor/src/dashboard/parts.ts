// The caches of an application as the dashboard sees them: what it hears of them, and what it may ask them to do.
// Invariant: structural, and every part may be missing: the monitor imports none of them.
import type { FastifyInstance } from 'fastify';

/** What is heard of a tiered cache. */
export interface TiersPart {
  readonly name: string;
  on(
    event: 'hit',
    listener: (event: { readonly key: string; readonly namespace: string }) => void,
  ): () => void;
  on(
    event: 'state',
    listener: (event: {
      readonly tier: string;
      readonly state: string;
      readonly lastError: string | undefined;
    }) => void,
  ): () => void;
  on(event: 'gap', listener: (event: { readonly reason: string }) => void): () => void;
  on(
    event: 'invalidate',
    listener: (event: { readonly tags: readonly string[]; readonly soft: boolean }) => void,
  ): () => void;
  invalidateTags(
    tags: readonly string[],
    options: { readonly soft: boolean },
  ): Promise<{ readonly ok: boolean }>;
  clear(): Promise<{ readonly ok: boolean }>;
}

/** What the response cache tells of a purge. */
export type PurgeHeard = { readonly soft: boolean } & (
  | { readonly kind: 'url'; readonly urls: readonly { readonly target: string }[] }
  | { readonly kind: 'pattern'; readonly pattern: string | RegExp }
  | { readonly kind: 'tags'; readonly tags: readonly string[] }
  | { readonly kind: 'all' }
);

type Purge<T> = (
  what: T,
  options: { readonly soft: boolean },
) => Promise<{ readonly ok: boolean; readonly purged?: number }>;

/** The response cache. */
export interface CachePart {
  readonly tiers?: TiersPart;
  readonly purge: Purge<string>;
  readonly purgePath: Purge<string>;
  readonly purgeTags: Purge<readonly string[]>;
  purgeAll(options: {
    readonly soft: boolean;
  }): Promise<{ readonly ok: boolean; readonly purged: number }>;
  warm(
    urls: readonly string[],
    options: { readonly signal: AbortSignal },
  ): Promise<readonly WarmRow[]>;
  onPurge?(listener: (event: PurgeHeard) => void): () => void;
}

/** What became of one URL that was warmed. */
export interface WarmRow {
  readonly url: string;
  readonly status: number;
  readonly stored: boolean;
  readonly reason: string | undefined;
  readonly ms: number;
}

/** The caches that an application has now. */
export interface CacheParts {
  readonly cache: CachePart | undefined;
  readonly tiers: TiersPart | undefined;
}

/** Looks for them. */
export function cacheParts(app: FastifyInstance): CacheParts {
  const { cache, tiers } = app as unknown as Partial<CacheParts>;
  return { cache, tiers };
}

/** The tiered caches, each once: the response cache may stand on that of the application. */
export function tieredOf({ cache, tiers }: CacheParts): readonly TiersPart[] {
  const all = [cache?.tiers, tiers].filter((each) => each !== undefined);
  return all.filter((each, at) => all.findIndex(({ name }) => name === each.name) === at);
}
