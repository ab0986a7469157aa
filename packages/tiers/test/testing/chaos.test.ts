import { describe, expect, it } from 'vitest';
import type { DiskStore } from '../../src/disk/disk-store.ts';
import type { RemoteState, RemoteStore } from '../../src/remote/remote-tier.ts';
import { chaosDisk, chaosTier, memoryDisk, memoryTier } from '../../src/testing/index.ts';
import type { ChaosDisk, ChaosStart, ChaosTier } from '../../src/testing/index.ts';
import { expectNoUnhandled } from '../faults/support.ts';

expectNoUnhandled();

const value = Buffer.from('some value');

async function remote(options?: ChaosStart): Promise<{
  tier: ChaosTier;
  store: RemoteStore;
  states: RemoteState[];
}> {
  const states: RemoteState[] = [];
  const tier = chaosTier(memoryTier(), options);
  const store = tier.open({
    name: 'main',
    now: () => Date.now(),
    onState: (state) => states.push(state),
  });
  await Promise.resolve();
  return { tier, store, states };
}

function disk(options?: ChaosStart): { tier: ChaosDisk; store: DiskStore; states: string[] } {
  const states: string[] = [];
  const tier = chaosDisk(memoryDisk(), options);
  const store = tier.open({ name: 'main', onState: (state) => states.push(state) });
  return { tier, store, states };
}

/** What became of each of many reads of a value: f(ailed), m(issed), c(orrupt) or o(k). */
async function outcomes(options: ChaosStart, calls = 200): Promise<string> {
  const { tier, store } = await remote();
  await store.set('', { key: 'k', bytes: value, ttl: Infinity });
  // Made anew over the same values, for the seed to count from its beginning.
  const chaos = chaosTier({ kind: 'same', open: () => store }, options);
  const wrapped = chaos.open({ name: 'main', now: () => 0, onState: () => {} });
  let result = '';
  for (let i = 0; i < calls; i += 1) {
    const found = await wrapped.get('', 'k').catch(() => 'failed');
    if (typeof found === 'string') result += 'f';
    else if (found === undefined) result += 'm';
    else result += found.equals(value) ? 'o' : 'c';
  }
  expect(tier.hanging).toBe(0);
  return result;
}

describe('chaos', () => {
  it('goes the same way for the same seed, another way for another', async () => {
    const options = { fail: 0.2, drop: 0.2, corrupt: 0.3 };
    const [one, again, other] = [
      await outcomes({ ...options, seed: 42 }),
      await outcomes({ ...options, seed: 42 }),
      await outcomes({ ...options, seed: 43 }),
    ];
    expect(again).toBe(one);
    expect(other).not.toBe(one);
    for (const kind of 'fmco') expect(one).toContain(kind);
  });

  it('leaves what one chance does as it was when another changes', async () => {
    const without = await outcomes({ fail: 0.3, seed: 7 });
    const withOthers = await outcomes({ fail: 0.3, corrupt: 0.5, seed: 7 });
    expect(withOthers.replaceAll('c', 'o')).toBe(without);
  });

  it('happens about as often as it is asked to', async () => {
    for (const seed of [1, 2, 3]) {
      const failed = (await outcomes({ fail: 0.25, seed }, 2000)).replaceAll('o', '').length;
      expect(failed).toBeGreaterThan(400);
      expect(failed).toBeLessThan(600);
    }
    // The first call too, over seeds that are next to each other.
    let first = '';
    for (let seed = 1; seed <= 60; seed += 1) first += await outcomes({ fail: 0.5, seed }, 1);
    const failures = first.replaceAll('o', '').length;
    expect(failures).toBeGreaterThan(15);
    expect(failures).toBeLessThan(45);
    expect(await outcomes({ fail: 1 }, 50)).toBe('f'.repeat(50));
    expect(await outcomes({ fail: 0 }, 50)).toBe('o'.repeat(50));
  });

  it('refuses options that it does not know or cannot use', () => {
    const tier = memoryTier();
    expect(() => chaosTier(tier, { fial: 1 } as never)).toThrow('did you mean fail?');
    expect(() => chaosTier(tier, { fail: 1.5 })).toThrow('a share from 0 to 1, true or false');
    expect(() => chaosTier(tier, { delay: -1 })).toThrow('options.delay');
    expect(() => chaosTier(tier, { fault: 'up' } as never)).toThrow('options.fault');
    expect(() => chaosTier(tier, { seed: 0 })).toThrow('options.seed');
    expect(() => chaosTier(tier).set({ seed: 3 } as never)).toThrow(
      expect.objectContaining({ code: 'CATZ_TIERS_OPTION' }),
    );
  });
});

