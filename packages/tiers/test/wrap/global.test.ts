import { afterEach, describe, expect, it, vi } from 'vitest';
import { createTieredCache } from '../../src/create.ts';
import { getCache, resetCache, setCache } from '../../src/wrap/global.ts';
import { modelCache } from './support.ts';
import type { ModelCache } from './support.ts';

vi.mock('../../src/create.ts', async () => {
  const support = await import('./support.ts');
  return { createTieredCache: vi.fn(support.modelCache) };
});

const WRAP = expect.objectContaining({ code: 'CATZ_TIERS_WRAP' });

afterEach(async () => {
  await resetCache();
  vi.mocked(createTieredCache).mockClear();
});

describe('the global cache', () => {
  it('is made on first use, once, without options', () => {
    const cache = getCache();
    expect(getCache()).toBe(cache);
    expect(createTieredCache).toHaveBeenCalledTimes(1);
    expect(createTieredCache).toHaveBeenCalledWith();
  });

  it('is the one that was set', () => {
    const cache = modelCache();
    setCache(cache);
    expect(getCache()).toBe(cache);
    const other = modelCache();
    setCache(other);
    expect(getCache()).toBe(other);
    expect(createTieredCache).not.toHaveBeenCalled();
  });

  it('is closed by resetCache when it was made here, and left open when it was set', async () => {
    const made = getCache() as ModelCache;
    await resetCache();
    expect(made.isClosed).toBe(true);
    const given = modelCache();
    setCache(given);
    await resetCache();
    expect(given.isClosed).toBe(false);
    expect(getCache()).not.toBe(given);
  });

  it('that was made here is not replaced without being closed', async () => {
    const made = getCache();
    setCache(made);
    expect(() => setCache(modelCache())).toThrow(WRAP);
    expect(getCache()).toBe(made);
    await resetCache();
    const given = modelCache();
    setCache(given);
    expect(getCache()).toBe(given);
  });

  it.each([undefined, null, new Map(), 'cache'])('is not %o', (value) => {
    expect(() => setCache(value as never)).toThrow(WRAP);
  });

  it('is the same for another copy of this package', async () => {
    const cache = getCache();
    vi.resetModules();
    const copy = await import('../../src/wrap/global.ts');
    expect(copy.setCache).not.toBe(setCache);
    expect(copy.getCache()).toBe(cache);
  });

  it('need not be there to be reset', async () => {
    await expect(resetCache()).resolves.toBeUndefined();
  });
});
