// The part of the contract of remote stores that is about what processes agree on: locks, epochs, walks over keys.
import { encodeTombstone } from '../envelope/encode.ts';
import assert from 'node:assert/strict';
import { HOUR, all, envelope, until } from './_contract-support.ts';
import type { Run } from './_contract-support.ts';

export function locks(run: Run): void {
  run('gives a lock to one, with a fence that grows with each holder', async (store, ns) => {
    const first = await store.lock(ns, 'k', 'a', HOUR);
    assert.ok(first !== undefined && first > 0);
    assert.equal(await store.lock(ns, 'k', 'b', HOUR), undefined);
    assert.notEqual(await store.lock(ns, 'other', 'b', HOUR), undefined);
    await store.unlock(ns, 'k', 'b');
    assert.equal(await store.lock(ns, 'k', 'b', HOUR), undefined, 'unlocked by a stranger');
    await store.unlock(ns, 'k', 'a');
    const second = await store.lock(ns, 'k', 'b', HOUR);
    assert.ok(second !== undefined && second > first);
    assert.equal(await store.get(ns, 'k'), undefined, 'a lock is no value');
  });

  run('gives a lock to who holds it already', async (store, ns) => {
    assert.notEqual(await store.lock(ns, 'k', 'a', HOUR), undefined);
    assert.notEqual(await store.lock(ns, 'k', 'a', HOUR), undefined);
    await store.unlock(ns, 'k', 'a');
    assert.notEqual(await store.lock(ns, 'k', 'b', HOUR), undefined);
  });

  run(
    'frees a lock at the end of its time, unless it is extended by its holder',
    async (store, ns) => {
      await store.lock(ns, 'short', 'a', 1);
      await until(async () => (await store.lock(ns, 'short', 'b', HOUR)) !== undefined);
      assert.equal(await store.extendLock(ns, 'short', 'a', HOUR), false, 'lost to b');
      assert.equal(await store.extendLock(ns, 'none', 'a', HOUR), false, 'never held');
      await store.lock(ns, 'long', 'a', 5000);
      assert.equal(await store.extendLock(ns, 'long', 'a', 1), true);
      await until(async () => (await store.lock(ns, 'long', 'b', HOUR)) !== undefined);
    },
  );

  run('gives a lock to one of many that ask at once', async (store, ns) => {
    const tokens = Array.from({ length: 50 }, (_, i) => `t${i}`);
    const fences = await Promise.all(tokens.map((token) => store.lock(ns, 'k', token, HOUR)));
    assert.equal(fences.filter((fence) => fence !== undefined).length, 1);
  });
}

export function epochs(run: Run): void {
  run('raises epochs, hard and soft apart, and never lowers them', async (store, ns) => {
    const [a, b, none] = [`${ns} a`, `${ns}{b}`, `${ns} none`];
    assert.deepEqual(await store.readEpochs([]), []);
    assert.deepEqual(await store.readEpochs([none]), [[0, 0]]);
    await store.raiseEpochs([a, b], 'hard', 1_790_000_000_123_457, HOUR);
    await store.raiseEpochs([a], 'soft', 1_790_000_000_123_459, HOUR);
    await store.raiseEpochs([a], 'hard', 1_790_000_000_123_456, HOUR);
    assert.deepEqual(await store.readEpochs([b, none, a]), [
      [1_790_000_000_123_457, 0],
      [0, 0],
      [1_790_000_000_123_457, 1_790_000_000_123_459],
    ]);
    await store.raiseEpochs([], 'hard', 1, HOUR);
  });

  run('keeps an epoch for the longest time it was given', async (store, ns) => {
    const [short, long, forEver] = [`${ns} short`, `${ns} long`, `${ns} for ever`];
    await store.raiseEpochs([long], 'hard', 1, HOUR);
    await store.raiseEpochs([forEver], 'hard', 1, Infinity);
    await store.raiseEpochs([short, long, forEver], 'soft', 2, 1);
    await until(async () => (await store.readEpochs([short]))[0]?.[1] === 0);
    assert.deepEqual(await store.readEpochs([long, forEver]), [
      [1, 2],
      [1, 2],
    ]);
  });

  run('keeps epochs apart from values of the same name', async (store, ns) => {
    await store.set(ns, { key: ns, bytes: envelope(1, 'v'), ttl: HOUR });
    await store.set('', { key: ns, bytes: envelope(1, 'v'), ttl: HOUR });
    await store.raiseEpochs([ns], 'hard', 7, HOUR);
    assert.deepEqual(await store.get('', ns), envelope(1, 'v'));
    assert.deepEqual(await store.readEpochs([ns]), [[7, 0]]);
  });
}

export function walks(run: Run): void {
  run('lists the keys of one namespace that begin with a prefix', async (store, ns) => {
    const keys = Array.from({ length: 700 }, (_, i) => `p*${i}`);
    const set = (space: string, names: readonly string[]) =>
      store.setMany(
        space,
        names.map((key) => ({ key, bytes: envelope(1, 'v'), ttl: HOUR })),
      );
    await set(ns, [...keys, 'px', 'q']);
    await set(`${ns}/within`, ['p*other']);
    await store.lock(ns, 'p*lock', 'token', HOUR);
    assert.deepEqual([...new Set(await all(store.scan(ns, 'p*')))].toSorted(), keys.toSorted());
    assert.equal(new Set(await all(store.scan(ns, ''))).size, 702);
    assert.deepEqual(await all(store.scan(ns, 'absent')), []);
    await store.remove(ns, ['q'], encodeTombstone(2, Infinity), HOUR);
    assert.deepEqual(await all(store.scan(ns, 'q')), []);
  });

  run(
    'sweeps what is older than a stamp, in a namespace and those within it',
    async (store, ns) => {
      const spaces = [ns, `${ns}/within`, `${ns}/within/it`, `${ns}x`, `x${ns}`];
      for (const space of spaces) {
        await store.set(space, { key: 'old', bytes: envelope(9, 'v'), ttl: HOUR });
        await store.set(space, { key: 'new', bytes: envelope(10, 'v'), ttl: HOUR });
        await store.set(space, { key: 'foreign', bytes: Buffer.from('not ours'), ttl: HOUR });
      }
      await store.lock(ns, 'old', 'token', HOUR);
      await store.raiseEpochs([ns], 'hard', 1, HOUR);
      assert.equal(await store.sweep(ns, 10), 3);
      for (const [i, space] of spaces.entries()) {
        const keys = i < 3 ? ['foreign', 'new'] : ['foreign', 'new', 'old'];
        assert.deepEqual([...new Set(await all(store.scan(space, '')))].toSorted(), keys, space);
      }
      assert.equal(await store.extendLock(ns, 'old', 'token', HOUR), true, 'locks stay');
      assert.deepEqual(await store.readEpochs([ns]), [[1, 0]], 'epochs stay');
      assert.equal(await store.sweep(ns, 10), 0);
    },
  );

  run('sweeps everything from the root', async (store, ns) => {
    for (const space of ['', ns, `${ns}/within`]) {
      await store.set(space, { key: `${ns}-k`, bytes: envelope(9, 'v'), ttl: HOUR });
    }
    await store.raiseEpochs([ns], 'hard', 1, HOUR);
    assert.ok((await store.sweep('', 10)) >= 3);
    for (const space of ['', ns, `${ns}/within`]) {
      assert.equal(await store.get(space, `${ns}-k`), undefined, space);
    }
    assert.deepEqual(await store.readEpochs([ns]), [[1, 0]]);
  });
}
