import { describe, expect, it } from 'vitest';
import {
  checkEntryOptions,
  checkLoadOptions,
  checkManyOptions,
} from '../../src/load/check-options.ts';
import { planOf, resolveLoadDefaults } from '../../src/load/plan.ts';

function fault(options: unknown): string {
  try {
    checkLoadOptions(options as object);
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`;
  }
  return 'none';
}

describe('the options of getOrSet', () => {
  it.each([
    { ttl: 1, grace: 0, jitter: 0.5, tags: ['a'], meta: { a: 'b' }, compress: false },
    { ttl: { memory: 1, remote: Infinity, disk: 0 }, tiers: ['memory', 'remote', 'disk'] },
    { ttl: { memory: undefined }, softTimeout: 0, hardTimeout: Infinity, failSafeTtl: 0 },
    { fresh: true, early: { beta: 1 }, lock: true, returnRaw: false },
    { early: { after: 0.8 }, lock: { ttl: 100, wait: 0 } },
    { early: false, lock: {}, signal: new AbortController().signal },
    { negative: { ttl: 0, when: () => true, errors: () => 1 } },
    { ttl: undefined, negative: undefined, early: undefined, lock: undefined },
    { tags: ['ä'.repeat(128)] },
    {},
  ])('may be %o', (options) => {
    expect(fault(options)).toBe('none');
  });

  it.each([
    [1, 'expected options to be an object, got 1'],
    [null, 'expected options to be an object, got null'],
    [[], 'expected options to be an object, got an array of 0'],
    [{ tll: 1 }, 'unknown option options.tll, did you mean ttl?'],
    [{ xyzzy: undefined }, /^unknown option options.xyzzy, known are /],
    [{ ttl: -1 }, 'expected options.ttl to be a duration in ms or Infinity, got -1'],
    [{ ttl: '1' }, 'expected options.ttl to be a duration in ms or an object, got "1"'],
    [{ ttl: null }, /options.ttl/],
    [{ ttl: { memry: 1 } }, 'unknown option options.ttl.memry, did you mean memory?'],
    [{ ttl: { memory: Number.NaN } }, /options.ttl.memory/],
    [{ grace: -1 }, /options.grace/],
    [{ jitter: 0.6 }, /options.jitter/],
    [{ meta: { a: 1 } }, /options.meta/],
    [{ meta: [] }, /options.meta/],
    [{ meta: { a: 'x'.repeat(1024) } }, /options.meta/],
    [{ compress: 1 }, /options.compress/],
    [{ tiers: 'memory' }, /options.tiers/],
    [{ tiers: ['l1'] }, /options.tiers/],
    [{ softTimeout: -1 }, /options.softTimeout/],
    [{ softTimeout: 2 ** 31 }, /options.softTimeout/],
    [{ hardTimeout: 0 }, /options.hardTimeout/],
    [{ failSafeTtl: 'x' }, /options.failSafeTtl/],
    [{ fresh: 1 }, /options.fresh/],
    [{ returnRaw: 'yes' }, /options.returnRaw/],
    [{ early: true }, 'expected options.early to be false or an object, got true'],
    [{ early: {} }, 'expected options.early to have beta or after, not none'],
    [{ early: { beta: 1, after: 1 } }, 'expected options.early to have beta or after, not both'],
    [{ early: { after: 2 } }, /options.early.after/],
    [{ lock: 1 }, 'expected options.lock to be true or false or an object, got 1'],
    [{ lock: { ttl: 1 } }, /options.lock.ttl/],
    [{ lock: { tl: 1 } }, /unknown option options.lock.tl/],
    [{ negative: {} }, /options.negative.ttl/],
    [{ negative: { ttl: 1, when: true } }, /options.negative.when/],
    [{ negative: 5 }, 'expected options.negative to be an object, got 5'],
    [{ signal: {} }, /options.signal/],
    [{ signal: null }, /options.signal/],
  ])('may not be %o', (options, message) => {
    const found = fault(options);
    expect(found).toMatch(/^CATZ_TIERS_OPTION: /);
    expect(found.slice('CATZ_TIERS_OPTION: '.length)).toMatch(message);
  });

  it.each([
    [{ tags: 'a' }, 'expected options.tags to be an array, got "a"'],
    [{ tags: [''] }, 'expected options.tags[0] to be a string of 1 to 256 bytes of UTF-8, got ""'],
    [{ tags: ['a', 5] }, /options.tags\[1\]/],
    [{ tags: ['ä'.repeat(129)] }, /options.tags\[0\]/],
    [
      { tags: Array.from({ length: 57 }, String) },
      'expected options.tags to be at most 56 tags, got 57',
    ],
  ])('may not have the tags of %o', (options, message) => {
    const found = fault(options);
    expect(found).toMatch(/^CATZ_TIERS_TAG: /);
    expect(found.slice('CATZ_TIERS_TAG: '.length)).toMatch(message);
  });

  it('are checked as they are read: inherited ones too, but not what others put on every object', () => {
    expect(fault(Object.create({ ttl: -1 }))).toMatch(/options.ttl/);
    expect(fault(Object.create({ foreign: 1 }))).toBe('none');
  });

  it('are fewer for many keys, and for an entry', () => {
    expect(() => checkManyOptions({ lock: true })).toThrow('unknown option options.lock');
    expect(() => checkEntryOptions({ fresh: true })).toThrow('unknown option options.fresh');
    checkManyOptions({ ttl: 1, hardTimeout: 1, fresh: true });
    checkEntryOptions({ ttl: 1, tags: ['a'] });
  });
});

describe('the defaults of loading', () => {
  it('are those of the package, of the cache above, and of the call', () => {
    const builtIn = resolveLoadDefaults();
    expect(builtIn).toEqual({
      softTimeout: Infinity,
      hardTimeout: Infinity,
      failSafeTtl: 5000,
      early: { beta: 1 },
      lock: false,
    });
    const own = resolveLoadDefaults({ softTimeout: 5, lock: { wait: 1 }, early: { after: 0.5 } });
    expect(own.lock).toEqual({ ttl: 10_000, wait: 1 });
    const below = resolveLoadDefaults({ hardTimeout: 9, failSafeTtl: 1, early: false }, own);
    expect(below).toEqual({
      softTimeout: 5,
      hardTimeout: 9,
      failSafeTtl: 1,
      early: false,
      lock: { ttl: 10_000, wait: 1 },
    });
    expect(planOf({ lock: { ttl: 50 }, softTimeout: 6, early: { beta: 2 } }, below)).toMatchObject({
      softTimeout: 6,
      hardTimeout: 9,
      early: { beta: 2 },
      lock: { ttl: 50, wait: 1 },
      fresh: false,
      returnRaw: false,
    });
    expect(planOf({ lock: true }, below).lock).toEqual({ ttl: 10_000, wait: 1 });
    expect(planOf({ lock: false }, below).lock).toBe(false);
    expect(planOf({ lock: true }, builtIn).lock).toEqual({ ttl: 10_000, wait: 2000 });
  });

  it('are checked', () => {
    expect(() => resolveLoadDefaults({ hardTimeout: -1 })).toThrow('options.hardTimeout');
    expect(() => resolveLoadDefaults({ fresh: true } as object)).toThrow('unknown option');
  });
});
