// BullMQ's own classes on a store in memory.
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { DelayedError, RateLimitError, UnrecoverableError, Worker } from 'bullmq';
import { describe, expect, test } from 'vitest';
import { bench } from '../support/bench.ts';
import type { Job } from 'bullmq';

/** Resolves once it was called so many times, with what it was called with. */
function gather<T>(count: number): { add: (one: T) => void; all: Promise<T[]> } {
  const got: T[] = [];
  let done: (all: T[]) => void;
  const all = new Promise<T[]>((resolve) => (done = resolve));
  return {
    add(one) {
      got.push(one);
      if (got.length === count) done(got);
    },
    all,
  };
}

describe.each([1, 50])('a worker of concurrency %i', (concurrency) => {
  test('runs every job once, in order, and gives results back', async () => {
    const { queue, work } = bench();
    const ran = gather<number>(500);
    const ended = gather<unknown>(500);
    await queue.addBulk(Array.from({ length: 250 }, (_, n) => ({ name: 'job', data: n })));
    const worker = work(
      async (job: Job<number>) => {
        ran.add(job.data);
        if (job.data % 3 === 0) await turn();
        return job.data * 2;
      },
      { concurrency },
    );
    worker.on('completed', (job: Job<number>, value) => ended.add([job.data, value]));
    for (let n = 250; n < 500; n++) await queue.add('job', n);
    expect(await ran.all).toEqual(Array.from({ length: 500 }, (_, n) => n));
    const values = (await ended.all) as [number, number][];
    expect(values.every(([n, value]) => value === 2 * n)).toBe(true);
    expect(await queue.getJobCounts('completed', 'active', 'wait')).toEqual({
      completed: 500,
      active: 0,
      wait: 0,
    });
  });

  test('runs at most that many at once', async () => {
    const { queue, work } = bench();
    const ended = gather<void>(200);
    let running = 0;
    let most = 0;
    await queue.addBulk(Array.from({ length: 200 }, () => ({ name: 'job', data: {} })));
    const worker = work(
      async () => {
        most = Math.max(most, ++running);
        await turn();
        running--;
      },
      { concurrency },
    );
    worker.on('completed', () => ended.add());
    await ended.all;
    expect(most).toBe(concurrency);
  });
});

test('several workers share the jobs, and none runs twice', async () => {
  const { queue, work } = bench();
  const ran = gather<string>(300);
  const byWorker = new Map<string, number>();
  for (const name of ['a', 'b', 'c']) {
    work(
      async (job) => {
        byWorker.set(name, (byWorker.get(name) ?? 0) + 1);
        await turn();
        ran.add(job.id as string);
      },
      { concurrency: 2, name },
    );
  }
  await queue.addBulk(Array.from({ length: 300 }, () => ({ name: 'job', data: {} })));
  expect(new Set(await ran.all).size).toBe(300);
  expect(byWorker.size).toBe(3);
});

test('an idle worker asks for nothing until there is a job, and one job wakes one worker', async () => {
  const { backend, queue } = bench();
  let asked = 0;
  const ran = gather<void>(1);
  const workers = Array.from({ length: 5 }, () => {
    const worker = new Worker(
      'bench',
      async () => ran.add(),
      { connection: {}, drainDelay: 0.01 },
      backend,
    );
    const { backend: own } = worker as unknown as { backend: { moveToActive: () => unknown } };
    const ask = own.moveToActive.bind(own);
    own.moveToActive = (...args: []) => {
      asked++;
      return ask(...args);
    };
    return worker;
  });
  // Several times the drainDelay, after which BullMQ asks again on Redis.
  await delay(50);
  expect(asked).toBe(5);
  await queue.add('job', {});
  await ran.all;
  await turn();
  // The one that got it asked for it, and its next one came with the end of it; nobody else did.
  expect(asked).toBeLessThanOrEqual(7);
  await Promise.all(workers.map((worker) => worker.close()));
});

test('quick jobs let the event loop turn', async () => {
  const { queue, work } = bench();
  const ran = gather<void>(20_000);
  await queue.addBulk(Array.from({ length: 20_000 }, () => ({ name: 'job', data: {} })));
  let turns = 0;
  let isDone = false;
  work(async () => ran.add(), { concurrency: 10 });
  const count = async (): Promise<void> => {
    while (!isDone) {
      await turn();
      turns++;
    }
  };
  const counting = count();
  await ran.all;
  isDone = true;
  await counting;
  expect(turns).toBeGreaterThan(10);
});

