// Leases that nobody releases: they cost memory that is bounded, and are told of; the cache goes on. A process that
// ends, however it ends, takes its leases with it.
import { afterEach, describe, expect, it } from 'vitest';
import { openCache } from '../src/index.ts';
import { runChild } from './support/child.ts';
import { endProcesses, machineCache, startProcess } from './support/process.ts';
import { until } from './support/until.ts';

afterEach(endProcesses);

describe('a lease that is never released', () => {
  it('is counted and warned about once, and pins no more than leaseLimit; everything else goes on', async () => {
    const output = await runChild(
      `
      const warnings = [];
      process.on('warning', ({ code }) => warnings.push(code));
      const cache = openCache({ maxBytes: 8 * 2 ** 20, leaseLimit: 0.25 });
      const value = (i) => Buffer.alloc(100_000, i);
      for (let i = 0; i < 40; i++) cache.set('k' + i, value(i));
      let pinned = 0;
      for (let i = 0; i < 40; i++) if (!cache.lease('k' + i).copied) pinned++;
      for (let i = 0; i < 400 && cache.stats().leases.leaked < 40; i++) {
        gc();
        await new Promise(setImmediate);
      }
      const { leaked } = cache.stats().leases;
      const isCopy = cache.lease('k39').copied;
      let stored = 0;
      let wrong = 0;
      for (let i = 0; i < 400; i++) {
        if (cache.set('n' + i, value(i))) stored++;
        const got = cache.get('n' + i);
        if (got !== undefined && !got.equals(value(i))) wrong++;
      }
      cache.clear();
      const { used, max, quarantined, live } = cache.stats().bytes;
      console.log(JSON.stringify({
        warnings, isCopy, stored, wrong, live, entries: cache.stats().entries,
        leaked, bounded: used <= max && pinned * 100_000 <= max / 4,
        pinned: pinned > 0, quarantined: quarantined > 0,
      }));`,
      { flags: ['--expose-gc', '--no-warnings'] },
    );
    expect(JSON.parse(output)).toEqual({
      warnings: ['CATZ_WARN_CACHE_LEASE_LEAKED'],
      isCopy: true,
      stored: 400,
      wrong: 0,
      live: 0,
      entries: 0,
      leaked: 40,
      bounded: true,
      pinned: true,
      quarantined: true,
    });
  });
});

describe.runIf(process.platform === 'linux')('leases of another process', () => {
  /** Holds leases of ten large values. */
  const holder = `
    const cache = openCache(data.name, data.options);
    const held = [];
    for (let i = 0; i < 10; i++) held.push(cache.lease('k' + i));
    process.on('message', (how) => {
      if (how === 'exit') process.exit();
      process.off('disconnect', exitWhenAlone);
      process.disconnect();
    });
    send(held.filter(({ copied }) => !copied).length);`;

  const start = async () => {
    const { name, options } = machineCache({
      maxBytes: 8 * 2 ** 20,
      leaseLimit: 0.5,
      sweepInterval: 5,
    });
    const cache = openCache(name, options);
    for (let i = 0; i < 10; i++) cache.set(`k${i}`, Buffer.alloc(200_000, i));
    const child = startProcess(holder, { name, options });
    expect(await child.next()).toBe(10);
    expect(cache.stats()).toMatchObject({ leases: { open: 10 }, processes: 2 });
    for (let i = 0; i < 10; i++) cache.delete(`k${i}`);
    expect(cache.stats().bytes.quarantined).toBeGreaterThanOrEqual(2_000_000);
    return { cache, child };
  };

  it.each(['end', 'exit'])('end with it: %s', async (how) => {
    const { cache, child } = await start();
    child.send(how);
    expect(await child.ended).toBe(0);
    expect(cache.stats()).toMatchObject({
      leases: { open: 0 },
      processes: 1,
      bytes: { quarantined: 0 },
    });
    cache.close();
  });

  it('are reaped by the sweeper of another when it is killed', async () => {
    const { cache, child } = await start();
    await child.kill();
    await child.ended;
    await until(
      () => cache.stats().bytes.quarantined === 0,
      () => cache.stats().bytes,
    );
    expect(cache.stats()).toMatchObject({ leases: { open: 0 }, processes: 1 });
    for (let i = 0; i < 60; i++) expect(cache.set(`n${i}`, Buffer.alloc(200_000, i))).toBe(true);
    cache.close();
  });

  it('are reaped by who opens the file next when all were killed', async () => {
    const { name, options } = machineCache({ maxBytes: 8 * 2 ** 20, leaseLimit: 0.5 });
    const first = openCache(name, options);
    for (let i = 0; i < 10; i++) first.set(`k${i}`, Buffer.alloc(200_000, i));
    const child = startProcess(holder, { name, options });
    expect(await child.next()).toBe(10);
    first.close();
    await child.kill();
    const cache = openCache(name, options);
    expect(cache.stats()).toMatchObject({ opened: 'recovered', leases: { open: 0 }, processes: 1 });
    for (let i = 0; i < 10; i++)
      expect(cache.get(`k${i}`)?.equals(Buffer.alloc(200_000, i))).toBe(true);
    cache.clear();
    expect(cache.stats().bytes).toMatchObject({ quarantined: 0, live: 0 });
    cache.close();
  });
});