describe('a chaos tier', () => {
  it('fails with the kind of failure it is told', async () => {
    const { tier, store } = await remote({ fail: true, fault: 'write' });
    const error: unknown = await store.get('', 'k').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'ChaosError', message: 'get failed by chaos' });
    expect(store.faultOf(error)).toBe('write');
    expect(store.faultOf(new Error('the tier’s own'))).toBe('down');
    tier.set({ fail: false });
    expect(await store.get('', 'k')).toBe(undefined);
    expect([tier.kind, store.backend]).toEqual(['chaos memory', 'chaos memory']);
  });

  it('does it to the methods it is told alone', async () => {
    const { tier, store } = await remote({ fail: true, delay: 5, methods: ['set', 'fill'] });
    await expect(store.set('', { key: 'k', bytes: value, ttl: 1 })).rejects.toThrow('set failed');
    expect(await store.get('', 'k')).toBe(undefined);
    tier.set({ methods: [] });
    await expect(store.get('', 'k')).rejects.toThrow('get failed');
  });

  it('makes calls wait', async () => {
    const { tier, store } = await remote({ delay: 20 });
    const start = performance.now();
    await store.ping();
    expect(performance.now() - start).toBeGreaterThanOrEqual(18);
    tier.set({ delay: 0 });
    await store.ping();
  });

  it('lets calls hang until the connection is reset, closed or lost', async () => {
    const { tier, store } = await remote({ hang: true });
    const calls = [store.get('', 'a'), store.ping()];
    expect(tier.hanging).toBe(2);
    store.reset();
    for (const call of calls) await expect(call).rejects.toThrow('connection lost');
    expect([tier.hanging, tier.resets]).toEqual([0, 1]);
    const lost = store.time();
    tier.disconnect(true);
    await expect(lost).rejects.toThrow('connection lost');
    tier.disconnect(false);
    const closed = store.probeWrite();
    await store.close();
    await expect(closed).rejects.toThrow('connection lost');
    expect(store.faultOf(await closed.catch((error: unknown) => error))).toBe('down');
  });

  it('confirms writes that it drops, and finds nothing', async () => {
    const { tier, store } = await remote();
    const write = { key: 'k', bytes: value, ttl: Infinity };
    await store.set('n', write);
    await store.raiseEpochs(['t'], 'hard', 1, Infinity);
    await store.lock('n', 'k', 'a', 1000);
    tier.set({ drop: true });
    await store.set('', write);
    await store.unlock('n', 'k', 'a');
    await store.discard('n', 'k', value);
    await store.raiseEpochs(['t'], 'hard', 2, Infinity);
    await store.ping();
    await store.probeWrite();
    expect(await store.setMany('', [write, write])).toEqual([undefined, undefined]);
    expect(await store.fill('', write, { created: 1 })).toBe(true);
    expect(await store.remove('n', ['k'], value, 1)).toEqual([undefined]);
    expect(await store.get('n', 'k')).toBe(undefined);
    expect(await store.getMany('n', ['k', 'l'])).toEqual([undefined, undefined]);
    expect(await store.lock('n', 'l', 'a', 1000)).toBe(undefined);
    expect(await store.extendLock('n', 'k', 'a', 1000)).toBe(false);
    expect(await store.readEpochs(['t'])).toEqual([[0, 0]]);
    expect(await store.sweep('n', Infinity)).toBe(0);
    expect(await store.time()).toBeGreaterThan(1_600_000_000_000);
    for await (const page of store.scan('n', '')) expect(page).toEqual([]);
    tier.set({ drop: false });
    expect(await store.getMany('', ['k'])).toEqual([undefined]);
    expect(await store.get('n', 'k')).toEqual(value);
    expect(await store.readEpochs(['t'])).toEqual([[1, 0]]);
    expect(await store.lock('n', 'k', 'b', 1000)).toBe(undefined);
  });

  it('changes one bit of what is read, not of what is stored', async () => {
    const { tier, store } = await remote({ corrupt: true });
    await store.set('', { key: 'k', bytes: value, ttl: Infinity });
    await store.set('', { key: 'empty', bytes: Buffer.alloc(0), ttl: Infinity });
    const bits = (a: Buffer): number =>
      a.reduce((sum, byte, i) => {
        const changed = byte ^ value[i]!;
        return sum + changed.toString(2).replaceAll('0', '').length;
      }, 0);
    expect(bits((await store.get('', 'k'))!)).toBe(1);
    const [none, found, second] = await store.getMany('', ['none', 'k', 'k']);
    expect([none, bits(found as Buffer), bits(second as Buffer)]).toEqual([undefined, 1, 0]);
    expect(await store.get('', 'empty')).toHaveLength(0);
    tier.set({ corrupt: false });
    expect(await store.get('', 'k')).toEqual(value);
  });

  it('tells of a lost connection, and fails at once meanwhile', async () => {
    const { tier, store, states } = await remote({ delay: 10 });
    const ended: string[] = [];
    const waiting = store.ping().finally(() => ended.push('waiting'));
    tier.disconnect(true);
    tier.disconnect(true);
    expect(store.state).toBe('down');
    const second = store.ping().finally(() => ended.push('second'));
    await Promise.all([
      expect(waiting).rejects.toThrow('not connected'),
      expect(second).rejects.toThrow('not connected'),
    ]);
    expect(ended).toEqual(['second', 'waiting']);
    tier.disconnect(false);
    await store.ping();
    await store.close();
    expect(states).toEqual(['ready', 'down', 'ready', 'closed']);
  });

  it('has the bus of the tier, if it has one', () => {
    const bus = {} as never;
    const tier = memoryTier();
    expect(chaosTier(tier).openBus).toBe(undefined);
    expect(chaosTier({ ...tier, openBus: () => bus }).openBus?.()).toBe(bus);
  });
});

