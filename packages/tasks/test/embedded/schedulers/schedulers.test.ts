import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bench } from '../support/bench.ts';
import type { Bench } from '../support/bench.ts';

const NOW = Date.parse('2026-06-01T12:00:00.250Z');
const SECOND = 1_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Takes the next job, by which the worker makes the one after it, and completes it. */
async function run({ queue, hand }: Bench) {
  const { id } = await hand().complete();
  return queue.getJob(id as string);
}

const timesOf = async ({ queue }: Bench) =>
  (await queue.getDelayed()).map((job) => job.timestamp + job.delay);

describe('upsertJobScheduler on the embedded backend', () => {
  it('makes the job of the next run, with name, payload and options of the template', async () => {
    const made = bench();
    const { queue } = made;
    const first = await queue.upsertJobScheduler(
      'report',
      { pattern: '0 0 13 * * *', tz: 'UTC' },
      { name: 'build', data: { kind: 'daily' }, opts: { priority: 7, attempts: 3 } },
    );
    const due = Date.parse('2026-06-01T13:00:00Z');
    expect(first?.id).toBe(`repeat:report:${String(due)}`);
    const [job] = await queue.getDelayed();
    expect(job).toMatchObject({
      id: first?.id,
      name: 'build',
      data: { kind: 'daily' },
      repeatJobKey: 'report',
      delay: due - NOW,
      priority: 7,
    });
    expect(job?.opts).toMatchObject({ attempts: 3, priority: 7 });
    // Nothing of what was left open: BullMQ hands it over as null.
    expect(job?.asJSON().opts).toHaveProperty('repeat', {
      pattern: '0 0 13 * * *',
      tz: 'UTC',
      count: 1,
    });
    expect((await queue.add('other', {})).id).toBe('2');
  });

  it('gives a schedule back as it was set', async () => {
    const { queue } = bench();
    const startDate = NOW + 60 * SECOND;
    const endDate = NOW + 3_600 * SECOND;
    const limit = 9;
    const template = { name: 'build', data: { kind: 'daily' }, opts: { attempts: 3 } };
    const repeat = { pattern: '0 0 * * * *', tz: 'UTC', limit, startDate, endDate };
    await queue.upsertJobScheduler('report', repeat, template);
    expect(await queue.getJobScheduler('report')).toMatchObject({
      key: 'report',
      name: 'build',
      next: Date.parse('2026-06-01T13:00:00Z'),
      iterationCount: 1,
      limit,
      startDate,
      endDate,
      tz: 'UTC',
      pattern: '0 0 * * * *',
      template: { data: { kind: 'daily' }, opts: { attempts: 3 } },
    });
    expect(await queue.getJobScheduler('none')).toBeUndefined();
  });

  it('lists schedules by when they are next, a page at a time', async () => {
    const { queue } = bench();
    await queue.upsertJobScheduler('late', { pattern: '0 0 18 * * *' });
    await queue.upsertJobScheduler('b', { every: 60 * SECOND });
    await queue.upsertJobScheduler('a', { every: 60 * SECOND });
    const keysOf = async (...page: [number?, number?, boolean?]) =>
      (await queue.getJobSchedulers(...page)).map(({ key }) => key);
    expect(await queue.getJobSchedulersCount()).toBe(3);
    expect(await keysOf(0, -1, true)).toEqual(['a', 'b', 'late']);
    expect(await keysOf()).toEqual(['late', 'b', 'a']);
    expect(await keysOf(1, 1, true)).toEqual(['b']);
  });

  it('runs every interval from now on, and keeps its slots after a pause', async () => {
    const made = bench();
    await made.queue.upsertJobScheduler('tick', { every: 10 * SECOND });
    expect(await made.queue.getWaitingCount()).toBe(1);
    await run(made);
    expect(await timesOf(made)).toEqual([NOW + 10 * SECOND]);
    vi.setSystemTime(NOW + 47 * SECOND);
    await run(made);
    expect(await timesOf(made)).toEqual([NOW + 50 * SECOND]);
    expect((await made.queue.getJobScheduler('tick'))?.iterationCount).toBe(3);
  });

  it('begins at the offset, or at the start date', async () => {
    const made = bench();
    await made.queue.upsertJobScheduler('offset', { every: 10 * SECOND, offset: 3 * SECOND });
    await made.queue.upsertJobScheduler('start', { every: 10 * SECOND, startDate: NOW + 777 });
    expect(await timesOf(made)).toEqual([NOW + 777, Date.parse('2026-06-01T12:00:03.000Z')]);
  });

  it('runs a pattern at once where it is asked to, then by the pattern', async () => {
    const made = bench();
    await made.queue.upsertJobScheduler('now', { pattern: '0 0 * * * *', immediately: true });
    expect(await made.queue.getWaitingCount()).toBe(1);
    await run(made);
    expect(await timesOf(made)).toEqual([Date.parse('2026-06-01T13:00:00Z')]);
  });

  it('stops at its limit', async () => {
    const made = bench();
    await made.queue.upsertJobScheduler('twice', { every: 10 * SECOND, limit: 2 });
    await run(made);
    vi.setSystemTime(NOW + 10 * SECOND);
    await run(made);
    expect(await timesOf(made)).toEqual([]);
    expect(await made.queue.count()).toBe(0);
  });

  it('takes the place of the schedule of that id, and of its next job', async () => {
    const made = bench();
    const { queue } = made;
    await queue.upsertJobScheduler('tick', { pattern: '0 0 18 * * *' }, { name: 'old' });
    await queue.upsertJobScheduler('tick', { pattern: '0 0 19 * * *' }, { name: 'new' });
    expect((await queue.getDelayed()).map(({ name }) => name)).toEqual(['new']);
    expect(await queue.getJobSchedulersCount()).toBe(1);
  });

  it('keeps the time of the next run when only the template of an interval changes', async () => {
    const made = bench();
    const { queue } = made;
    await queue.upsertJobScheduler('tick', { every: 10 * SECOND, offset: 1 }, { name: 'old' });
    const before = await timesOf(made);
    vi.setSystemTime(NOW + 5 * SECOND);
    await queue.upsertJobScheduler('tick', { every: 10 * SECOND, offset: 1 }, { name: 'new' });
    expect(await timesOf(made)).toEqual(before);
    expect((await queue.getDelayed()).map(({ name }) => name)).toEqual(['new']);
  });

  it('goes on counting its runs when it is set anew', async () => {
    const made = bench();
    const { queue } = made;
    await queue.upsertJobScheduler('tick', { every: 10 * SECOND });
    await run(made);
    await queue.upsertJobScheduler('tick', { every: 10 * SECOND }, { name: 'new' });
    expect((await queue.getJobScheduler('tick'))?.iterationCount).toBe(2);
  });

  it('leaves the waiting run of a paused queue, and makes the one after it', async () => {
    const made = bench();
    const { queue } = made;
    await queue.upsertJobScheduler('tick', { every: 10 * SECOND }, { name: 'old' });
    await queue.pause();
    await queue.upsertJobScheduler('tick', { every: 10 * SECOND }, { name: 'new' });
    expect((await queue.getWaiting()).map(({ name }) => name)).toEqual(['old']);
    expect((await queue.getDelayed()).map(({ name }) => name)).toEqual(['new']);
  });

  it('begins anew when the interval changes', async () => {
    const made = bench();
    const { queue } = made;
    await queue.upsertJobScheduler('tick', { every: 10 * SECOND });
    await run(made);
    await queue.upsertJobScheduler('tick', { every: 7 * SECOND });
    expect(await queue.getWaitingCount()).toBe(0);
    expect(await timesOf(made)).toEqual([NOW + 7 * SECOND]);
  });

  it('walks on where finished jobs of an earlier schedule have the ids of its slots', async () => {
    const made = bench();
    const { queue } = made;
    const every = 10 * SECOND;
    await queue.upsertJobScheduler('tick', { every });
    await run(made);
    vi.setSystemTime(NOW + every);
    await run(made);
    await queue.removeJobScheduler('tick');
    vi.setSystemTime(NOW);
    await queue.upsertJobScheduler('tick', { every });
    expect(await timesOf(made)).toEqual([NOW + 2 * every]);
  });

  it('gives up where too many slots are taken', async () => {
    const { queue } = bench();
    const every = 10 * SECOND;
    for (let slot = 0; slot <= 32; slot++) {
      await queue.add('old', {}, { jobId: `repeat:tick:${String(NOW + slot * every)}` });
    }
    await expect(queue.upsertJobScheduler('tick', { every })).rejects.toMatchObject({ code: -11 });
  });

  it('refuses a pattern whose next run has an id that is taken', async () => {
    const { queue } = bench();
    const at = Date.parse('2026-06-01T13:00:00Z');
    await queue.add('other', {}, { jobId: `repeat:hourly:${String(at)}` });
    const hourly = { pattern: '0 0 * * * *', tz: 'UTC' };
    await expect(queue.upsertJobScheduler('hourly', hourly)).rejects.toMatchObject({ code: -10 });
    expect(await queue.getJobSchedulersCount()).toBe(0);
  });

  it('leaves a run alone that a worker has taken, when it is set anew', async () => {
    const made = bench();
    const { queue } = made;
    const pattern = { pattern: '0 0 * * * *', immediately: true };
    await queue.upsertJobScheduler('now', pattern);
    const running = await made.hand().take();
    const next = await queue.upsertJobScheduler('now', pattern);
    expect(next?.id).not.toBe(running.id);
    expect(await running.isActive()).toBe(true);
    await running.moveToCompleted('done', 'token', false);
    expect(await queue.getDelayedCount()).toBe(1);
  });

  it('takes the place of a finished job that has the id of its next run', async () => {
    const made = bench();
    const { queue } = made;
    const pattern = { pattern: '0 0 * * * *', immediately: true };
    await queue.upsertJobScheduler('now', pattern);
    const done = await run(made);
    await queue.upsertJobScheduler('now', pattern);
    expect(await queue.getJobCounts('waiting', 'completed')).toEqual({ waiting: 1, completed: 0 });
    expect((await queue.getWaiting()).map(({ id }) => id)).toEqual([done?.id]);
  });

  it('makes no second job when the same run is started again', async () => {
    const made = bench();
    const { queue } = made;
    await queue.upsertJobScheduler('tick', { every: 10 * SECOND });
    const done = await run(made);
    await done?.retry('completed');
    await run(made);
    expect(await queue.getDelayedCount()).toBe(1);
    expect((await queue.getJobScheduler('tick'))?.iterationCount).toBe(2);
  });

  it('tells of a next run whose id is taken', async () => {
    const made = bench();
    const { queue } = made;
    const reader = await made.events();
    const told = new Promise((resolve) => {
      reader.on('duplicated', resolve);
    });
    await queue.upsertJobScheduler('tick', { every: 10 * SECOND });
    const jobId = `repeat:tick:${String(NOW + 10 * SECOND)}`;
    await queue.add('other', {}, { jobId, delay: 1 });
    await run(made);
    expect(await told).toEqual({ jobId });
  });
});

describe('removeJobScheduler on the embedded backend', () => {
  it('ends the schedule and removes the job that waits for its time', async () => {
    const made = bench();
    const { queue } = made;
    const reader = await made.events();
    const told = new Promise((resolve) => {
      reader.on('removed', resolve);
    });
    const job = await queue.upsertJobScheduler('tick', { every: 10 * SECOND, offset: 1 });
    expect(await queue.removeJobScheduler('tick')).toBe(true);
    expect(await told).toEqual({ jobId: job?.id, prev: 'delayed' });
    expect(await queue.getJobScheduler('tick')).toBeUndefined();
    expect(await queue.count()).toBe(0);
    expect(await queue.removeJobScheduler('tick')).toBe(false);
  });

  it('leaves a run alone that is due already, which makes no other', async () => {
    const made = bench();
    const { queue } = made;
    await queue.upsertJobScheduler('tick', { every: 10 * SECOND });
    await queue.removeJobScheduler('tick');
    expect(await queue.getWaitingCount()).toBe(1);
    await run(made);
    expect(await queue.count()).toBe(0);
  });
});
