import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { errors } from '../../src/errors.ts';
import { Cancel } from '../../src/load/cancel.ts';
import { Loader } from '../../src/load/get-or-set.ts';
import { deferred, turn, until } from './support/deferred.ts';
import { FakeHost } from './support/fake-host.ts';

const loaders: Loader[] = [];

afterEach(async () => {
  await Promise.all(loaders.splice(0).map((loader) => loader.close()));
});

function setUp(): { host: FakeHost; loader: Loader } {
  const host = new FakeHost();
  const loader = new Loader(host);
  loaders.push(loader);
  return { host, loader };
}

function stale(host: FakeHost, key: string, value: unknown): void {
  host.put(key, value, { ttl: 1000, grace: 60_000 });
  host.world.advance(1001);
}

describe('softTimeout', () => {
  it('gives the stale value, and lets the load go on and fill', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    const gate = deferred<string>();
    expect(await loader.getOrSet('a', () => gate.promise, { softTimeout: 5 })).toBe('old');
    expect(host.hits.map((entry) => entry.stale)).toEqual([true]);
    expect(host.counters).toMatchObject({ softTimeouts: 1, failSafe: 1 });
    gate.resolve('new');
    await Promise.all(host.tracked);
    expect(host.peek('a')?.value).toBe('new');
    expect(host.events).toEqual(['refresh a']);
  });

  it('gives the new value when the factory is faster', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    expect(await loader.getOrSet('a', () => 'new', { softTimeout: 10_000 })).toBe('new');
    expect(host.counters.softTimeouts).toBe(0);
  });

  it('waits on when there is no stale value', async () => {
    const { host, loader } = setUp();
    const gate = deferred<string>();
    const asked = loader.getOrSet('a', () => gate.promise, { softTimeout: 1 });
    await until(() => host.counters.softTimeouts === 1);
    gate.resolve('new');
    expect(await asked).toBe('new');
  });

  it('of 0 gives the stale value at once, and refreshes it in the background, once', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    const gate = deferred<string>();
    const ask = (): Promise<string> => loader.getOrSet('a', () => gate.promise, { softTimeout: 0 });
    expect(await ask()).toBe('old');
    expect(await ask()).toBe('old');
    await turn();
    expect(host.counters).toMatchObject({
      factoryCalls: 1,
      backgroundRefreshes: 1,
      softTimeouts: 0,
      failSafe: 0,
      coalesced: 0,
    });
    gate.resolve('new');
    await Promise.all(host.tracked);
    expect(await ask()).toBe('new');
  });

  it('of 0 gives a stale value that is only below', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    host.evict('a');
    const gate = deferred<string>();
    expect(await loader.getOrSet('a', () => gate.promise, { softTimeout: 0 })).toBe('old');
    gate.resolve('new');
  });

  it('gives a stale value that is found below after the time is over', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    host.evict('a');
    const gate = deferred();
    host.gate = gate.promise;
    const asked = loader.getOrSet('a', () => new Promise<string>(() => {}), { softTimeout: 1 });
    await until(() => host.counters.softTimeouts === 1);
    gate.resolve();
    expect(await asked).toBe('old');
    expect(host.counters.failSafe).toBe(1);
  });

  it('is not waited for without a soft time-out: grace alone waits for the factory', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    expect(await loader.getOrSet('a', () => 'new')).toBe('new');
  });
});

