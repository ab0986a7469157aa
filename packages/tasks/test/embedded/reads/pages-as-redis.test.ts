// Every page of every getter, in both directions, on the embedded backend and on a real Redis that hold the same: the same ids in the
// same order, also for pages that begin or end outside of what there is.
import { FlowProducer, Queue, Worker, createRedisBackend } from 'bullmq';
import { redisSkipReason, startRedis } from '@catzilla/bus/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { embeddedBackend } from '../../../src/embedded/index.ts';
import type { BackendFactory, JobType } from 'bullmq';
import type { RedisServer } from '@catzilla/bus/testing';

const SKIP = redisSkipReason();
const NOW = 1_800_000_000_000;
const BOUNDS = [-6, -4, -2, -1, 0, 1, 2, 3, 4, 6];
const STATES = [
  'wait',
  'active',
  'prioritized',
  'delayed',
  'completed',
  'failed',
  'waiting-children',
] as const satisfies readonly JobType[];

interface Side {
  readonly queue: Queue;
  close(): Promise<void>;
}

let server: RedisServer | undefined;
let redis: Side;
let embedded: Side;

/** Four jobs in each state, which came a millisecond apart. */
async function populate(factory: BackendFactory, connection: object): Promise<Side> {
  const options = { connection };
  const queue = new Queue('pages', options, factory);
  const metrics = { maxDataPoints: 10 };
  const worker = new Worker('pages', null, { ...options, autorun: false, metrics }, factory);
  const flows = new FlowProducer(options, factory);
  vi.setSystemTime(NOW);
  const tick = () => vi.setSystemTime(Date.now() + 1);
  const add = async (state: string, more: object = {}) => {
    for (const n of [2, 0, 3, 1]) {
      tick();
      await queue.add(state, {}, { ...more, jobId: `${state}${String(n)}` });
    }
  };
  const take = async (end?: 'completed' | 'failed') => {
    for (let n = 0; n < 4; n++) {
      tick();
      const job = await worker.getNextJob('token', { block: false });
      if (end === 'completed') await job?.moveToCompleted(n, 'token', false);
      if (end === 'failed') await job?.moveToFailed(new Error('no'), 'token', false);
      vi.setSystemTime(Date.now() + 60_000);
    }
  };
  await add('completed');
  await take('completed');
  await add('failed');
  await take('failed');
  await add('active');
  await take();
  await add('wait');
  await add('prioritized', { priority: 2 });
  await add('delayed', { delay: 10_000 });
  for (const n of [2, 0, 3, 1]) {
    tick();
    const id = `waiting-children${String(n)}`;
    const children = ['a', 'b', 'c'].map((child) => ({
      name: child,
      queueName: 'elsewhere',
      opts: { jobId: `${id}-${child}` },
    }));
    await flows.add({ name: id, queueName: 'pages', opts: { jobId: id }, children });
  }
  for (const row of ['one', 'two', 'three', 'four']) await queue.addJobLog('wait1', row);
  for (const [n, id] of ['c', 'a', 'd', 'b'].entries()) {
    await queue.upsertJobScheduler(id, { every: 60_000, offset: 10_000 + (n % 2) });
  }
  return {
    queue: queue as unknown as Queue,
    async close() {
      await worker.close();
      await flows.close();
      await queue.close();
    },
  };
}

beforeAll(async () => {
  if (SKIP !== undefined) return;
  server = await startRedis();
  vi.useFakeTimers({ toFake: ['Date'] });
  redis = await populate(createRedisBackend, { host: server.host, port: server.port });
  embedded = await populate(embeddedBackend() as BackendFactory, {});
});

beforeEach((context) => {
  if (SKIP !== undefined) context.skip(SKIP);
});

afterAll(async () => {
  vi.useRealTimers();
  await redis?.close();
  await embedded?.close();
  await server?.stop();
});

/** What both say to each page. */
async function compare(
  ask: (queue: Queue, start: number, end: number, asc: boolean) => Promise<unknown>,
): Promise<void> {
  for (const start of BOUNDS) {
    for (const end of BOUNDS) {
      for (const asc of [true, false]) {
        const page = `${String(start)} to ${String(end)}, ${asc ? 'ascending' : 'descending'}`;
        const expected = await ask(redis.queue, start, end, asc);
        expect({ page, got: await ask(embedded.queue, start, end, asc) }).toEqual({
          page,
          got: expected,
        });
      }
    }
  }
}

describe('pages as on Redis', () => {
  it.each(STATES)('of jobs in state %s', async (state) => {
    await compare(async (queue, start, end, asc) => {
      const jobs = await queue.getJobs([state], start, end, asc);
      return jobs.map(({ id }) => id);
    });
    expect(await embedded.queue.getJobs([state])).not.toEqual([]);
  });

  it.each(STATES)('of ids in state %s', async (state) => {
    await compare((queue, start, end, asc) => queue.getRanges([state], start, end, asc));
  });

  it('of several states at once', async () => {
    await compare(async (queue, start, end, asc) => {
      const jobs = await queue.getJobs(['active', 'delayed', 'waiting', 'failed'], start, end, asc);
      return jobs.map(({ id }) => id);
    });
  });

  it('of the log of a job', async () => {
    await compare((queue, start, end, asc) => queue.getJobLogs('wait1', start, end, asc));
  });

  it('of schedules', async () => {
    await compare((queue, start, end, asc) => queue.getJobSchedulers(start, end, asc));
  });

  it('of metrics', async () => {
    await compare((queue, start, end) => queue.getMetrics('completed', start, end));
    expect((await embedded.queue.getMetrics('completed')).data).not.toEqual([]);
  });

  it('of the children of a job', async () => {
    for (const start of [0, 1, 2, 3]) {
      for (const end of [-1, 0, 1, 2, 5]) {
        if (end !== -1 && end < start) continue;
        const ask = async ({ queue }: Side) => {
          const page = await queue.getDependencies('waiting-children1', 'pending', start, end);
          // A set has no order.
          return { count: page.items.length, total: page.total, jobs: page.jobs?.length };
        };
        expect({ start, end, got: await ask(embedded) }).toEqual({
          start,
          end,
          got: await ask(redis),
        });
      }
    }
  });

  it('of counts of what is delayed until a time', async () => {
    const delayed = await embedded.queue.getDelayed();
    for (const { timestamp, delay } of delayed) {
      for (const apart of [-1, 0, 1]) {
        const until = timestamp + delay + apart;
        expect(await embedded.queue.getDelayedCount(until)).toBe(
          await redis.queue.getDelayedCount(until),
        );
      }
    }
  });
});
