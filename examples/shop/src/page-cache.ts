// The one thing that services know of the response cache: what has changed is purged by tag.

import { token, type FastifyInstance, type Token } from 'catzilla';

/** Cached answers, as a service. */
export interface PageCache {
  purge(tags: string[]): Promise<unknown>;
}

export const PageCache: Token<PageCache> = token<PageCache>('page cache');

export function createPageCache(server: FastifyInstance): PageCache {
  return { purge: (tags) => server.cache.purgeTags(tags) };
}