describe('hardTimeout', () => {
  it('is CATZ_TIERS_TIMEOUT, and the load goes on and fills', async () => {
    const { host, loader } = setUp();
    const gate = deferred<string>();
    await expect(
      loader.getOrSet('a', () => gate.promise, { hardTimeout: 5 }),
    ).rejects.toMatchObject({
      code: 'CATZ_TIERS_TIMEOUT',
      message: 'the factory of key "a" took longer than its hardTimeout of 5 ms',
    });
    expect(host.counters.hardTimeouts).toBe(1);
    expect(host.misses).toBe(1);
    gate.resolve('new');
    await Promise.all(host.tracked);
    expect(host.peek('a')?.value).toBe('new');
  });

  it('cuts long keys in its message', async () => {
    const { loader } = setUp();
    const asked = loader.getOrSet('k'.repeat(500), () => new Promise(() => {}), { hardTimeout: 1 });
    const error: unknown = await asked.catch((reason: unknown) => reason);
    expect(String(error).length).toBeLessThan(200);
  });

  it('gives the stale value if there is one', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    const asked = loader.getOrSet('a', () => new Promise(() => {}), { hardTimeout: 5 });
    expect(await asked).toBe('old');
    expect(host.counters).toMatchObject({ hardTimeouts: 1, failSafe: 1 });
  });

  it('does not disturb the signal of the factory', async () => {
    const { loader } = setUp();
    let signal: AbortSignal | undefined;
    const asked = loader.getOrSet(
      'a',
      (context) => {
        signal = context.signal;
        return new Promise(() => {});
      },
      { hardTimeout: 1 },
    );
    await expect(asked).rejects.toBeInstanceOf(errors.TIMEOUT);
    expect(signal?.aborted).toBe(false);
  });
});

