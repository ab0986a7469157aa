// Leases that nobody released: counted when they are collected.
import { describe, expect, it } from 'vitest';
import { targets } from './contract/suite.ts';
import { runChild } from './support/child.ts';

const unshared = targets.filter(({ scope }) => scope === 'process');

describe.each(unshared)('$title', ({ backend }) => {
  it('counts leases that were collected without release, and only those', async () => {
    const output = await runChild(
      `
      const cache = openCache({ backend: '${backend}', maxBytes: 4 * 2 ** 20 });
      cache.set('a', Buffer.alloc(1000, 1));
      const kept = cache.lease('a');
      for (let i = 0; i < 20; i++) cache.lease('a');
      for (let i = 0; i < 20; i++) cache.lease('a').release();
      for (let i = 0; i < 200 && cache.stats().leases.leaked < 20; i++) {
        gc();
        await new Promise(setImmediate);
      }
      const { open, leaked } = cache.stats().leases;
      console.log(open, leaked, kept.bytes.equals(Buffer.alloc(1000, 1)));`,
      { flags: ['--expose-gc'] },
    );
    expect(output).toBe('1 20 true');
  });
});