describe('a chaos disk', () => {
  const record = { id: 'a', bytes: value };

  it('is as synchronous as its disk while nothing makes it wait', async () => {
    const { tier, store } = disk();
    await store.putMany([record]);
    expect(store.get('a')).toEqual(value);
    tier.set({ fail: true });
    expect(() => store.get('a')).toThrow('get failed by chaos');
    tier.set({ fail: false, drop: true });
    expect(store.get('a')).toBe(undefined);
    tier.set({ drop: false, corrupt: true });
    const found = await store.get('a');
    expect(found).not.toEqual(value);
    expect(found).toHaveLength(value.length);
    tier.set({ corrupt: false, delay: 2 });
    const later = store.get('a');
    expect(later).toBeInstanceOf(Promise);
    expect(await later).toEqual(value);
    expect([tier.kind, store.backend, await store.ready]).toEqual([
      'chaos memory',
      'memory',
      undefined,
    ]);
  });

  it('corrupts what a disk reads in a thread', async () => {
    const inner = memoryDisk();
    const threaded = chaosDisk(
      {
        kind: 'threaded',
        open: (context) => {
          const store = inner.open(context);
          const get = store.get.bind(store);
          return Object.assign(store, { get: (id: string) => Promise.resolve(get(id)) });
        },
      },
      { corrupt: true },
    );
    const store = threaded.open({ name: 'main', onState: () => {} });
    await store.putMany([record]);
    expect(await store.get('a')).not.toEqual(value);
  });

  it('loses, fails and hangs batches', async () => {
    const { tier, store } = disk({ drop: true });
    await store.putMany([record]);
    expect(await store.verify()).toEqual({ records: 0, bytes: 0, damaged: 0 });
    await store.clear();
    tier.set({ drop: false });
    expect(store.get('a')).toBe(undefined);
    expect(store.lastError).toBe(undefined);
    tier.set({ fail: true });
    await expect(store.putMany([record])).rejects.toThrow('putMany failed');
    expect(store.lastError).toBe('putMany failed by chaos');
    tier.set({ fail: false, hang: true });
    const hanging = store.putMany([record]);
    expect(tier.hanging).toBe(1);
    await store.close();
    await expect(hanging).rejects.toThrow('connection lost');
    expect(store.state).toBe('closed');
  });

  it('is full when it is told to be', async () => {
    const { tier, store, states } = disk();
    await store.putMany([record]);
    tier.setFull(true);
    tier.setFull(true);
    await expect(store.putMany([record])).rejects.toThrow('no room');
    expect([store.state, store.get('a')]).toEqual(['full', value]);
    tier.setFull(false);
    await store.putMany([{ id: 'b', bytes: value }]);
    store.note = 'here';
    const ids: string[] = [];
    for await (const id of store.scan('')) ids.push(id);
    expect(ids.toSorted()).toEqual(['a', 'b']);
    tier.set({ drop: true });
    for await (const id of store.scan('')) expect(id).toBe('never');
    expect([store.note, store.bytes() > 0, store.maxBytes]).toEqual(['here', true, Infinity]);
    expect(states).toEqual(['full', 'ready']);
  });
});
