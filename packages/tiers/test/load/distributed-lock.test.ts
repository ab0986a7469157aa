import { describe, expect, it, vi } from 'vitest';
import { Loader } from '../../src/load/get-or-set.ts';
import { deferred, turn, until } from './support/deferred.ts';
import { FakeHost } from './support/fake-host.ts';
import { FakeWorld } from './support/fake-world.ts';

interface Process {
  readonly host: FakeHost;
  readonly loader: Loader;
}

function processes(): { world: FakeWorld; here: Process; there: Process } {
  const world = new FakeWorld();
  const one = (): Process => {
    const host = new FakeHost(world);
    return { host, loader: new Loader(host) };
  };
  return { world, here: one(), there: one() };
}

describe('the distributed lock', () => {
  it('has one factory call among all processes', async () => {
    const { here, there } = processes();
    const gate = deferred<string>();
    const ask = ({ loader }: Process): Promise<string>[] =>
      Array.from({ length: 20 }, () => loader.getOrSet('a', () => gate.promise, { lock: true }));
    const all = [...ask(here), ...ask(there)];
    await until(() => there.host.counters.lockWaits === 1);
    gate.resolve('once');
    expect(new Set(await Promise.all(all))).toEqual(new Set(['once']));
    expect(here.host.counters.factoryCalls + there.host.counters.factoryCalls).toBe(1);
  });

  it('is not asked for without the option', async () => {
    const { world, here } = processes();
    await here.loader.getOrSet('a', () => 1);
    expect(world.lockCalls).toEqual([]);
  });

  it('is released by the fill, with its token', async () => {
    const { world, here } = processes();
    await here.loader.getOrSet('a', () => 1, { lock: true });
    await Promise.all(here.host.tracked);
    expect(world.lockCalls).toEqual(['acquire', 'fill']);
    expect(world.locks.size).toBe(0);
  });

  it('is released when nothing was stored', async () => {
    const { world, here } = processes();
    const lock = true;
    await here.loader.getOrSet('a', () => undefined, { lock });
    await here.loader.getOrSet('b', () => 1, { lock, ttl: 0 });
    await here.loader
      .getOrSet('c', () => Promise.reject(new Error('down')), { lock })
      .catch(() => {});
    await here.loader.getOrSet('d', (context) => (context.skip(), 1), { lock });
    await Promise.all(here.host.tracked);
    expect(world.lockCalls.filter((call) => call === 'release').length).toBe(4);
    expect(world.locks.size).toBe(0);
  });

  it('gives the factory a fence that grows', async () => {
    const { here, there } = processes();
    const fences: number[] = [];
    for (const { loader } of [here, there]) {
      await loader.getOrSet(
        'a',
        ({ fence }) => {
          fences.push(fence!);
          return 1;
        },
        { lock: true, ttl: 0 },
      );
    }
    expect(fences[0]).toBeGreaterThan(0);
    expect(fences[1]).toBeGreaterThan(fences[0]!);
  });

  it('is extended in time: at each third of its ttl', async () => {
    const { here } = processes();
    const intervals = vi.spyOn(globalThis, 'setInterval');
    try {
      await here.loader.getOrSet('a', () => 1, { lock: { ttl: 9000 } });
      expect(intervals.mock.calls.map(([, ms]) => ms)).toEqual([3000]);
    } finally {
      intervals.mockRestore();
    }
  });

  it('is extended while the factory runs, and not after', async () => {
    const { world, here } = processes();
    const gate = deferred<number>();
    const asked = here.loader.getOrSet('a', () => gate.promise, { lock: { ttl: 30 } });
    const extensions = (): number => world.lockCalls.filter((call) => call === 'extend').length;
    await until(() => extensions() >= 3);
    gate.resolve(1);
    await asked;
    const before = extensions();
    await new Promise((resolve) => {
      setTimeout(resolve, 25);
    });
    expect(extensions()).toBe(before);
  });

  it('that is lost is extended no more, and what was computed is not stored below', async () => {
    const { world, here } = processes();
    const gate = deferred<number>();
    const asked = here.loader.getOrSet('a', () => gate.promise, { lock: { ttl: 30 } });
    await turn();
    world.locks.set('a', { token: 'theirs', until: Infinity });
    await until(() => world.lockCalls.includes('extend'));
    gate.resolve(1);
    expect(await asked).toBe(1);
    await Promise.all(here.host.tracked);
    expect(world.remote.has('a')).toBe(false);
    expect(world.locks.get('a')?.token).toBe('theirs');
    expect(world.lockCalls.filter((call) => call === 'extend').length).toBe(1);
  });

  it('that cannot be had at all holds nobody up', async () => {
    const { world, here } = processes();
    world.lockFails = true;
    expect(await here.loader.getOrSet('a', ({ fence }) => fence ?? 'none', { lock: true })).toBe(
      'none',
    );
    const alone = new FakeHost(new FakeWorld(), { remote: false });
    expect(await new Loader(alone).getOrSet('a', () => 1, { lock: true })).toBe(1);
  });

  it('is waited for no longer than `wait`: then who waits loads without it', async () => {
    const { world, here } = processes();
    world.acquire('a', 'theirs', 10_000);
    const value = here.loader.getOrSet('a', () => 'mine', { lock: { wait: 30 } });
    expect(await value).toBe('mine');
    expect(here.host.counters.lockWaits).toBe(1);
    expect(world.locks.get('a')?.token).toBe('theirs');
  });

  it('with wait 0 is not waited for', async () => {
    const { world, here } = processes();
    world.acquire('a', 'theirs', 10_000);
    expect(await here.loader.getOrSet('a', () => 'mine', { lock: { wait: 0 } })).toBe('mine');
    expect(here.host.belowReads).toBe(1);
  });

  it('passes to one who waits when its holder stores nothing', async () => {
    const { world, here } = processes();
    world.acquire('a', 'theirs', 10_000);
    const value = here.loader.getOrSet('a', () => 'mine', { lock: { wait: 30_000 } });
    await until(() => here.host.counters.lockWaits === 1);
    world.release('a', 'theirs');
    expect(await value).toBe('mine');
  });

  it('goes on at the end of the lease of a holder that died', async () => {
    const { world, here } = processes();
    world.acquire('a', 'theirs', 10_000);
    const value = here.loader.getOrSet('a', () => 'mine', { lock: { wait: 30_000 } });
    await until(() => here.host.counters.lockWaits === 1);
    world.advance(10_001);
    expect(await value).toBe('mine');
    expect(here.host.counters.factoryCalls).toBe(1);
  });

  it('looks below once more when it is had: another may have filled in between', async () => {
    const { world, here, there } = processes();
    const gate = deferred();
    here.host.gate = gate.promise;
    const value = here.loader.getOrSet('a', () => 'mine', { lock: true });
    await there.loader.getOrSet('a', () => 'theirs', { lock: true });
    gate.resolve();
    expect(await value).toBe('theirs');
    expect(here.host.counters.factoryCalls).toBe(0);
    await Promise.all(here.host.tracked);
    expect(world.locks.size).toBe(0);
  });

  it('lets one who waits take what somebody here has set', async () => {
    const { world, here } = processes();
    world.acquire('a', 'theirs', 10_000);
    const value = here.loader.getOrSet('a', () => 'mine', { lock: { wait: 30_000 } });
    await until(() => here.host.counters.lockWaits === 1);
    here.host.put('a', 'set');
    world.remote.clear();
    expect(await value).toBe('set');
  });

  it('is never waited for by who has a stale value', async () => {
    const { world, here } = processes();
    here.host.put('a', 'old', { ttl: 10, grace: 60_000 });
    here.host.put('b', 'old too', { ttl: 10, grace: 60_000 });
    here.host.evict('b');
    world.advance(11);
    for (const key of ['a', 'b']) world.acquire(key, 'theirs', 10_000);
    const lock = { wait: 30_000 };
    expect(await here.loader.getOrSet('a', () => 'mine', { lock })).toBe('old');
    expect(await here.loader.getOrSet('b', () => 'mine', { lock })).toBe('old too');
    await Promise.all(here.host.tracked);
    expect(here.host.counters).toMatchObject({ factoryCalls: 0, failSafe: 2 });
  });

  it('is not waited for by who joins with a stale value, either', async () => {
    const { world, here } = processes();
    here.host.put('a', 'old', { ttl: 10, grace: 60_000 });
    world.advance(11);
    world.acquire('a', 'theirs', 10_000);
    const lock = { wait: 30_000 };
    const fresh = here.loader.getOrSet('a', () => 'mine', { lock, fresh: true });
    await until(() => here.host.counters.lockWaits === 1);
    expect(await here.loader.getOrSet('a', () => 'mine', { lock })).toBe('old');
    const counted = here.host.counters.failSafe;
    world.release('a', 'theirs');
    expect(await fresh).toBe('mine');
    expect(counted).toBe(1);
  });

  it('once had lets who joins wait for the factory, as without a lock', async () => {
    const { world, here } = processes();
    here.host.put('a', 'old', { ttl: 10, grace: 60_000 });
    world.advance(11);
    world.acquire('a', 'theirs', 10_000);
    const lock = { wait: 30_000 };
    const gate = deferred<string>();
    const fresh = here.loader.getOrSet('a', () => gate.promise, { lock, fresh: true });
    await until(() => here.host.counters.lockWaits === 1);
    world.release('a', 'theirs');
    await until(() => here.host.counters.factoryCalls === 1);
    const joined = here.loader.getOrSet('a', () => 'not called', { lock });
    gate.resolve('mine');
    expect(await Promise.all([fresh, joined])).toEqual(['mine', 'mine']);
  });

  it('is waited for by a fresh load, which takes a value computed since', async () => {
    const { world, here, there } = processes();
    here.host.put('a', 'old');
    world.acquire('a', 'theirs', 10_000);
    const value = here.loader.getOrSet('a', () => 'mine', {
      fresh: true,
      lock: { wait: 30_000 },
    });
    await until(() => here.host.counters.lockWaits === 1);
    there.host.put('a', 'theirs');
    expect(await value).toBe('theirs');
  });

  it('is not waited for when all who waited have given up', async () => {
    const { world, here } = processes();
    world.acquire('a', 'theirs', 10_000);
    const controller = new AbortController();
    const { signal } = controller;
    const value = here.loader.getOrSet('a', () => 'mine', { lock: { wait: 30_000 }, signal });
    await until(() => here.host.counters.lockWaits === 1);
    controller.abort();
    await expect(value).rejects.toBe(signal.reason);
    await Promise.all(here.host.tracked);
    expect(here.host.counters.factoryCalls).toBe(0);
  });
});
