// Real threads: what is acknowledged in one runs in another, whichever of them ends, and however.
import { Queue } from 'bullmq';
import { expect, it, onTestFinished } from 'vitest';
import { embeddedBackend } from '../../../src/embedded/index.ts';
import { temporaryFolder } from '../log/support/folder.ts';
import { Threads } from './support/threads.ts';

const JOBS = 10_000;

it('runs each of 10,000 jobs once, in two threads, while both add', async () => {
  const threads = new Threads();
  const dir = temporaryFolder();
  const plan = { dir, durability: 'interval', add: { count: JOBS / 2, size: 50 } };
  const both = ['one', 'two'].map((name) =>
    threads.start(name, { ...plan, run: { concurrency: 10, ms: 0 } }),
  );
  await threads.until(() => threads.ends.size === JOBS);
  expect(threads.added).toHaveLength(JOBS);
  expect(new Set(threads.ends.keys())).toStrictEqual(new Set(threads.added));
  expect([...threads.starts.values()].filter((count) => count !== 1)).toStrictEqual([]);
  expect([...threads.takers.keys()].sort()).toStrictEqual(['one', 'two']);
  for (const one of both) await one.end();
});

it('runs again what was active in a thread that was ended from outside, at once and never twice at the same time', async () => {
  const threads = new Threads();
  const dir = temporaryFolder();
  const count = 3000;
  threads.start('adds', { dir, add: { count, size: 50 } });
  threads.start('stays', { dir, run: { concurrency: 1, ms: 5 } });
  for (let round = 0; round < 4; round++) {
    const name = `ends ${String(round)}`;
    const victim = threads.start(name, { dir, run: { concurrency: 10, ms: 3 } });
    await threads.until(() => (threads.takers.get(name) ?? 0) > 100);
    await victim.terminate();
  }
  threads.start('finishes', { dir, run: { concurrency: 20, ms: 0 } });
  await threads.until(() => threads.added.length === count && threads.ends.size === count);
  expect(new Set(threads.ends.keys())).toStrictEqual(new Set(threads.added));
  expect(threads.twiceAtOnce).toStrictEqual([]);
  const again = [...threads.starts.values()].filter((count) => count > 1);
  expect(again.length).toBeGreaterThan(0);
});

it('leaves the folder when the owner closes, with all that was acknowledged to a thread that was ended while it added', async () => {
  const threads = new Threads();
  const dir = temporaryFolder();
  const victim = threads.start('adds', { dir, add: { count: 100_000, size: 3 } });
  await threads.until(() => threads.added.length > 500);
  await victim.terminate();
  await threads.close();
  const queue = new Queue('q', { connection: {} }, embeddedBackend({ dir }));
  onTestFinished(() => queue.close());
  const stored = new Set((await queue.getWaiting()).map(({ id }) => id));
  expect(threads.added.filter((id) => !stored.has(id))).toStrictEqual([]);
});

it('does not keep a thread that only waits for jobs and events', async () => {
  const threads = new Threads();
  expect(await threads.start('waits', { wait: true }).exit).toStrictEqual([0]);
});
