// Any order of operations gives what a Map would give, with its tiers well; with tiers that fail, hang and damage values, it
// gives that or nothing: never a value that is dead, and never one that was not written.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DiskTier, RemoteTier, TieredOptions } from '../../src/index.ts';
import {
  chaosDisk,
  chaosTier,
  fakeClock,
  memoryDisk,
  memoryServer,
  memoryTier,
} from '../../src/testing/index.ts';
import type { FakeClock } from '../../src/testing/index.ts';
import { open, until } from '../cache/support/open.ts';
import { runModel } from './support/model-run.ts';

const seed = 1 + Math.floor(Math.random() * 1e9);
const OPERATIONS = 600;
const unhandled: unknown[] = [];
const note = (error: unknown): void => void unhandled.push(error);

beforeAll(() => {
  console.log(`model.test.ts: seed ${seed}`);
  process.on('unhandledRejection', note);
});
afterAll(() => {
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

interface Tiers {
  readonly clock: FakeClock;
  readonly remote: RemoteTier;
  readonly disk: DiskTier;
}

function tiers(): Tiers {
  const clock = fakeClock();
  const remote = memoryTier({ server: memoryServer({ clock }) });
  return { clock, remote, disk: memoryDisk() };
}

const kinds: readonly (readonly [string, (all: Tiers) => TieredOptions])[] = [
  ['memory alone', ({ clock }) => ({ clock })],
  ['memory and remote', ({ clock, remote }) => ({ clock, remote })],
  ['memory and disk', ({ clock, disk }) => ({ clock, disk })],
  ['all three', (all) => all],
  ['remote alone', ({ clock, remote }) => ({ clock, remote, memory: false })],
  [
    'disk alone, written through',
    ({ clock, disk }) => ({ clock, disk, memory: false, write: { disk: 'through' } }),
  ],
  ['all three, written behind', (all) => ({ ...all, write: { remote: 'behind' } })],
];

it.each(kinds)('%s: gives what a Map gives', async (_, options) => {
  const all = tiers();
  const cache = open(options(all));
  await cache.ready();
  const answers = await runModel({ cache, clock: all.clock, seed, isExact: true }, OPERATIONS);
  expect(answers.found).toBeGreaterThan(OPERATIONS / 8);
  expect(answers.missed).toBeGreaterThan(OPERATIONS / 8);
  const { requests, hits, misses } = cache.stats();
  expect(hits + misses).toBe(requests);
});

const broken: readonly (readonly [string, TieredOptions])[] = [
  ['with memory', {}],
  ['without memory', { memory: false }],
  ['written behind', { write: { remote: 'behind' } }],
  ['with the disk written through, without memory', { memory: false, write: { disk: 'through' } }],
];

it.each(broken)('tiers that fail, %s: gives what a Map gives, or nothing', async (_, options) => {
  const { clock, remote, disk } = tiers();
  // What finds nothing, and what damages, are reads alone: a write that is confirmed and not done is a lie no cache can see.
  const reads = { drop: 0.1, corrupt: 0.1, methods: ['get', 'getMany', 'scan'] };
  const bad = {
    remote: chaosTier(chaosTier(remote, { ...reads, seed }), { seed }),
    disk: chaosDisk(disk, { seed }),
  };
  const cache = open({
    ...options,
    ...bad,
    clock,
    deadline: { remote: 10, disk: 10 },
  });
  await cache.ready();
  const answers = await runModel(
    {
      cache,
      clock,
      seed,
      isExact: false,
      before(random) {
        // Good times and bad times, so that breakers open and close.
        if (random() < 0.02) {
          const isBad = random() < 0.4;
          bad.remote.set({ fail: isBad ? 0.3 : 0, hang: isBad ? 0.02 : 0 });
          bad.disk.set({ fail: isBad ? 0.3 : 0, hang: isBad ? 0.02 : 0 });
        }
      },
    },
    OPERATIONS,
  );
  expect(answers.found).toBeGreaterThan(0);
  const { requests, hits, misses } = cache.stats();
  expect(hits + misses).toBe(requests);
  expect((await cache.health()).memory.state).not.toBe('down');
  // Well again, it recovers by itself.
  bad.remote.set({ fail: 0, hang: 0 });
  bad.disk.set({ fail: 0, hang: 0 });
  await until(async () => {
    clock.advance(100);
    return (await cache.health({ probe: true })).queues.recovery === 0;
  });
});
