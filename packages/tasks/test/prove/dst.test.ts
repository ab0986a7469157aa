// A day and a night of schedules over each change of the clocks, in two zones, on a fake clock: BullMQ's own Queue and Worker on
// the embedded backend, and every run compared with when it has to be. Expected times are written out, or come from Intl.
import { Queue, Worker } from 'bullmq';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { embeddedBackend } from '../../src/embedded/index.ts';
import type { RepeatOptions } from 'bullmq';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface Change {
  readonly title: string;
  readonly tz: string;
  /** Of 24 hours with the change in them. */
  readonly from: string;
  /** When each daily pattern runs within them. */
  readonly daily: Readonly<Record<string, string>>;
}

// A time that the change leaves out runs an hour later; one that comes twice runs the first time only.
const CHANGES: readonly Change[] = [
  {
    title: 'New York in spring (02:00 becomes 03:00)',
    tz: 'America/New_York',
    from: '2026-03-08T00:10:00-05:00',
    daily: {
      '30 1 * * *': '2026-03-08T06:30:00.000Z',
      '30 2 * * *': '2026-03-08T07:30:00.000Z',
      '30 3 * * *': '2026-03-08T07:30:00.000Z',
      '0 9 * * *': '2026-03-08T13:00:00.000Z',
    },
  },
  {
    title: 'New York in autumn (02:00 becomes 01:00)',
    tz: 'America/New_York',
    from: '2026-11-01T00:10:00-04:00',
    daily: {
      '30 1 * * *': '2026-11-01T05:30:00.000Z',
      '30 2 * * *': '2026-11-01T07:30:00.000Z',
      '0 9 * * *': '2026-11-01T14:00:00.000Z',
    },
  },
  {
    title: 'Berlin in spring (02:00 becomes 03:00)',
    tz: 'Europe/Berlin',
    from: '2026-03-29T00:10:00+01:00',
    daily: {
      '30 1 * * *': '2026-03-29T00:30:00.000Z',
      '30 2 * * *': '2026-03-29T01:30:00.000Z',
      '0 9 * * *': '2026-03-29T07:00:00.000Z',
    },
  },
  {
    title: 'Berlin in autumn (03:00 becomes 02:00)',
    tz: 'Europe/Berlin',
    from: '2026-10-25T00:10:00+02:00',
    daily: {
      '30 1 * * *': '2026-10-24T23:30:00.000Z',
      '30 2 * * *': '2026-10-25T00:30:00.000Z',
      '30 3 * * *': '2026-10-25T02:30:00.000Z',
      '0 9 * * *': '2026-10-25T08:00:00.000Z',
    },
  },
];

let runs: { key: string; at: string }[];
let open: { close(): Promise<void> }[];

beforeEach(() => {
  vi.useFakeTimers();
  runs = [];
  open = [];
});

afterEach(async () => {
  const closing = Promise.all(open.toReversed().map((one) => one.close()));
  await vi.advanceTimersByTimeAsync(60_000);
  await closing;
  vi.useRealTimers();
});

function start(backend: ReturnType<typeof embeddedBackend>): Queue {
  const options = { connection: {} };
  const queue = new Queue('clock', options, backend);
  const worker = new Worker(
    'clock',
    (job) => {
      runs.push({ key: job.name, at: new Date().toISOString() });
      return Promise.resolve();
    },
    { ...options, concurrency: 10 },
    backend,
  );
  open.push(queue, worker);
  // BullMQ's classes are typed by their backend: that of Redis when none is named.
  return queue as unknown as Queue;
}

/** Sets schedules that are named by their key. */
async function schedule(queue: Queue, key: string, repeat: RepeatOptions): Promise<void> {
  await queue.upsertJobScheduler(key, repeat, { name: key });
}

const runsOf = (key: string) => runs.filter((run) => run.key === key).map((run) => run.at);

describe('24 hours of schedules over a change of the clocks', () => {
  it.each(CHANGES)('run at the right times: $title', async ({ tz, from, daily }) => {
    vi.setSystemTime(new Date(from));
    const queue = start(embeddedBackend());
    for (const pattern of Object.keys(daily)) await schedule(queue, pattern, { pattern, tz });
    await schedule(queue, 'hourly', { pattern: '0 * * * *', tz });
    await schedule(queue, 'half', { pattern: '*/30 * * * *', tz });
    await schedule(queue, 'every', { every: 45 * 60_000 });

    const begin = Date.now();
    await vi.advanceTimersByTimeAsync(DAY);

    for (const [pattern, at] of Object.entries(daily)) {
      // Where the change makes the night longer or shorter than 24 hours, the next day's run may be in the window too.
      const within = runsOf(pattern).filter((time) => Date.parse(time) < begin + 20 * HOUR);
      expect(within, pattern).toEqual([at]);
    }
    expect(runsOf('hourly')).toEqual(fullHours(begin, 60));
    expect(runsOf('half')).toEqual(fullHours(begin, 30));
    expect(runsOf('every')).toEqual(timesEvery(begin, 45 * 60_000));
  });
});