test('a delayed job starts without anybody asking', async () => {
  const { queue, work } = bench();
  const ran = gather<string>(3);
  work(async (job) => ran.add(job.name));
  // In one go, so that all wait before any is due; from one time, however long that takes.
  const timestamp = Date.now();
  await queue.addBulk([
    { name: 'third', data: {}, opts: { delay: 45, timestamp } },
    { name: 'second', data: {}, opts: { delay: 25, timestamp } },
    { name: 'first', data: {}, opts: { delay: 5, timestamp } },
  ]);
  expect(await ran.all).toEqual(['first', 'second', 'third']);
});

test('a failed job is tried again, after its backoff, as often as it may', async () => {
  const { queue, work } = bench();
  const ran = gather<number>(3);
  const worker = work(async (job) => {
    ran.add(job.attemptsMade);
    throw new Error('broken');
  });
  const failed = new Promise<Job>((resolve) =>
    worker.on('failed', (job) => {
      if (job?.finishedOn !== undefined) resolve(job as Job);
    }),
  );
  await queue.add('job', {}, { attempts: 3, backoff: { type: 'exponential', delay: 5 } });
  expect(await ran.all).toEqual([0, 1, 2]);
  const job = await failed;
  expect(job).toMatchObject({ attemptsMade: 3, failedReason: 'broken' });
  expect((await queue.getJob(job.id as string))?.stacktrace).toHaveLength(3);
});

test('an UnrecoverableError is not tried again', async () => {
  const { queue, work } = bench();
  const worker = work(async () => {
    throw new UnrecoverableError('hopeless');
  });
  const failed = new Promise((resolve) => worker.on('failed', resolve));
  const job = await queue.add('job', {}, { attempts: 5 });
  await failed;
  expect(await job.getState()).toBe('failed');
});

test('a handler that puts its job off gets it again', async () => {
  const { queue, work } = bench();
  const done = gather<number>(1);
  work(async (job, token) => {
    if (job.attemptsStarted === 1) {
      await job.moveToDelayed(Date.now() + 5, token);
      throw new DelayedError();
    }
    done.add(job.attemptsMade);
  });
  await queue.add('job', {});
  expect(await done.all).toEqual([0]);
});

test('a rate limit by hand holds the worker, and the job is not lost', async () => {
  const { queue, work } = bench();
  const done = gather<string>(2);
  let isFirst = true;
  const worker = work(
    async (job) => {
      if (isFirst) {
        isFirst = false;
        await worker.rateLimit(20);
        throw new RateLimitError();
      }
      done.add(job.name);
    },
    { limiter: { max: 1, duration: 5 } },
  );
  await queue.add('first', {});
  await queue.add('second', {});
  expect(await done.all).toEqual(['first', 'second']);
});

test('the rate limit of a worker spreads its jobs', async () => {
  const { queue, work } = bench();
  const starts = gather<number>(4);
  // When each was given out, by the clock that the limit goes by.
  work(async (job) => starts.add(job.processedOn as number), {
    limiter: { max: 2, duration: 40 },
  });
  await queue.addBulk(Array.from({ length: 4 }, () => ({ name: 'job', data: {} })));
  const times = await starts.all;
  expect((times[2] as number) - (times[0] as number)).toBeGreaterThanOrEqual(40);
});

test('a job that the rate limit holds back is run by another, should the worker that knows of it close', async () => {
  const { queue, work } = bench();
  const ran = gather<number>(2);
  const limiter = { max: 1, duration: 150 };
  const workers = Array.from({ length: 3 }, () =>
    work(async (job: Job<number>) => ran.add(job.data), { limiter }),
  );
  for (const worker of workers) await worker.waitUntilReady();
  while ((await queue.getWorkersCount()) < 3) await turn();
  await delay(10);
  await queue.add('job', 1);
  await queue.add('job', 2);
  let limited: Worker[] = [];
  while (limited.length === 0) {
    await turn();
    limited = workers.filter((worker) => worker['isRateLimited']());
  }
  expect(limited.length).toBeLessThan(3);
  for (const worker of limited) await worker.close();
  expect(await ran.all).toEqual([1, 2]);
});

test('the concurrency of the queue holds over workers', async () => {
  const { queue, work } = bench();
  await queue.setGlobalConcurrency(2);
  const ended = gather<void>(30);
  let running = 0;
  let most = 0;
  await queue.addBulk(Array.from({ length: 30 }, () => ({ name: 'job', data: {} })));
  for (let n = 0; n < 3; n++) {
    const worker = work(
      async () => {
        most = Math.max(most, ++running);
        await turn();
        running--;
      },
      { concurrency: 5 },
    );
    worker.on('completed', () => ended.add());
  }
  await ended.all;
  expect(most).toBe(2);
});

test('a paused queue holds its jobs, and a resumed one lets an idle worker have them', async () => {
  const { queue, work } = bench();
  const ran = gather<void>(1);
  let count = 0;
  work(async () => {
    count++;
    ran.add();
  });
  await queue.pause();
  await queue.add('job', {});
  await delay(10);
  expect(count).toBe(0);
  await queue.resume();
  await ran.all;
});

