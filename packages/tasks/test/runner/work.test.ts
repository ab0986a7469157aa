import { expect, it } from 'vitest';
import type { Job } from 'bullmq';
import { defineTask } from '../../src/define/define-task.ts';
import { TaskEvents } from '../../src/monitor/events.ts';
import { Attempt } from '../../src/runner/attempt.ts';
import { work } from '../../src/runner/work.ts';
import type { WorkSource } from '../../src/runner/work.ts';
import { anything, gate } from './support/bench.ts';

const task = defineTask({
  name: 'far',
  schema: anything,
  file: new URL('file:///not-loaded.mjs'),
});

/** An attempt in a thread that tells its progress twice, and is done. */
function begin(updateProgress: (value: unknown) => Promise<void>): {
  done: Promise<unknown>;
  lines: unknown[];
} {
  const lines: unknown[] = [];
  const job = { id: '1', name: 'far', attemptsMade: 0, opts: {}, data: { version: 1 } };
  const owner = { expect: () => undefined, timedOut: () => undefined, abandoned: () => undefined };
  const attempt = new Attempt({ ...job, updateProgress } as unknown as Job, task, 'token', owner);
  const pool = {
    run: async (
      _input: unknown,
      _meta: unknown,
      _signal: unknown,
      tell: (value: number) => void,
    ) => {
      tell(1);
      tell(2);
      return 'result';
    },
  };
  const source = {
    queue: 'far',
    events: new TaskEvents(),
    logger: { warn: (...args: unknown[]) => lines.push(args.at(-1)) },
    validate: () => undefined,
    poolOf: () => pool,
  };
  return { done: work(attempt, source as unknown as WorkSource), lines };
}

it('an attempt in a thread ends once its progress is stored, one after the other', async () => {
  const store = gate();
  const stored: unknown[] = [];
  let isDone = false;
  const { done } = begin(async (value) => {
    await store.opened;
    stored.push(value);
  });
  void done.then(() => {
    isDone = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isDone).toBe(false);
  store.open();
  expect(await done).toBe('result');
  expect(stored).toEqual([1, 2]);
});

it('progress of a thread that cannot be stored is told, and fails nothing', async () => {
  const { done, lines } = begin(() => Promise.reject(new Error('no store')));
  expect(await done).toBe('result');
  expect(lines).toEqual(['progress was not stored', 'progress was not stored']);
});