describe('schedules', () => {
  it('run on 29 February, in the year that has one', async () => {
    vi.setSystemTime(new Date('2027-01-10T00:00:00Z'));
    const backend = embeddedBackend();
    const queue = new Queue('clock', { connection: {} }, backend);
    open.push(queue);
    const leap = { pattern: '0 0 29 2 *', tz: 'Europe/Berlin' };
    await queue.upsertJobScheduler('leap', leap, { name: 'leap' });
    expect(new Date((await queue.getJobScheduler('leap'))?.next ?? 0).toISOString()).toBe(
      '2028-02-28T23:00:00.000Z',
    );

    vi.setSystemTime(new Date('2028-02-28T12:00:00Z'));
    start(backend);
    await vi.advanceTimersByTimeAsync(DAY);
    expect(runsOf('leap')).toEqual(['2028-02-28T23:00:00.000Z']);
    expect(new Date((await queue.getJobScheduler('leap'))?.next ?? 0).toISOString()).toBe(
      '2032-02-28T23:00:00.000Z',
    );
  });

  it('are refused with an endDate in the past', async () => {
    vi.setSystemTime(new Date('2026-10-25T00:00:00Z'));
    const queue = start(embeddedBackend());
    const endDate = new Date('2026-10-24T00:00:00Z');
    await expect(schedule(queue, 'over', { every: 1_000, endDate })).rejects.toThrow('End date');
    const pattern = '* * * * *';
    await expect(schedule(queue, 'gone', { pattern, endDate })).rejects.toThrow('End date');
    expect(await queue.getJobSchedulersCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(HOUR);
    expect(runs).toEqual([]);
  });

  it('make nothing new once their endDate has passed while nothing ran', async () => {
    vi.setSystemTime(new Date('2026-10-25T00:10:00Z'));
    const backend = embeddedBackend();
    const queue = new Queue('clock', { connection: {} }, backend);
    open.push(queue);
    const endDate = new Date('2026-10-25T02:15:00Z');
    const hourly = { pattern: '0 * * * *', tz: 'Europe/Berlin', endDate };
    await queue.upsertJobScheduler('hourly', hourly, { name: 'hourly' });
    vi.setSystemTime(new Date('2026-10-25T09:00:00Z'));
    start(backend);
    await vi.advanceTimersByTimeAsync(3 * HOUR);
    expect(runsOf('hourly')).toEqual(['2026-10-25T09:00:00.000Z']);
  });

  it('end at their endDate, on the far side of a change', async () => {
    vi.setSystemTime(new Date('2026-10-24T23:10:00Z'));
    const queue = start(embeddedBackend());
    const endDate = new Date('2026-10-25T02:15:00Z');
    await schedule(queue, 'hourly', { pattern: '0 * * * *', tz: 'Europe/Berlin', endDate });
    await vi.advanceTimersByTimeAsync(DAY / 2);
    expect(runsOf('hourly')).toEqual([
      '2026-10-25T00:00:00.000Z',
      '2026-10-25T01:00:00.000Z',
      '2026-10-25T02:00:00.000Z',
    ]);
  });

  it('run once for all that was missed while nothing ran', async () => {
    vi.setSystemTime(new Date('2026-10-24T12:00:30Z'));
    const backend = embeddedBackend();
    const queue = new Queue('clock', { connection: {} }, backend);
    open.push(queue);
    const tz = 'Europe/Berlin';
    await queue.upsertJobScheduler('hourly', { pattern: '0 * * * *', tz }, { name: 'hourly' });
    await queue.upsertJobScheduler('every', { every: HOUR }, { name: 'every' });

    vi.setSystemTime(new Date('2026-10-25T12:10:00Z'));
    start(backend);
    await vi.advanceTimersByTimeAsync(2 * HOUR);
    expect(runsOf('hourly')).toEqual([
      '2026-10-25T12:10:00.000Z',
      '2026-10-25T13:00:00.000Z',
      '2026-10-25T14:00:00.000Z',
    ]);
    expect(runsOf('every')).toEqual([
      '2026-10-25T12:10:00.000Z',
      '2026-10-25T13:00:30.000Z',
      '2026-10-25T14:00:30.000Z',
    ]);
  });
});

/** The instants of 24 hours at which a clock shows a multiple of some minutes; so it does in every zone of whole hours. */
function fullHours(begin: number, minutes: number): string[] {
  const step = minutes * 60_000;
  const first = Math.ceil(begin / step) * step;
  return instants(first, step, begin + DAY);
}

function timesEvery(begin: number, every: number): string[] {
  return instants(begin, every, begin + DAY);
}

function instants(first: number, step: number, last: number): string[] {
  const times: string[] = [];
  for (let at = first; at <= last; at += step) times.push(new Date(at).toISOString());
  return times;
}
