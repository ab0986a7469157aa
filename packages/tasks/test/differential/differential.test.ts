// The proof that the embedded engine is BullMQ's: the same random operations, through BullMQ's own classes, on it and on a real
// Redis, and after each of them everything that can be seen is the same. CATZ_TASKS_SEEDS=1-500 runs more of them,
// CATZ_TASKS_STEPS longer ones. What is left out on purpose: PARITY.md.
import { redisSkipReason, startRedis } from '@catzilla/bus/testing';
import type { RedisServer } from '@catzilla/bus/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { runSeed, shrink } from './support/compare.ts';
import type { Difference, OpenPair } from './support/compare.ts';
import { textOf } from './support/operation.ts';
import { folderPair, memoryPair } from './support/pairs.ts';

const SKIP = redisSkipReason();
const [FIRST = 1, LAST = FIRST] = (process.env['CATZ_TASKS_SEEDS'] ?? '1-40')
  .split('-')
  .map(Number);
const STEPS = Number(process.env['CATZ_TASKS_STEPS'] ?? 80);
/** Runs that shrinking may take. */
const SHRINK_BUDGET = 300;
/** So many seeds share a test, so that a failure names its neighbourhood and the others go on. */
const PER_TEST = 10;
const TIMEOUT = 600_000;

let server: RedisServer | undefined;
beforeAll(async () => {
  if (SKIP === undefined) server = await startRedis();
  vi.useFakeTimers({ toFake: ['Date'] });
});
beforeEach((context) => {
  if (SKIP !== undefined) context.skip(SKIP);
});
afterAll(async () => {
  vi.useRealTimers();
  await server?.stop();
});

describe('a store in memory and BullMQ on Redis', () => {
  for (let from = FIRST; from <= LAST; from += PER_TEST) {
    const to = Math.min(LAST, from + PER_TEST - 1);
    const seeds = `seeds ${String(from)} to ${String(to)}`;
    test(`show the same after each operation, ${seeds}`, { timeout: TIMEOUT }, async () => {
      for (let seed = from; seed <= to; seed++) await compare(memoryPair, seed);
    });
  }
});

describe('a store in a folder and BullMQ on Redis', () => {
  test.for(['every-write', 'interval', 'none'] as const)(
    'show the same after each operation, and it after a restart, with durability %s',
    { timeout: TIMEOUT },
    async (durability) => {
      const open = (target: RedisServer) => folderPair(target, { durability });
      for (let seed = LAST + 1; seed <= LAST + 3; seed++) await compare(open, seed);
    },
  );
});

async function compare(pairOf: (server: RedisServer) => OpenPair, seed: number): Promise<void> {
  if (server === undefined) throw new Error('expected a server');
  const open = pairOf(server);
  const found = await runSeed(open, seed, STEPS);
  if (found === undefined) return;
  expect.fail(report(seed, await shrink(open, seed, found, SHRINK_BUDGET)));
}

function report(seed: number, { steps, text }: Difference): string {
  return `seed ${String(seed)}: after these ${String(steps.length)} steps\n${textOf(steps)}\nthis differs:\n${text}`;
}
