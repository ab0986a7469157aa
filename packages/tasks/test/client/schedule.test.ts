import { afterEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { embeddedBackend } from '../../src/embedded/index.ts';
import { defineTask } from '../../src/index.ts';
import type { AnyTask, ScheduleTiming } from '../../src/index.ts';
import { echo, keeper, open, start } from './support/open.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('schedules', () => {
  test('store what the runner has to know of each run', async () => {
    const task = echo({ priority: 'low', version: 3 });
    const tasks = open([task], { run: 'off' });
    await tasks.schedule(task, {
      key: 'nightly',
      cron: '0 3 * * *',
      tz: 'Europe/Berlin',
      payload: { n: 1 },
      jitter: 50,
      overlap: 'queue',
      missed: 'skip',
    });
    const [queue] = await tasks.queues();
    const [run] = await queue!.getDelayed();
    expect(run).toMatchObject({
      name: 'echo',
      data: {
        version: 3,
        payload: { n: 1 },
        schedule: { key: 'nightly', from: 'call', overlap: 'queue', missed: 'skip', jitter: 50 },
      },
      opts: { priority: 20, attempts: 3 },
    });
  });

  test('of tasks are registered at the start; those that no code has any more are reported, and stay', async () => {
    const backend = embeddedBackend();
    const define = (keys: readonly string[]): AnyTask =>
      defineTask({
        name: 'report',
        schema: z.object({}),
        schedule: keys.map((key) => ({ key, cron: '0 3 * * *', payload: {} })),
        handler: () => undefined,
      });
    const before = define(['a', 'b']);
    const first = await start([before], { backend, run: 'off' });
    await first.schedule(before as never, { key: 'by-call', every: 60_000, payload: {} as never });
    const logger = keeper();
    const second = await start([define(['a'])], { backend, run: 'off', logger });
    expect(logger.lines).toEqual([
      [{ key: 'b', queue: 'default', task: 'report' }, expect.stringContaining('in no code')],
    ]);
    const declared = (await second.schedules()).map(({ key, declared: is }) => [key, is]);
    expect(Object.fromEntries(declared)).toEqual({ a: true, b: false, 'by-call': true });
    const third = keeper();
    await start([echo()], { backend, run: 'off', logger: third });
    expect(third.lines).toHaveLength(3);
  });

  test('move with their tasks to another queue', async () => {
    const backend = embeddedBackend();
    const define = (options: object): AnyTask =>
      echo({ schedule: { cron: '0 3 * * *', payload: { n: 1 } }, ...options });
    const other = echo({ name: 'other' });
    const first = await start([define({}), other], { backend, run: 'off' });
    expect(await first.schedules()).toMatchObject([{ queue: 'default', declared: true }]);
    const logger = keeper();
    const second = await start([define({ queue: 'apart' }), other], {
      backend,
      run: 'off',
      logger,
    });
    expect(await second.schedules()).toMatchObject([{ queue: 'apart', declared: true }]);
    const old = (await second.queues()).find(({ name }) => name === 'default');
    expect(await old!.getDelayedCount()).toBe(0);
    expect(logger.lines).toEqual([]);
  });

  test('that a call made count as undeclared once their task has another queue', async () => {
    const backend = embeddedBackend();
    const task = echo();
    const other = echo({ name: 'other' });
    const first = open([task, other], { backend, run: 'off' });
    await first.schedule(task, { key: 'k', cron: '0 3 * * *', payload: { n: 1 } });
    const logger = keeper();
    const second = await start([echo({ queue: 'apart' }), other], {
      backend,
      run: 'off',
      logger,
    });
    expect(await second.schedules()).toMatchObject([{ queue: 'default', declared: false }]);
    expect(logger.lines).toEqual([
      [{ key: 'k', queue: 'default', task: 'echo' }, expect.stringContaining('in no code')],
    ]);
  });

  test('that have had all their runs begin anew when they change', async () => {
    const backend = embeddedBackend();
    let runs = 0;
    const define = (n: number): AnyTask =>
      echo({
        schedule: { every: 10, limit: 1, payload: { n } },
        handler: () => void (runs += 1),
      });
    const tasks = await start([define(1)], { backend });
    await vi.waitFor(() => expect(runs).toBe(1), { interval: 5 });
    await tasks.close();
    const same = await start([define(1)], { backend, run: 'off' });
    const [queue] = await same.queues();
    const waiting = (): Promise<number> =>
      queue!.getJobCountByTypes('waiting', 'prioritized', 'delayed');
    expect(await waiting()).toBe(0);
    await start([define(2)], { backend, run: 'off' });
    expect(await waiting()).toBe(1);
  });

  test('whose end is over are refused by a call, and removed at the start', async () => {
    const backend = embeddedBackend();
    const task = echo();
    const tasks = open([task], { backend, run: 'off' });
    await expect(
      tasks.schedule(task, { every: 5, payload: { n: 1 }, endDate: new Date(1_000) }),
    ).rejects.toThrow('expected options.endDate to be in the future');
    await tasks.schedule(task, { every: 60_000, payload: { n: 1 } });
    const over = echo({ schedule: { every: 60_000, payload: { n: 1 }, endDate: 1_000 } });
    await start([over], { backend, run: 'off' });
    expect(await tasks.schedules()).toEqual([]);
  });

  test('without a run before their end are refused by a call, and removed at the start', async () => {
    const backend = embeddedBackend();
    const task = echo();
    const tasks = open([task], { backend, run: 'off' });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) });
    const timing = { cron: '0 0 29 2 *', endDate: Date.UTC(2026, 0, 2), payload: { n: 1 } };
    await expect(tasks.schedule(task, timing)).rejects.toThrow('to have a run to come');
    await tasks.schedule(task, { cron: '0 3 * * *', payload: { n: 1 } });
    await start([echo({ schedule: timing })], { backend, run: 'off' });
    expect(await tasks.schedules()).toEqual([]);
  });

  test.each(['not a pattern', '61 * * * *', '0 0 31 2 *'])(
    'refuses cron %s with CATZ_TASKS_OPTIONS',
    async (cron) => {
      const task = echo();
      const tasks = open([task], { run: 'off' });
      await expect(tasks.schedule(task, { cron, payload: { n: 1 } })).rejects.toMatchObject({
        code: 'CATZ_TASKS_OPTIONS',
      });
      expect(await tasks.schedules()).toEqual([]);
    },
  );

  test('refuse a payload that is wrong, when they are registered', async () => {
    const task = echo({ schedule: { every: 5, payload: { n: 'x' } } });
    await expect(open([task]).start()).rejects.toMatchObject({ code: 'CATZ_TASKS_PAYLOAD' });
  });

  test.each<[string, ScheduleTiming, number, number]>([
    ['cron', { cron: '0 3 * * *' }, 1, 0],
    ['cron that drops missed runs', { cron: '0 3 * * *', missed: 'skip' }, 1, 21 * 3_600_000],
    // Its first run was due at once.
    ['every', { every: 3_600_000 }, 2, -3 * 3_600_000 - 60_000],
  ])('keep an overdue run of %s when the payload is another', async (_kind, timing, n, until) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1, 2, 59) });
    const backend = embeddedBackend();
    const define = (payload: number): AnyTask =>
      echo({ schedule: { ...timing, payload: { n: payload } } });
    const tasks = await start([define(n)], { backend, run: 'off' });
    // Six hours without anybody.
    vi.setSystemTime(Date.UTC(2026, 0, 1, 6));
    await start([define(n + 1)], { backend, run: 'off' });
    const [info] = await tasks.schedules();
    expect(info!.next! - Date.now()).toBe(until);
    const [queue] = await tasks.queues();
    const runs = await queue!.getJobs(['delayed', 'prioritized', 'waiting']);
    expect(runs.map(({ data }) => (data as { payload: unknown }).payload)).toEqual([{ n: n + 1 }]);
  });

  test('pass on limit, startDate and endDate', async () => {
    const start = Date.now() + 60_000;
    const task = echo();
    const tasks = open([task], { run: 'off' });
    await tasks.schedule(task, {
      every: 1_000,
      payload: { n: 1 },
      limit: 3,
      startDate: start,
      endDate: new Date(start + 5_000),
    });
    const [queue] = await tasks.queues();
    expect(await queue!.getJobScheduler('echo')).toMatchObject({
      limit: 3,
      startDate: start,
      endDate: start + 5_000,
      next: start,
    });
  });

  test('are removed from one queue where that is named', async () => {
    const task = echo();
    const other = echo({ name: 'other', queue: 'apart' });
    const tasks = open([task, other], { run: 'off' });
    await tasks.schedule(task, { key: 'k', every: 60_000, payload: { n: 1 } });
    await tasks.schedule(other, { key: 'k', every: 60_000, payload: { n: 1 } });
    expect(await tasks.unschedule('k', 'apart')).toBe(true);
    expect((await tasks.schedules()).map(({ queue }) => queue)).toEqual(['default']);
  });
});
