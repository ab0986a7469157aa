// A value once replaced in any thread is never served again from another thread's near-cache.
// The worker writes, then says so by an atomic word; from that moment the reader must see the new value.
import { afterEach, expect, it } from 'vitest';
import { openCache } from '../src/index.ts';
import type { Cache } from '../src/index.ts';
import { ended, startWorker } from './support/worker.ts';

/** What the reader must have seen of a worker that writes all the time. How long that takes depends on the cores. */
const NEAR_HITS = 20_000;
const REFRESHES = 500;
/** Writes that the reader waits for, which cost two turns of the cores each. */
const HANDSHAKES = 10_000;
const opened: Cache[] = [];
let serial = 0;

afterEach(() => {
  for (const cache of opened.splice(0)) cache.close();
});

function open(): Cache {
  const cache = openCache(`coherence-${process.pid}-${serial++}`, { maxBytes: 2 ** 20 });
  opened.push(cache);
  return cache;
}

// words[0]: rounds begun by the reader, words[1]: rounds whose write has returned. The reader gets the key hot
// before each round by reading it four times; it spins, since waiting would cost a wake-up per round.
function runRounds(write: string, check: (cache: Cache, round: number) => void, rounds: number) {
  const cache = open();
  const { name } = cache;
  const words = new Int32Array(new SharedArrayBuffer(8));
  const worker = startWorker(
    `
    const { words, name, rounds } = data;
    const cache = openCache(name);
    for (let round = 1; round <= rounds; round++) {
      while (Atomics.load(words, 0) < round) {}
      ${write}
      Atomics.store(words, 1, round);
    }
    cache.close();`,
    { words, name, rounds },
  );
  return {
    cache,
    async run() {
      await new Promise((resolve) => worker.once('online', resolve));
      for (let round = 1; round <= rounds; round++) {
        for (let i = 0; i < 4; i++) cache.get('key');
        Atomics.store(words, 0, round);
        while (Atomics.load(words, 1) < round);
        check(cache, round);
      }
      await ended(worker);
    },
  };
}

it('never serves a value older than the last set that has returned', async () => {
  const cache = open();
  const words = new Int32Array(new SharedArrayBuffer(8)); // [0]: the last version written, [1]: 1 ends the worker
  cache.set('key', '0');
  const worker = startWorker(
    `
    const { words, name } = data;
    const cache = openCache(name);
    for (let version = 1; Atomics.load(words, 1) === 0; version++) {
      cache.set('key', String(version));
      Atomics.store(words, 0, version);
      // pauses of all lengths, so that the reader's copy gets hot now and then
      for (let i = (version * 7919) % 300; i > 0; i--) Atomics.load(words, 0);
    }
    cache.close();`,
    { words, name: cache.name },
  );
  await new Promise((resolve) => worker.once('online', resolve));
  let wrong = 0;
  const seenEnough = () => {
    const { nearHits, near } = cache.stats();
    return nearHits > NEAR_HITS && near.refreshes > REFRESHES;
  };
  const latest = performance.now() + 200_000;
  while (!seenEnough() && performance.now() < latest) {
    for (let i = 0; i < 1000; i++) {
      const before = Atomics.load(words, 0);
      if (Number(cache.get('key')!.toString('latin1')) < before) wrong++;
      if (Number(cache.getRecord('key')!.bytes.toString('latin1')) < before) wrong++;
      if (Number(cache.peek('key')!.toString('latin1')) < before) wrong++;
    }
  }
  Atomics.store(words, 1, 1);
  await ended(worker);
  expect(wrong).toBe(0);
  expect(seenEnough()).toBe(true);
});

it('sees every set of another thread as soon as it has returned', async () => {
  let wrong = 0;
  const { cache, run } = runRounds(
    `cache.set('key', String(round));`,
    (reader, round) => {
      if (reader.get('key')?.toString() !== String(round)) wrong++;
    },
    HANDSHAKES,
  );
  cache.set('key', 'start');
  await run();
  expect(wrong).toBe(0);
  expect(cache.stats().nearHits).toBeGreaterThan(HANDSHAKES / 10);
  expect(cache.stats().near.refreshes).toBeGreaterThan(HANDSHAKES / 10);
});

it('sees every delete of another thread, in get, peek, has and getRecord', async () => {
  let wrong = 0;
  const { cache, run } = runRounds(
    `cache.delete('key');`,
    (reader, round) => {
      if (reader.peek('key') !== undefined || reader.has('key')) wrong++;
      if (reader.get('key') !== undefined || reader.getRecord('key') !== undefined) wrong++;
      reader.set('key', String(round));
    },
    HANDSHAKES,
  );
  cache.set('key', 'start');
  await run();
  expect(wrong).toBe(0);
  expect(cache.stats().nearHits).toBeGreaterThan(HANDSHAKES / 10);
});

it('sees every clear of another thread', async () => {
  let wrong = 0;
  const { cache, run } = runRounds(
    `cache.clear();`,
    (reader, round) => {
      if (reader.get('key') !== undefined) wrong++;
      reader.set('key', String(round));
    },
    500,
  );
  cache.set('key', 'start');
  await run();
  expect(wrong).toBe(0);
});

it('sees a touch of another thread that shortens the time to live', async () => {
  let wrong = 0;
  const { cache, run } = runRounds(
    `cache.touch('key', { ttl: 1000 + round });`,
    (reader, round) => {
      const left = reader.ttl('key')!;
      const { expiresAt } = reader.getRecord('key')!;
      if (left > 1000 + round || expiresAt === Infinity) wrong++;
      reader.touch('key', { ttl: Infinity });
    },
    5000,
  );
  cache.set('key', 'start');
  await run();
  expect(wrong).toBe(0);
});

it('never keeps an optimised loop from seeing a write', async () => {
  const cache = open();
  const { name } = cache;
  cache.set('key', 'old');
  for (let i = 0; i < 100_000; i++) cache.get('key');
  const started = new Int32Array(new SharedArrayBuffer(4));
  const worker = startWorker(
    `
    const cache = openCache(data.name);
    Atomics.wait(data.started, 0, 0);
    cache.set('key', 'new');
    cache.close();`,
    { name, started },
  );
  await new Promise((resolve) => worker.once('online', resolve));
  Atomics.store(started, 0, 1);
  Atomics.notify(started, 0);
  let reads = 0;
  while (cache.get('key')!.length === 3 && cache.get('key')![0] === 0x6f && reads < 1e9) reads++;
  expect(cache.get('key')!.toString()).toBe('new');
  expect(reads).toBeLessThan(1e9);
  await ended(worker);
});
