// Tags of backend 'js': how much is remembered, what forgetting costs, and that the sweeper finds what is invalid.
import { expect, it } from 'vitest';
import { openCache } from '../src/index.ts';
import { JsTags } from '../src/js/js-tags.ts';

/** As many as are remembered. */
const RECORDS = 4096;

function others(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `other${i}`);
}

it('remembers 4096 tags exactly', () => {
  const tags = new JsTags();
  const epoch = tags.epoch;
  tags.invalidate(others(RECORDS));
  expect(tags.isValid(['x'], epoch)).toBe(true);
  expect(tags.isValid(['x', 'other0'], epoch)).toBe(false);
  expect(tags.isValid([`other${RECORDS - 1}`], epoch)).toBe(false);
});

it('takes tagged values for invalid that are older than what it forgot', () => {
  const tags = new JsTags();
  const first = tags.epoch;
  tags.invalidate(['x']);
  const second = tags.epoch;
  tags.invalidate(others(RECORDS));
  expect(tags.isValid(['x'], first)).toBe(false);
  expect(tags.isValid(['y'], first)).toBe(false); // never invalidated: the price of forgetting
  expect(tags.isValid(['x'], second)).toBe(true);
  expect(tags.mayStore(['y'], first)).toBe(false);
  expect(tags.mayStore(undefined, first)).toBe(true);
});

it('forgets first what was invalidated longest ago', () => {
  const tags = new JsTags();
  tags.invalidate(['x']);
  tags.invalidate(others(RECORDS - 1));
  const epoch = tags.epoch;
  tags.invalidate(['x', 'one more']);
  expect(tags.isValid(['y'], epoch)).toBe(true);
  expect(tags.isValid(['x'], epoch)).toBe(false);
});

it('starts anew with clear, and never falls', () => {
  const tags = new JsTags();
  tags.invalidate(others(RECORDS + 10));
  const before = tags.epoch;
  tags.clear();
  expect(tags.epoch).toBeGreaterThan(before);
  expect(tags.isValid(['other0', 'y'], tags.epoch)).toBe(true);
  expect(tags.mayStore(undefined, before)).toBe(false);
});

it('remembers that a value was valid when it was last read', () => {
  const cache = openCache({ backend: 'js', maxBytes: 2 ** 20, sweepInterval: false });
  cache.set('read', 'value', { tags: ['y'] });
  cache.set('unread', 'value', { tags: ['y'] });
  for (let round = 0; round < 10; round++) {
    cache.invalidateTag(others(1000).map((tag) => `${tag}:${round}`));
    expect(cache.has('read')).toBe(true);
  }
  expect(cache.has('unread')).toBe(false);
  cache.invalidateTag('y');
  expect(cache.has('read')).toBe(false);
  cache.close();
});

it('lets the sweeper remove what was invalidated', () => {
  const cache = openCache({ backend: 'js', maxBytes: 2 ** 20, sweepInterval: false });
  for (let i = 0; i < 50; i++) cache.set(`k${i}`, 'value', { tags: [i % 2 ? 'x' : 'y'] });
  cache.invalidateTag('x');
  expect(cache.stats()).toMatchObject({ entries: 50, invalidated: 0 });
  (cache as unknown as { sweep(interval: number, budget: number): void }).sweep(0, 1000);
  expect(cache.stats()).toMatchObject({
    entries: 25,
    invalidated: 25,
    evictions: 0,
    expirations: 0,
  });
  cache.close();
});

it('counts tags in the size of a value', () => {
  const cache = openCache({ backend: 'js', maxBytes: 2 ** 20, sweepInterval: false });
  const sizeWith = (tags: string[]) => {
    cache.set('a', 'value', { tags });
    return cache.stats().bytes.used;
  };
  const none = sizeWith([]);
  expect(sizeWith(['x'.repeat(200)])).toBeGreaterThanOrEqual(none + 200);
  expect(cache.touch('a')).toBe(true);
  expect(cache.stats().bytes.used).toBeGreaterThanOrEqual(none + 200);
  cache.close();
});