test('a worker that is closed by force leaves its job to another, which then counts it as stalled', async () => {
  const { queue, work } = bench();
  const started = gather<void>(1);
  let finish: () => void = () => undefined;
  const first = work(() => {
    started.add();
    return new Promise<void>((resolve) => (finish = resolve));
  });
  const job = await queue.add('job', {});
  await started.all;
  await first.close(true);
  finish();
  expect(await job.getState()).toBe('active');
  const again = gather<number>(1);
  const stalled = gather<string>(1);
  const second = work(async (one) => again.add(one.stalledCounter), { autorun: false });
  second.on('stalled', (id) => stalled.add(id));
  void second.run();
  expect(await stalled.all).toEqual([job.id]);
  expect(await again.all).toEqual([1]);
});

test.each(['close', 'pause'] as const)(
  'a worker takes no job that comes while it is to %s',
  async (member) => {
    const { queue, work } = bench();
    const worker = work(async () => undefined);
    const drained = new Promise<void>((resolve) => worker.on('drained', resolve));
    await drained;
    await turn();
    const ended = worker[member]();
    const job = await queue.add('job', {});
    await ended;
    expect(await job.getState()).toBe('waiting');
    if (member === 'close') return;
    const completed = new Promise((resolve) => worker.on('completed', resolve));
    await worker.resume();
    await completed;
  },
);

test('a worker closes at once, wherever its loop is', async () => {
  for (let turns = 0; turns < 40; turns++) {
    const { queue, work } = bench();
    const worker = work(async () => undefined);
    const completed = new Promise((resolve) => worker.on('completed', resolve));
    await queue.add('job', {});
    await completed;
    // So many steps of its loop after the job: one of them is just before it waits.
    for (let n = 0; n < turns; n++) await Promise.resolve();
    await worker.close();
    expect(worker.isRunning()).toBe(false);
  }
});

test('a handler that blocks the process keeps its lock', async () => {
  const { queue, work } = bench();
  const ran = gather<void>(1);
  let count = 0;
  const options = { lockDuration: 10, stalledInterval: 5, maxStalledCount: 0 };
  work(async () => {
    count++;
    await delay(40);
    ran.add();
  }, options);
  work(async () => {
    count++;
  }, options);
  const job = await queue.add('job', {});
  await ran.all;
  await turn();
  expect(count).toBe(1);
  expect(await job.getState()).toBe('completed');
});

test('jobs by hand have locks that last, and only the right token extends one', async () => {
  const { queue, hand } = bench();
  await queue.add('job', {});
  const { take } = hand();
  const job = await take();
  expect(await job.extendLock('token', 5)).toBe(1);
  expect(await job.extendLock('other', 5)).toBe(0);
});

test('a job can be tried again at once, and by hand put off, moved and freed', async () => {
  const { queue, work } = bench();
  const ran = gather<number>(2);
  await queue.pause();
  const job = await queue.add(
    'job',
    {},
    { attempts: 2, delay: 60_000, priority: 5, deduplication: { id: 'same' } },
  );
  await job.changeDelay(50_000);
  await job.changePriority({ priority: 1 });
  expect(await queue.getJob(job.id as string)).toMatchObject({ delay: 50_000, priority: 1 });
  expect(await job.removeDeduplicationKey()).toBe(true);
  await job.promote();
  expect(await job.getState()).toBe('prioritized');
  await queue.resume();
  work(async (one) => {
    ran.add(one.attemptsMade);
    throw new Error('broken');
  });
  expect(await ran.all).toEqual([0, 1]);
});

test('jobs that are put off one after the other let the event loop turn, too', async () => {
  const { queue, work } = bench();
  const ran = gather<void>(5_000);
  await queue.addBulk(
    Array.from({ length: 5_000 }, () => ({
      name: 'job',
      data: {},
      opts: { attempts: 2, backoff: 60_000 },
    })),
  );
  let turns = 0;
  let isDone = false;
  const count = async (): Promise<void> => {
    while (!isDone) {
      await turn();
      turns++;
    }
  };
  work(async () => {
    ran.add();
    throw new Error('later');
  });
  const counting = count();
  await ran.all;
  isDone = true;
  await counting;
  expect(turns).toBeGreaterThan(10);
});

test('a queue says whether it is at its limit', async () => {
  const { queue, hand } = bench();
  await queue.setGlobalConcurrency(1);
  await queue.addBulk([
    { name: 'job', data: {} },
    { name: 'job', data: {} },
  ]);
  expect(await queue.isMaxed()).toBe(false);
  await hand().take();
  expect(await queue.isMaxed()).toBe(true);
});
