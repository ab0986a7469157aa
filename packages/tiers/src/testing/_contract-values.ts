// The part of the contract of remote stores that is about values: set, get, fill, remove, discard.
import assert from 'node:assert/strict';
import { encodeTombstone } from '../envelope/encode.ts';
import { HOUR, SHORT, all, envelope, until } from './_contract-support.ts';
import type { Run } from './_contract-support.ts';

/** Bytes that a text protocol, a glob or a hash tag might take for their own. */
const ODD_KEYS = [
  '}',
  '{}',
  '{a}b',
  '}{',
  '%7D',
  'a:b',
  'a:l',
  '*',
  '[x]',
  '\\',
  'é𝄞',
  ' ',
  '\r\n',
];

export function values(run: Run): void {
  run('gives what was set, byte for byte, and undefined for what was not', async (store, ns) => {
    assert.equal(await store.get(ns, 'k'), undefined);
    const bytes = envelope(1, Buffer.from([0, 255, 13, 10, 0]));
    await store.set(ns, { key: 'k', bytes, ttl: HOUR });
    const found = await store.get(ns, 'k');
    assert.ok(Buffer.isBuffer(found));
    assert.deepEqual(found, bytes);
    await store.set(ns, { key: 'k', bytes: envelope(0, 'older'), ttl: HOUR });
    assert.deepEqual(
      await store.get(ns, 'k'),
      envelope(0, 'older'),
      'set overwrites what is newer',
    );
  });

  run(
    'takes any Uint8Array, and keeps and gives bytes that are nobody else’s',
    async (store, ns) => {
      const whole = new Uint8Array([9, ...envelope(1, 'value'), 9]);
      const view = whole.subarray(1, -1);
      await store.set(ns, { key: 'k', bytes: view, ttl: HOUR });
      view.fill(0);
      const first = await store.get(ns, 'k');
      assert.deepEqual(first, envelope(1, 'value'));
      first?.fill(0);
      assert.deepEqual(await store.get(ns, 'k'), envelope(1, 'value'));
    },
  );

  run('keeps odd keys apart, each with its lock', async (store, ns) => {
    for (const [i, key] of ODD_KEYS.entries()) {
      await store.set(ns, { key, bytes: envelope(1, String(i)), ttl: HOUR });
      assert.notEqual(await store.lock(ns, key, 'token', HOUR), undefined);
    }
    for (const [i, key] of ODD_KEYS.entries()) {
      assert.deepEqual(await store.get(ns, key), envelope(1, String(i)), `key ${key}`);
      await store.unlock(ns, key, 'token');
    }
    const found = await all(store.scan(ns, ''));
    assert.deepEqual([...new Set(found)].toSorted(), ODD_KEYS.toSorted());
  });

  run('keeps namespaces apart', async (store, ns) => {
    const pairs = [
      [ns, 'a:b'],
      [`${ns}:a`, 'b'],
      [`${ns}/a`, 'b'],
      [`${ns}@`, 'b'],
    ] as const;
    for (const [i, [space, key]] of pairs.entries()) {
      await store.set(space, { key, bytes: envelope(1, String(i)), ttl: HOUR });
    }
    for (const [i, [space, key]] of pairs.entries()) {
      assert.deepEqual(await store.get(space, key), envelope(1, String(i)), `${space} ${key}`);
    }
  });

  run('drops values at the end of their time to live, and never before', async (store, ns) => {
    const start = performance.now();
    await store.set(ns, { key: 'short', bytes: envelope(1, 'v'), ttl: SHORT });
    await store.set(ns, { key: 'for ever', bytes: envelope(1, 'v'), ttl: Infinity });
    await store.set(ns, { key: 'fraction', bytes: envelope(1, 'v'), ttl: SHORT + 0.5 });
    if (performance.now() - start < SHORT / 2) {
      assert.notEqual(await store.get(ns, 'short'), undefined);
    }
    await until(async () => (await store.get(ns, 'short')) === undefined);
    await until(async () => (await store.get(ns, 'fraction')) === undefined);
    assert.notEqual(await store.get(ns, 'for ever'), undefined);
    // A new time to live takes the place of the old one.
    await store.set(ns, { key: 'for ever', bytes: envelope(1, 'v'), ttl: 1 });
    await until(async () => (await store.get(ns, 'for ever')) === undefined);
  });

  run('discards a value that is the one given, and no other', async (store, ns) => {
    await store.set(ns, { key: 'k', bytes: envelope(2, 'newer'), ttl: HOUR });
    await store.discard(ns, 'k', envelope(1, 'other'));
    assert.notEqual(await store.get(ns, 'k'), undefined);
    await store.discard(ns, 'k', envelope(2, 'newer'));
    assert.equal(await store.get(ns, 'k'), undefined);
    await store.discard(ns, 'k', envelope(2, 'newer'));
  });
}

