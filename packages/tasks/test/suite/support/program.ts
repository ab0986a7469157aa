// One program for every backend: what users of the package see has to be the same on all of them.
// Each test has queues of its own names, so that a server may be shared; two objects of createTasks() stand for two processes.
import { randomBytes } from 'node:crypto';
import { until } from '@catzilla/bus/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createTasks, defineTask, errors } from '../../../src/index.ts';
import type { AnyTask, Tasks, TasksOptions } from '../../../src/index.ts';

/** Where a program runs. */
export interface Place {
  readonly backend: NonNullable<TasksOptions['backend']>;
  readonly connection?: unknown;
}

const anything = z.object({ n: z.number() });

/** @param place  called within each test */
export function programSuite(title: string, place: () => Place): void {
  describe(title, () => {
    const opened: Tasks[] = [];
    let queue = '';

    afterEach(async () => {
      for (const tasks of opened.splice(0)) await tasks.close({ drainTimeout: 1, abortGrace: 500 });
    });

    /** Tasks in a queue of their own, in the order in which one after another would run. */
    function open(tasks: readonly AnyTask[], options: Partial<TasksOptions> = {}): Tasks {
      const { backend, connection } = place();
      const made = createTasks({
        tasks,
        backend,
        // Answers are waited for, however busy the machine.
        enqueueTimeout: 60_000,
        ...(connection !== undefined && { connection }),
        ...options,
      });
      opened.push(made);
      return made;
    }

    async function start(
      tasks: readonly AnyTask[],
      options: Partial<TasksOptions> = {},
    ): Promise<Tasks> {
      const made = open(tasks, options);
      await made.start();
      return made;
    }

    /** A name that no other test has. */
    function fresh(): string {
      queue = `q-${randomBytes(6).toString('hex')}`;
      return queue;
    }

    test('runs a job and gives its result to who waits', async () => {
      const add = defineTask({
        name: 'add',
        queue: fresh(),
        schema: z.object({ a: z.number(), b: z.number() }),
        handler: ({ a, b }) => ({ sum: a + b }),
      });
      const tasks = await start([add]);
      const handle = await tasks.enqueue(add, { a: 1, b: 2 });
      expect(await handle.result()).toEqual({ sum: 3 });
      expect(await handle.state()).toBe('completed');
      expect(handle).toMatchObject({ task: 'add', queue, deduplicated: false });
      // Also to who asks after its end.
      expect(await handle.result()).toEqual({ sum: 3 });
      expect(await (await tasks.get(handle.id))?.result()).toEqual({ sum: 3 });
    });

    test('stores the payload as it was enqueued, and hands over what the schema makes of it', async () => {
      const when = defineTask({
        name: 'when',
        queue: fresh(),
        schema: z.object({ at: z.iso.datetime().transform((text) => new Date(text)) }),
        handler: ({ at }) => at.getTime(),
      });
      const tasks = await start([when], { run: 'off' });
      const payload = { at: '2026-03-29T01:30:00.000Z' };
      const handle = await tasks.enqueue(when, payload);
      payload.at = 'changed after the call';
      const [stored] = await tasks.queues();
      expect((await stored!.getJob(handle.id))?.data).toEqual({
        version: 1,
        payload: { at: '2026-03-29T01:30:00.000Z' },
      });
      await start([when]);
      expect(await handle.result()).toBe(Date.UTC(2026, 2, 29, 1, 30));
    });

    test('starts jobs by priority, and within one in the order of their enqueue', async () => {
      const order: number[] = [];
      const note = defineTask({
        name: 'note',
        queue: fresh(),
        schema: anything,
        concurrency: 1,
        handler: ({ n }) => void order.push(n),
      });
      const producer = await start([note], { run: 'off' });
      await producer.enqueue(note, { n: 7 }, { priority: 'low' });
      await producer.enqueue(note, { n: 4 });
      await producer.enqueue(note, { n: 3 }, { priority: 'high' });
      await producer.enqueue(note, { n: 6 }, { priority: 15 });
      await producer.enqueue(note, { n: 1 }, { priority: 'critical' });
      await producer.enqueue(note, { n: 5 });
      const last = await producer.enqueue(note, { n: 8 }, { priority: 'low' });
      await producer.enqueue(note, { n: 2 }, { priority: 'critical' });
      await start([note]);
      await last.result();
      expect(order).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    });

    test('runs a delayed job not before its time', async () => {
      const late = defineTask({
        name: 'late',
        queue: fresh(),
        schema: anything,
        handler: () => Date.now(),
      });
      const tasks = await start([late]);
      const before = Date.now();
      const by = await tasks.enqueue(late, { n: 1 }, { delay: 40 });
      const at = await tasks.enqueue(late, { n: 2 }, { at: new Date(before + 45) });
      const past = await tasks.enqueue(late, { n: 3 }, { at: new Date(before - 1_000) });
      expect(await by.result()).toBeGreaterThanOrEqual(before + 40);
      expect(await at.result()).toBeGreaterThanOrEqual(before + 45);
      expect(await past.result()).toBeGreaterThanOrEqual(before);
    });

    test('repeats a failed job as often as its task says, or its enqueue', async () => {
      const attempts: Record<number, number[]> = {};
      const flaky = defineTask({
        name: 'flaky',
        queue: fresh(),
        schema: anything,
        retry: { attempts: 3, delay: 1, backoff: 'fixed' },
        handler: ({ n }, { attempt, maxAttempts }) => {
          (attempts[n] ??= []).push(attempt);
          if (attempt < 3) throw new Error(`attempt ${attempt} of ${maxAttempts}`);
          return 'at last';
        },
      });
      const tasks = await start([flaky]);
      expect(await (await tasks.enqueue(flaky, { n: 1 })).result()).toBe('at last');
      const once = await tasks.enqueue(flaky, { n: 2 }, { retry: false });
      await expect(once.result()).rejects.toMatchObject({
        code: 'CATZ_TASKS_FAILED',
        cause: { message: 'attempt 1 of 1' },
      });
      const twice = await tasks.enqueue(flaky, { n: 3 }, { retry: { attempts: 2 } });
      await expect(twice.result()).rejects.toThrow('attempt 2 of 2');
      expect(attempts).toEqual({ 1: [1, 2, 3], 2: [1], 3: [1, 2] });
    });

    test('takes a repeated idempotency key for the same job, also when that has ended', async () => {
      let runs = 0;
      const charge = defineTask({
        name: 'charge',
        queue: fresh(),
        schema: z.object({ order: z.string(), note: z.string() }),
        idempotencyKey: ({ order }) => order,
        handler: () => ++runs,
      });
      const tasks = await start([charge]);
      const first = await tasks.enqueue(charge, { order: 'a', note: '1' });
      expect(await first.result()).toBe(1);
      const again = await tasks.enqueue(charge, { order: 'a', note: '2' });
      expect(again).toMatchObject({ id: first.id, deduplicated: true });
      expect(await again.result()).toBe(1);
      const keyed = await tasks.enqueue(charge, { order: 'a', note: '3' }, { key: 'b' });
      expect(keyed.deduplicated).toBe(false);
      expect(await keyed.result()).toBe(2);
    });

    test('keeps one waiting job of a unique key, until it has ended', async () => {
      const index = defineTask({
        name: 'index',
        queue: fresh(),
        schema: z.object({ page: z.string(), n: z.number() }),
        unique: ({ page }) => page,
        handler: ({ n }) => n,
      });
      const producer = await start([index], { run: 'off' });
      const first = await producer.enqueue(index, { page: 'a', n: 1 });
      const second = await producer.enqueue(index, { page: 'a', n: 2 });
      const other = await producer.enqueue(index, { page: 'b', n: 3 });
      expect(second).toMatchObject({ id: first.id, deduplicated: true });
      expect(other.deduplicated).toBe(false);
      await start([index]);
      expect(await first.result()).toBe(1);
      const third = await producer.enqueue(index, { page: 'a', n: 4 });
      expect(third.deduplicated).toBe(false);
      expect(await third.result()).toBe(4);
    });

    test('runs the latest of a unique key after the one that runs', async () => {
      const seen: number[] = [];
      const gate = withResolvers();
      const begun = withResolvers();
      const sync = defineTask({
        name: 'sync',
        queue: fresh(),
        schema: anything,
        unique: () => 'all',
        uniqueMode: 'latest',
        handler: async ({ n }) => {
          seen.push(n);
          begun.resolve();
          await gate.promise;
        },
      });
      const tasks = await start([sync]);
      await tasks.enqueue(sync, { n: 1 });
      await begun.promise;
      expect((await tasks.enqueue(sync, { n: 2 })).deduplicated).toBe(true);
      expect((await tasks.enqueue(sync, { n: 3 })).deduplicated).toBe(true);
      gate.resolve();
      await until('the latest runs', () => seen.length === 2);
      expect(seen).toEqual([1, 3]);
    });

    test('debounces a unique key: the last payload runs, once', async () => {
      const seen: number[] = [];
      const save = defineTask({
        name: 'save',
        queue: fresh(),
        schema: anything,
        unique: () => 'all',
        uniqueMode: 'debounce',
        // Far longer than a busy machine needs between two of them.
        debounce: 2_000,
        handler: ({ n }) => void seen.push(n),
      });
      const tasks = await start([save]);
      const first = await tasks.enqueue(save, { n: 1 });
      await tasks.enqueue(save, { n: 2 });
      const last = await tasks.enqueue(save, { n: 3 });
      await last.result();
      expect(seen).toEqual([3]);
      await expect(first.result()).rejects.toMatchObject({ code: 'CATZ_TASKS_UNKNOWN_JOB' });
    });

    test('enqueues many jobs, or none when one payload is wrong', async () => {
      const double = defineTask({
        name: 'double',
        queue: fresh(),
        schema: anything,
        handler: ({ n }) => n * 2,
      });
      const tasks = await start([double]);
      await expect(
        tasks.enqueueMany(double, [{ n: 1 }, { n: 'two' as never }, { n: 3 }]),
      ).rejects.toMatchObject({ code: 'CATZ_TASKS_PAYLOAD' });
      const [reader] = await tasks.queues();
      expect(await reader!.getJobCountByTypes('waiting', 'prioritized', 'completed')).toBe(0);
      const handles = await tasks.enqueueMany(double, [{ n: 1 }, { n: 2 }, { n: 3 }]);
      expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([2, 4, 6]);
      expect(await tasks.enqueueMany(double, [])).toEqual([]);
    });

    test('cancels a job that waits, and tells who waits for it', async () => {
      const never = defineTask({
        name: 'never',
        queue: fresh(),
        schema: anything,
        handler: () => 1,
      });
      const tasks = await start([never], { run: 'off' });
      // Its events are read once somebody has waited.
      const first = await tasks.enqueue(never, { n: 0 });
      const firstEnd = first.result().catch(() => 'ended');
      await first.cancel();
      await firstEnd;
      const waiting = await tasks.enqueue(never, { n: 1 });
      const delayed = await tasks.enqueue(never, { n: 2 }, { delay: 60_000 });
      const ends = [waiting, delayed].map((handle) =>
        handle.result().catch((error: Error) => error),
      );
      expect(await waiting.cancel('no longer needed')).toBe('removed');
      expect(await tasks.cancel(delayed.id)).toBe('removed');
      expect(await Promise.all(ends)).toEqual([
        new errors.CANCELLED(waiting.id, 'no longer needed'),
        new errors.CANCELLED(delayed.id, 'cancelled'),
      ]);
      expect(await waiting.state()).toBe('unknown');
      expect(await tasks.cancel(waiting.id)).toBe('unknown');
    });

    test('cancels a job that runs, in whichever process: its signal aborts, and it is not repeated', async () => {
      const begun = withResolvers();
      let runs = 0;
      const long = defineTask({
        name: 'long',
        queue: fresh(),
        schema: anything,
        retry: { attempts: 5, delay: 1 },
        handler: async (_, { signal }) => {
          runs += 1;
          begun.resolve();
          await new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error));
          });
        },
      });
      const tasks = await start([long]);
      const elsewhere = await start([long], { run: 'off' });
      const handle = await tasks.enqueue(long, { n: 1 });
      const end = handle.result();
      await begun.promise;
      const [answer] = await Promise.all([
        elsewhere.cancel(handle.id, 'enough'),
        expect(end).rejects.toMatchObject({
          code: 'CATZ_TASKS_CANCELLED',
          message: `job ${handle.id} was cancelled: enough`,
        }),
      ]);
      expect(answer).toBe('requested');
      expect(await handle.cancel()).toBe('finished');
      expect(runs).toBe(1);
    });

    test('starts nothing while it is paused', async () => {
      const easy = defineTask({
        name: 'easy',
        queue: fresh(),
        schema: anything,
        handler: () => 'ran',
      });
      const tasks = await start([easy]);
      await tasks.pause();
      const handle = await tasks.enqueue(easy, { n: 1 });
      const [paused] = (await tasks.stats()).queues;
      expect(paused).toMatchObject({ queue, isPaused: true });
      expect(await handle.state()).toBe('waiting');
      await tasks.resume(queue);
      expect(await handle.result()).toBe('ran');
      await expect(tasks.pause('another')).rejects.toThrow('expected queue to be one of');
    });

    test('runs a schedule again and again, until it is unscheduled', async () => {
      const payloads: number[] = [];
      const tick = defineTask({
        name: 'tick',
        queue: fresh(),
        schema: anything,
        handler: ({ n }) => void payloads.push(n),
      });
      const tasks = await start([tick]);
      const info = await tasks.schedule(tick, { key: 'often', every: 20, payload: { n: 5 } });
      expect(info).toMatchObject({ key: 'often', task: 'tick', queue, every: 20, declared: true });
      await until('three runs', () => payloads.length >= 3);
      expect(payloads.slice(0, 3)).toEqual([5, 5, 5]);
      expect((await tasks.schedules()).map(({ key }) => key)).toEqual(['often']);
      expect(await tasks.unschedule('often')).toBe(true);
      expect(await tasks.unschedule('often')).toBe(false);
      expect(await tasks.schedules()).toEqual([]);
    });

    test('leaves an unchanged schedule as it is when it starts again, and replaces a changed one', async () => {
      const name = fresh();
      const define = (cron: string, n: number): AnyTask =>
        defineTask({
          name: 'nightly',
          queue: name,
          schema: anything,
          schedule: { cron, tz: 'Europe/Berlin', payload: { n } },
          handler: () => undefined,
        });
      const first = await start([define('30 3 * * *', 1)], { run: 'off' });
      const [reader] = await first.queues();
      const [before] = await reader!.getDelayed();
      await start([define('30 3 * * *', 1)], { run: 'off' });
      expect((await reader!.getDelayed()).map(({ id, timestamp }) => [id, timestamp])).toEqual([
        [before!.id, before!.timestamp],
      ]);
      await start([define('30 4 * * *', 2)], { run: 'off' });
      const [after] = await reader!.getDelayed();
      expect(after!.data).toMatchObject({ payload: { n: 2 } });
      expect(await first.schedules()).toMatchObject([{ key: 'nightly', cron: '30 4 * * *' }]);
    });

    test('gives a schedule no more runs than its limit when it starts again', async () => {
      let runs = 0;
      const twice = defineTask({
        name: 'twice',
        queue: fresh(),
        schema: anything,
        schedule: { every: 10, limit: 2, payload: { n: 1 } },
        handler: () => void (runs += 1),
      });
      const tasks = await start([twice]);
      await until('both runs', () => runs === 2);
      await tasks.close();
      const later = await start([twice], { run: 'off' });
      const [reader] = await later.queues();
      expect(await reader!.getJobCountByTypes('waiting', 'prioritized', 'delayed')).toBe(0);
    });

    test('gives the results of children to their parent', async () => {
      const name = fresh();
      const part = defineTask({
        name: 'part',
        queue: name,
        schema: anything,
        handler: ({ n }) => n,
      });
      const sum = defineTask({
        name: 'sum',
        queue: name,
        schema: anything,
        handler: async ({ n }, { children }) =>
          (await children()).reduce((total, { result }) => total + Number(result), n),
      });
      const tasks = await start([part, sum]);
      const root = await tasks.flow({
        task: sum,
        payload: { n: 1 },
        children: [
          { task: part, payload: { n: 10 } },
          { task: sum, payload: { n: 100 }, children: [{ task: part, payload: { n: 1_000 } }] },
        ],
      });
      expect(await root.result()).toBe(1_111);
      expect(root.children.map(({ task }) => task)).toEqual(['part', 'sum']);
      expect(await root.children[1]!.children[0]!.result()).toBe(1_000);
    });

    test.for([
      ['fail', 'CATZ_TASKS_FAILED'],
      ['ignore', 'ran with 1 of 2'],
      ['continue', 'ran with 1 of 2'],
      ['remove', 'ran with 1 of 1'],
    ] as const)('does what onChildFailure %s says', async ([onChildFailure, outcome]) => {
      const name = fresh();
      const part = defineTask({
        name: 'part',
        queue: name,
        schema: anything,
        retry: false,
        concurrency: 1,
        handler: ({ n }) => {
          if (n < 0) throw new Error('negative');
          return n;
        },
      });
      const whole = defineTask({
        name: 'whole',
        queue: name,
        schema: z.object({}),
        handler: async (_, { children }) => {
          const all = await children();
          const good = all.filter(({ failedReason }) => failedReason === undefined);
          return `ran with ${good.length} of ${all.length}`;
        },
      });
      const tasks = await start([part, whole]);
      const root = await tasks.flow({
        task: whole,
        payload: {},
        children: [
          { task: part, payload: { n: 1 }, options: { priority: 'critical' } },
          { task: part, payload: { n: -1 }, onChildFailure },
        ],
      });
      const end = await root.result().catch((error: { readonly code: string }) => error.code);
      expect(end).toBe(outcome);
    });

    test('lists dead letters, enqueues them again, and discards them', async () => {
      let isBroken = true;
      const mail = defineTask({
        name: 'mail',
        queue: fresh(),
        schema: anything,
        version: 2,
        priority: 'high',
        retry: { attempts: 2, delay: 1 },
        handler: ({ n }) => {
          if (isBroken) throw Object.assign(new Error(`no route ${n}`), { code: 'EHOSTUNREACH' });
          return n;
        },
      });
      const tasks = await start([mail]);
      const failed = await tasks.enqueueMany(mail, [{ n: 1 }, { n: 2 }, { n: 3 }]);
      await Promise.allSettled(failed.map((handle) => handle.result()));
      const letters = await tasks.dead.list();
      expect(letters).toHaveLength(3);
      const one = letters.find(({ jobId }) => jobId === failed[0]!.id)!;
      expect(one).toMatchObject({
        task: 'mail',
        queue,
        version: 2,
        payload: { n: 1 },
        reason: 'no route 1',
        code: 'EHOSTUNREACH',
        attemptsMade: 2,
        priority: 5,
      });
      expect(one.attempts).toHaveLength(2);
      isBroken = false;
      const [again] = await tasks.dead.requeue(one.id);
      expect(await again!.result()).toBe(1);
      expect(await tasks.dead.list({ code: 'ENOENT' })).toEqual([]);
      expect(await tasks.dead.discard({ task: 'mail', limit: 1 })).toBe(1);
      const rest = await tasks.dead.requeue({ queue, code: 'EHOSTUNREACH' });
      expect(rest).toHaveLength(1);
      await rest[0]!.result();
      expect(await tasks.dead.list()).toEqual([]);
      await expect(tasks.dead.requeue('nobody')).rejects.toMatchObject({
        code: 'CATZ_TASKS_UNKNOWN_JOB',
      });
    });

    test('takes nothing new once it refuses, but what was prepared', async () => {
      const job = defineTask({
        name: 'job',
        queue: fresh(),
        schema: anything,
        handler: ({ n }) => n,
      });
      const tasks = await start([job]);
      const prepared = await tasks.prepare(job, { n: 1 });
      tasks.refuse();
      await expect(tasks.enqueue(job, { n: 2 })).rejects.toMatchObject({
        code: 'CATZ_TASKS_CLOSING',
        statusCode: 503,
      });
      const handle = await prepared.enqueue();
      expect(await handle.result()).toBe(1);
      expect(await tasks.close()).toEqual({ completed: 0, aborted: 0, abandoned: 0, returned: 0 });
    });

    test('drains: what runs ends, what waits stays', async () => {
      const gate = withResolvers();
      const begun = withResolvers();
      const slow = defineTask({
        name: 'slow',
        queue: fresh(),
        schema: anything,
        concurrency: 1,
        handler: async ({ n }) => {
          begun.resolve();
          await gate.promise;
          return n;
        },
      });
      const worker = await start([slow]);
      const watcher = await start([slow], { run: 'off' });
      const first = await watcher.enqueue(slow, { n: 1 });
      const second = await watcher.enqueue(slow, { n: 2 });
      await begun.promise;
      const report = worker.drain({ drainTimeout: 5_000 });
      gate.resolve();
      expect(await report).toMatchObject({ completed: 1, aborted: 0, returned: 0 });
      expect(await first.result()).toBe(1);
      expect(await second.state()).toBe('waiting');
      await start([slow]);
      expect(await second.result()).toBe(2);
    });
  });
}

function withResolvers(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve: () => resolve() };
}
