// A write that the disk's queue had no room for leaves no older value to be read from disk.
import { expect, it } from 'vitest';
import { Dropped } from '../../src/cache/dropped.ts';
import { pendingRemoval } from '../../src/cache/pending.ts';
import { chaosDisk, memoryDisk } from '../../src/testing/index.ts';
import { open, until } from './support/open.ts';

it('hides what the disk has of a key whose write was given up, and removes it once there is room', async () => {
  const disk = chaosDisk(memoryDisk());
  const cache = open({ memory: false, disk });
  await cache.ready();
  await cache.set('k', 'old');
  await until(() => cache.stats().queued === 0);
  disk.set({ fail: 1 });
  await cache.set('k', 'new');
  await until(() => cache.stats().dropped > 0);
  disk.set({ fail: 0 });
  expect(await cache.get('k')).toBeUndefined();
  await until(async () => {
    await cache.set('other', 1);
    return (await cache.inspect('k')).disk === undefined;
  });
  await cache.set('k', 'newer');
  await until(async () => (await cache.get('k')) === 'newer');
});

it('keeps a bounded number of names', () => {
  const dropped = new Dropped();
  for (let i = 0; i < 10_000; i++) {
    expect(dropped.add(`k${i}`, pendingRemoval('', `k${i}`, 1))).toBe(true);
  }
  expect(dropped.has('k7')).toBe(true);
  dropped.settle('k7');
  expect(dropped.has('k7')).toBe(false);
  expect(dropped.some(3)).toHaveLength(3);
  dropped.add('k7', pendingRemoval('', 'k7', 1));
  expect(dropped.add('one too many', pendingRemoval('', 'x', 1))).toBe(false);
  expect(dropped.has('k1')).toBe(false);
});