describe('timers', () => {
  it('keep no process alive', async () => {
    const { loader } = setUp();
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const asked = loader.getOrSet('a', () => new Promise(() => {}), {
      softTimeout: 60_000,
      hardTimeout: 60_000,
    });
    expect(timers()).toBe(before);
    await loader.close();
    await expect(asked).rejects.toMatchObject({ code: 'CATZ_TIERS_CLOSED' });
  });

  it('are gone once the wait is over', async () => {
    const { loader } = setUp();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const times = { softTimeout: 60_000, hardTimeout: 60_000 };
      const asked = loader.getOrSet('a', () => 1, times);
      expect(vi.getTimerCount()).toBe(2);
      await asked;
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('signal', () => {
  it('ends the wait of its caller alone, with its reason', async () => {
    const { host, loader } = setUp();
    const gate = deferred<string>();
    const controller = new AbortController();
    const given = new Error('gone');
    let inner: AbortSignal | undefined;
    const one = loader.getOrSet(
      'a',
      (context) => {
        inner = context.signal;
        return gate.promise;
      },
      { signal: controller.signal },
    );
    const two = loader.getOrSet('a', () => 'not called');
    await turn();
    controller.abort(given);
    await expect(one).rejects.toBe(given);
    expect(inner?.aborted).toBe(false);
    gate.resolve('new');
    expect(await two).toBe('new');
    expect(host.misses).toBe(2);
  });

  it('tells the factory when all have given up, and nobody joins that load any more', async () => {
    const { host, loader } = setUp();
    const one = new AbortController();
    const two = new AbortController();
    let inner: AbortSignal | undefined;
    const factory = (context: { signal: AbortSignal }): Promise<string> => {
      inner = context.signal;
      return new Promise((_, reject) => {
        inner?.addEventListener('abort', () => reject(inner?.reason as Error));
      });
    };
    const asked = [one, two].map(({ signal }) => loader.getOrSet('a', factory, { signal }));
    await turn();
    one.abort();
    expect(inner?.aborted).toBe(false);
    two.abort('both gone');
    expect(inner?.reason).toBe('both gone');
    await Promise.allSettled(asked);
    expect(await loader.getOrSet('a', () => 'new')).toBe('new');
    expect(host.counters.factoryErrors).toBe(0);
  });

  it('lets a load go on that a time-out has left behind', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    const controller = new AbortController();
    const gate = deferred<string>();
    let inner: AbortSignal | undefined;
    const factory = (context: { signal: AbortSignal }): Promise<string> => {
      inner = context.signal;
      return gate.promise;
    };
    const one = loader.getOrSet('a', factory, { softTimeout: 0 });
    const two = loader.getOrSet('a', factory, { signal: controller.signal });
    expect(await one).toBe('old');
    await turn();
    controller.abort();
    await expect(two).rejects.toBe(controller.signal.reason);
    expect(inner?.aborted).toBe(false);
    gate.resolve('new');
    await Promise.all(host.tracked);
    expect(host.peek('a')?.value).toBe('new');
  });

  it('frees the key of a factory that does not heed it', async () => {
    const { host, loader } = setUp();
    const controller = new AbortController();
    const gate = deferred<string>();
    const asked = loader.getOrSet('a', () => gate.promise, { signal: controller.signal });
    await turn();
    controller.abort();
    await expect(asked).rejects.toBe(controller.signal.reason);
    expect(await loader.getOrSet('a', () => 'new', { ttl: 0 })).toBe('new');
    gate.resolve('after all');
    await Promise.all(host.tracked);
    expect(host.peek('a')?.value).toBe('after all');
  });

  it('makes no failure of a factory that heeds it', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    const controller = new AbortController();
    const gate = deferred<string>();
    const { signal } = controller;
    const negative = { ttl: 0, errors: () => 60_000 };
    const asked = ['a', 'b'].map((key) =>
      loader.getOrSet(key, () => gate.promise, { signal, negative }),
    );
    await turn();
    controller.abort();
    gate.reject(new Error('stopped'));
    await Promise.allSettled(asked);
    await Promise.all(host.tracked);
    expect(host.counters.factoryErrors).toBe(0);
    expect(host.events).toEqual([]);
    expect(await loader.getOrSet('a', () => 'new', { negative })).toBe('new');
    expect(await loader.getOrSet('b', () => 'new', { negative })).toBe('new');
  });

  it('is heard by each call that still waits when another of the same signal has ended', async () => {
    const { loader } = setUp();
    const controller = new AbortController();
    const { signal } = controller;
    const waits = loader.getOrSet('a', () => new Promise(() => {}), { signal });
    await loader.getOrSet('b', () => 1, { signal });
    controller.abort('gone');
    await expect(waits).rejects.toBe('gone');
  });

  it('of a caller who joined does not end a refresh in the background', async () => {
    const { host, loader } = setUp();
    host.put('a', 'old', { ttl: 1000 });
    const gate = deferred<string>();
    let inner: AbortSignal | undefined;
    const factory = (context: { signal: AbortSignal }): Promise<string> => {
      inner = context.signal;
      return gate.promise;
    };
    await loader.getOrSet('a', factory, { early: { after: 0 } });
    host.world.advance(1001);
    const controller = new AbortController();
    const asked = loader.getOrSet('a', factory, { signal: controller.signal });
    await turn();
    controller.abort();
    await expect(asked).rejects.toBe(controller.signal.reason);
    expect(inner?.aborted).toBe(false);
    gate.resolve('new');
    await Promise.all(host.tracked);
    expect(host.peek('a')?.value).toBe('new');
  });

  it('never reaches a factory that has settled', () => {
    const cancel = new Cancel();
    const { signal } = cancel;
    cancel.settle();
    cancel.abort('late');
    expect([signal.aborted, cancel.aborted]).toEqual([false, false]);
    const other = new Cancel();
    other.abort('first');
    other.abort('second');
    other.settle();
    expect([other.signal.reason, other.aborted]).toEqual(['first', true]);
  });

  it('never reaches a factory that has given its value, whoever listens to what', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    const controller = new AbortController();
    let inner: AbortSignal | undefined;
    host.emit.refresh = () => controller.abort('by a listener');
    const asked = loader.getOrSet(
      'a',
      (context) => {
        inner = context.signal;
        return 'new';
      },
      { signal: controller.signal },
    );
    await expect(asked).rejects.toBe('by a listener');
    expect(inner?.aborted).toBe(false);
    expect(host.peek('a')?.value).toBe('new');
  });

  it('keeps the factory from being called when all gave up before', async () => {
    const { host, loader } = setUp();
    const gate = deferred();
    host.gate = gate.promise;
    const controller = new AbortController();
    const asked = loader.getOrSet('a', () => 1, { signal: controller.signal });
    controller.abort();
    await expect(asked).rejects.toBe(controller.signal.reason);
    gate.resolve();
    await Promise.all(host.tracked);
    expect(host.counters.factoryCalls).toBe(0);
  });

  it('that has fired begins nothing, but does not hinder a hit', async () => {
    const { host, loader } = setUp();
    const signal = AbortSignal.abort('early');
    await expect(loader.getOrSet('a', () => 1, { signal })).rejects.toBe('early');
    expect(host.counters.factoryCalls).toBe(0);
    host.put('a', 2);
    expect(await loader.getOrSet('a', () => 1, { signal })).toBe(2);
  });

  it('without a reason is CATZ_TIERS_ABORTED', async () => {
    const { loader } = setUp();
    const signal = AbortSignal.abort(null);
    await expect(loader.getOrSet('a', () => 1, { signal })).rejects.toMatchObject({
      code: 'CATZ_TIERS_ABORTED',
    });
  });

  it('may be given to any number of calls, with one listener for all', async () => {
    const { loader } = setUp();
    const controller = new AbortController();
    const { signal } = controller;
    const asked = Array.from({ length: 50 }, (_, i) =>
      loader.getOrSet(`k${i}`, () => new Promise(() => {}), { signal }),
    );
    expect(getEventListeners(signal, 'abort').length).toBe(1);
    controller.abort('all');
    const results = await Promise.allSettled(asked);
    expect(results.every((one) => one.status === 'rejected' && one.reason === 'all')).toBe(true);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is let go of once the wait is over', async () => {
    const { loader } = setUp();
    const { signal } = new AbortController();
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => loader.getOrSet(`k${i}`, () => 1, { signal })),
    );
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('shows a factory that looks late that all have given up', async () => {
    const { loader } = setUp();
    const controller = new AbortController();
    const gate = deferred();
    const seen = deferred<boolean>();
    const asked = loader.getOrSet(
      'a',
      async (context) => {
        await gate.promise;
        seen.resolve(context.signal.aborted);
      },
      { signal: controller.signal },
    );
    await turn();
    controller.abort();
    await expect(asked).rejects.toBe(controller.signal.reason);
    gate.resolve();
    expect(await seen.promise).toBe(true);
  });
});

describe('close', () => {
  it('rejects those who wait, also when there is a stale value, and tells the factories', async () => {
    const { host, loader } = setUp();
    stale(host, 'a', 'old');
    const gate = deferred<string>();
    let inner: AbortSignal | undefined;
    const asked = loader.getOrSet('a', (context) => {
      inner = context.signal;
      return gate.promise;
    });
    await turn();
    await loader.close();
    await expect(asked).rejects.toMatchObject({ code: 'CATZ_TIERS_CLOSED' });
    expect(inner?.aborted).toBe(true);
    gate.resolve('late');
    await Promise.all(host.tracked);
    expect(host.peek('a')?.value).toBe('old');
    await loader.close();
  });

  it('follows from the closing of the host, with the reason it gives', async () => {
    const { host, loader } = setUp();
    const asked = loader.getOrSet('a', () => new Promise(() => {}));
    const reason = new errors.CLOSED('shop');
    host.controller.abort(reason);
    await expect(asked).rejects.toBe(reason);
    await expect(loader.getOrSet('a', () => 1)).rejects.toBe(reason);
    const late = new Loader(host);
    await expect(late.getOrSet('a', () => 1)).rejects.toBe(reason);
  });

  it('refuses calls that come later, hits too', async () => {
    const { host, loader } = setUp();
    host.put('a', 1);
    await loader.close();
    await expect(loader.getOrSet('a', () => 1)).rejects.toMatchObject({
      code: 'CATZ_TIERS_CLOSED',
    });
    await expect(loader.getOrSetMany(['a'], () => new Map())).rejects.toMatchObject({
      code: 'CATZ_TIERS_CLOSED',
    });
    expect(getEventListeners(host.closing, 'abort')).toEqual([]);
  });
});