export function batches(run: Run): void {
  run('reads many in order, with undefined for what is not there', async (store, ns) => {
    assert.deepEqual(await store.getMany(ns, []), []);
    const keys = Array.from({ length: 300 }, (_, i) => `k${i}`);
    const there = keys.filter((_, i) => i % 3 !== 0);
    const writes = there.map((key) => ({ key, bytes: envelope(1, key), ttl: HOUR }));
    assert.deepEqual(
      await store.setMany(ns, writes),
      there.map(() => undefined),
    );
    const found = await store.getMany(ns, [...keys, 'k1']);
    const wanted = keys.map((key, i) => (i % 3 === 0 ? undefined : envelope(1, key)));
    assert.deepEqual(found, [...wanted, envelope(1, 'k1')]);
  });

  run(
    'writes many, each with its own time to live, the last of one key last',
    async (store, ns) => {
      assert.deepEqual(await store.setMany(ns, []), []);
      await store.setMany(ns, [
        { key: 'a', bytes: envelope(1, 'first'), ttl: HOUR },
        { key: 'b', bytes: envelope(1, 'short'), ttl: 1 },
        { key: 'c', bytes: envelope(1, 'for ever'), ttl: Infinity },
        { key: 'a', bytes: envelope(1, 'last'), ttl: HOUR },
      ]);
      assert.deepEqual(await store.get(ns, 'a'), envelope(1, 'last'));
      assert.deepEqual(await store.get(ns, 'c'), envelope(1, 'for ever'));
      await until(async () => (await store.get(ns, 'b')) === undefined);
    },
  );
}

export function fills(run: Run): void {
  const write = (created: number, text: string, ttl: number = HOUR) => ({
    key: 'k',
    bytes: envelope(created, text),
    ttl,
  });

  run(
    'fills what is absent, older or equal, and refuses to overwrite what is newer',
    async (store, ns) => {
      assert.equal(await store.fill(ns, write(10, 'first'), { created: 10 }), true);
      assert.equal(await store.fill(ns, write(10, 'equal'), { created: 10 }), true);
      assert.equal(await store.fill(ns, write(9, 'older'), { created: 9 }), false);
      assert.deepEqual(await store.get(ns, 'k'), envelope(10, 'equal'));
      assert.equal(await store.fill(ns, write(11, 'newer'), { created: 11 }), true);
      assert.deepEqual(await store.get(ns, 'k'), envelope(11, 'newer'));
    },
  );

  run('compares stamps to the microsecond', async (store, ns) => {
    const now = 1_790_000_000_123_456;
    assert.equal(await store.fill(ns, write(now + 1, 'newer'), { created: now + 1 }), true);
    assert.equal(await store.fill(ns, write(now, 'older'), { created: now }), false);
    assert.equal(await store.fill(ns, write(now + 2, 'newest'), { created: now + 2 }), true);
  });

  run('gives a fill its own time to live', async (store, ns) => {
    await store.set(ns, { key: 'k', bytes: envelope(1, 'v'), ttl: Infinity });
    assert.equal(await store.fill(ns, write(2, 'v', 1), { created: 2 }), true);
    await until(async () => (await store.get(ns, 'k')) === undefined);
    assert.equal(await store.fill(ns, write(3, 'v', Infinity), { created: 3 }), true);
    assert.notEqual(await store.get(ns, 'k'), undefined);
  });

  run('fills for the holder of a lock alone, and releases it', async (store, ns) => {
    const guard = { created: 5, token: 'mine' };
    assert.equal(await store.fill(ns, write(5, 'unlocked'), guard), false, 'the lock is gone');
    assert.equal(await store.get(ns, 'k'), undefined);
    await store.lock(ns, 'k', 'theirs', HOUR);
    assert.equal(await store.fill(ns, write(5, 'v'), guard), false, 'the lock is another’s');
    await store.unlock(ns, 'k', 'theirs');
    await store.lock(ns, 'k', 'mine', HOUR);
    assert.equal(await store.fill(ns, write(5, 'v'), guard), true);
    assert.notEqual(await store.lock(ns, 'k', 'next', HOUR), undefined, 'the lock was released');
  });

  run('keeps the lock of a fill that it refuses', async (store, ns) => {
    await store.set(ns, write(10, 'newer'));
    await store.lock(ns, 'k', 'mine', HOUR);
    assert.equal(await store.fill(ns, write(9, 'v'), { created: 9, token: 'mine' }), false);
    assert.equal(await store.lock(ns, 'k', 'next', HOUR), undefined);
  });

  run('is one step: of many fills at once the newest stays', async (store, ns) => {
    const stamps = Array.from({ length: 50 }, (_, i) => ((i * 37) % 50) + 1);
    await Promise.all(
      stamps.map((created) => store.fill(ns, write(created, String(created)), { created })),
    );
    assert.deepEqual(await store.get(ns, 'k'), envelope(50, '50'));
  });
}

export function removals(run: Run): void {
  run('puts tombstones that refuse older fills, for their time to live', async (store, ns) => {
    const write = (created: number) => ({ key: 'k', bytes: envelope(created, 'v'), ttl: HOUR });
    const tombstone = encodeTombstone(10, Date.now() + SHORT);
    await store.set(ns, write(1));
    assert.deepEqual(await store.remove(ns, [], tombstone, SHORT), []);
    assert.deepEqual(await store.remove(ns, ['k', 'absent'], tombstone, SHORT), [
      undefined,
      undefined,
    ]);
    const found = await store.get(ns, 'k');
    if (found !== undefined) {
      assert.deepEqual(found, tombstone);
      await store.remove(ns, ['k'], tombstone, HOUR);
      assert.equal(await store.fill(ns, write(9), { created: 9 }), false);
      assert.equal(await store.fill(ns, write(11), { created: 11 }), true);
    }
    await until(async () => (await store.get(ns, 'absent')) === undefined);
  });
}
