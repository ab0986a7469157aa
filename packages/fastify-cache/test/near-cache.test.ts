// Hits of large responses: the cache that the plugin opens keeps them where no native call is needed.
import Fastify from 'fastify';
import { openCache } from '@catzilla/cache-core';
import type { CacheOptions } from '@catzilla/cache-core';
import { expect, it } from 'vitest';
import { fastifyCache } from '../src/index.ts';
import type { FastifyCacheOptions } from '../src/index.ts';
import { atEnd, get } from './helpers.ts';

/** Near hits among eight hits of one response. */
async function nearHits(size: number, cache: FastifyCacheOptions['cache']): Promise<number> {
  // The default cache is shared by name: this handle only counts.
  const counted = openCache('catzilla-http');
  atEnd(() => counted.close());
  const app = Fastify();
  atEnd(() => app.close());
  await app.register(fastifyCache, { ttl: 60_000, ...(cache === undefined ? {} : { cache }) });
  app.get('/a', () => 'x'.repeat(size));
  const url = `/a?${size}-${JSON.stringify(cache) ?? ''}`;
  await get(app, url);
  const before = counted.stats().nearHits;
  for (let i = 0; i < 8; i++) expect((await get(app, url)).cache).toContain('hit');
  return counted.stats().nearHits - before;
}

const cases: [string, number, CacheOptions | undefined, boolean][] = [
  ['of 64 KiB is read without a native call', 65_536, undefined, true],
  ['of a megabyte less its head is too', 1_040_000, undefined, true],
  ['of more than a megabyte is not', 1_100_000, undefined, false],
  ['of 64 KiB is too where options leave nearCache out', 65_536, { maxKeyBytes: 8192 }, true],
  ['follows nearCache: false', 1_000, { nearCache: false }, false],
  ['follows nearCache limits that were given', 65_536, { nearCache: { maxEntries: 9 } }, false],
];
for (const [what, size, cache, isNear] of cases) {
  it(`a hot response ${what}`, async () => {
    const count = await nearHits(size, cache);
    if (isNear) expect(count).toBeGreaterThan(3);
    else expect(count).toBe(0);
  });
}
