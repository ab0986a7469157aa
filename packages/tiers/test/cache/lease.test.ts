// Leases: bytes of a value in memory without a copy, and only of values that were set as bytes.
import { describe, expect, it } from 'vitest';
import { memoryTier } from '../../src/testing/index.ts';
import { open, until } from './support/open.ts';

describe('a lease', () => {
  it('gives the bytes with their times, until it is released', async () => {
    const cache = open({ codec: 'bytes' });
    const bytes = Buffer.from('x'.repeat(10_000));
    await cache.set('k', bytes, { ttl: 60_000, grace: 1000, tags: ['t'], meta: { etag: '"1"' } });
    const lease = cache.lease('k');
    const entry = cache.getEntrySync('k');
    expect(lease).toMatchObject({
      tier: 'memory',
      created: entry?.created,
      expiresAt: entry?.expiresAt,
      graceUntil: entry?.graceUntil,
      stale: false,
      tags: ['t'],
      meta: { etag: '"1"' },
      size: 10_000,
      negative: false,
    });
    expect(lease?.value.equals(bytes)).toBe(true);
    await cache.delete('k');
    // Pinned, or a copy: either way what it was.
    expect(lease?.value.equals(bytes)).toBe(true);
    expect(typeof lease?.copied).toBe('boolean');
    lease?.release();
    lease?.release();
  });

  it('is given of stale values too, and disposed of by using', async () => {
    const cache = open({ codec: 'bytes' });
    await cache.set('k', Buffer.from('x'), { ttl: 20, grace: 60_000 });
    await until(() => {
      using lease = cache.lease('k');
      return lease?.stale === true;
    });
    expect(cache.stats().stale).toBe(1);
  });

  it('is not given of what is not bytes, not there, past its time, or without memory', async () => {
    const cache = open();
    await cache.set('json', { n: 1 });
    expect(cache.lease('json')).toBeUndefined();
    expect(cache.lease('none')).toBeUndefined();
    await cache.set('short', Buffer.from('x'), { ttl: 20 });
    await until(() => cache.lease('short') === undefined);
    expect(open({ memory: false, remote: memoryTier() }).lease('k')).toBeUndefined();
    const { requests, hits, misses } = cache.stats();
    expect(hits + misses).toBe(requests);
    expect(misses).toBeGreaterThanOrEqual(3);
  });
});
