// The latency of memory: a sample of its look-ups, whoever makes them, on both engines.
import { openCache } from '@catzilla/cache-core';
import { describe, expect, it } from 'vitest';
import { memoryTier } from '../../src/testing/index.ts';
import type { TieredCache } from '../../src/index.ts';
import { atEnd, open } from './support/open.ts';

/** Look-ups of which one is timed. */
const EVERY = 509;

function openOn(backend: 'native' | 'js'): TieredCache {
  const memory = openCache({ maxBytes: 4 * 1024 * 1024, backend });
  atEnd(() => memory.close());
  return open({ memory, codec: 'bytes' });
}

const lookUps: readonly (readonly [string, (cache: TieredCache) => unknown])[] = [
  ['get', (cache) => cache.get('a')],
  ['getSync', (cache) => cache.getSync('a')],
  ['getEntrySync', (cache) => cache.getEntrySync('a')],
  ['getOrSet', (cache) => cache.getOrSet('a', () => Buffer.from('other'))],
  ['lease', (cache) => cache.lease('a')?.release()],
  ['getSync of nothing', (cache) => cache.getSync('nothing')],
];

describe.each(['native', 'js'] as const)('the latency of memory on backend %s', (backend) => {
  it.each(lookUps)('is that of one in 509 look-ups by %s, and NaN before', async (_name, look) => {
    const cache = openOn(backend);
    await cache.set('a', Buffer.from('x'));
    for (let i = 1; i < EVERY; i++) await look(cache);
    const before = { count: 0, p50Ms: NaN, p99Ms: NaN, maxMs: NaN };
    expect(cache.stats().memory.latency).toEqual(before);
    for (let i = 0; i < 2 * EVERY; i++) await look(cache);
    const { count, p50Ms, p99Ms, maxMs } = cache.stats().memory.latency;
    expect(count).toBe(2);
    expect(p50Ms).toBeGreaterThanOrEqual(0);
    expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
    expect(maxMs).toBeGreaterThanOrEqual(p99Ms);
  });

  it('counts from 0 again after resetStats', async () => {
    const cache = openOn(backend);
    for (let i = 0; i < EVERY; i++) cache.getSync('a');
    expect(cache.stats().memory.latency.count).toBe(1);
    cache.resetStats();
    expect(cache.stats().memory.latency).toMatchObject({ count: 0, p50Ms: NaN });
  });

  it('is of all namespaces together', () => {
    const cache = openOn(backend);
    const namespace = cache.namespace('n');
    for (let i = 0; i < EVERY; i++) (i % 2 === 0 ? cache : namespace).getSync('a');
    expect(namespace.stats().memory.latency.count).toBe(1);
  });
});

it('a cache without memory has no latency of it', () => {
  const cache = open({ memory: false, remote: memoryTier() });
  for (let i = 0; i < 2 * EVERY; i++) cache.getSync('a');
  expect(cache.stats().memory.latency).toMatchObject({ count: 0, p99Ms: NaN });
});
