import { FlowProducer, Queue, Worker } from 'bullmq';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { embeddedBackend } from '../../../src/embedded/index.ts';
import { errors } from '../../../src/errors.ts';
import { temporaryFolder } from '../log/support/folder.ts';
import { bench } from '../support/bench.ts';
import type { IQueueBackend } from 'bullmq';
import type {
  EmbeddedBackend,
  EmbeddedFactory,
  EmbeddedOptions,
} from '../../../src/embedded/index.ts';

const connection = {};

describe('bounds', () => {
  test('a store that has maxJobs takes no more, and takes them again once there is room', async () => {
    const queue = new Queue('q', { connection }, embeddedBackend({ maxJobs: 2 }));
    const [first] = await queue.addBulk([
      { name: 'job', data: {} },
      { name: 'job', data: {} },
    ]);
    const error = await queue.add('job', {}).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(errors.QUEUE_FULL);
    expect(error).toMatchObject({
      code: 'CATZ_TASKS_QUEUE_FULL',
      message: 'the store holds 2 jobs, its bound is maxJobs 2',
    });
    await first?.remove();
    await queue.add('job', {});
    await queue.close();
  });

  test('many jobs are taken all or none', async () => {
    const backend = embeddedBackend({ maxJobs: 2 });
    const queue = new Queue('q', { connection }, backend);
    const three = Array.from({ length: 3 }, () => ({ name: 'job', data: {} }));
    await expect(queue.addBulk(three)).rejects.toThrow('maxJobs 2');
    expect(backend.stats().jobs).toBe(0);
    await queue.close();
  });

  test('a store that has maxBytes takes no more', async () => {
    const queue = new Queue('q', { connection }, embeddedBackend({ maxBytes: 10_000 }));
    await queue.add('job', 'x'.repeat(5_000));
    await expect(queue.add('job', 'x'.repeat(5_000))).rejects.toThrow('maxBytes 10000');
    await queue.close();
  });

  describe.each(['in memory', 'with a folder'])('%s', (where) => {
    const limited = (options: EmbeddedOptions): EmbeddedFactory =>
      embeddedBackend(where === 'in memory' ? options : { ...options, dir: temporaryFolder() });
    const taken = async (adds: Promise<unknown>[]): Promise<number> => {
      const ends = await Promise.allSettled(adds);
      for (const end of ends) {
        if (end.status === 'rejected') expect(end.reason).toBeInstanceOf(errors.QUEUE_FULL);
      }
      return ends.filter(({ status }) => status === 'fulfilled').length;
    };

    test.each([true, false])('hold for adds at once, with the store open: %s', async (isOpen) => {
      const backend = limited({ maxJobs: 3 });
      const queue = new Queue('q', { connection }, backend);
      if (isOpen) await queue.waitUntilReady();
      expect(await taken(Array.from({ length: 20 }, () => queue.add('job', {})))).toBe(3);
      expect(backend.stats().jobs).toBe(3);
      await queue.close();
    });

    test.each([true, false])('hold for bytes at once, with the store open: %s', async (isOpen) => {
      const backend = limited({ maxBytes: 10_000 });
      const queue = new Queue('q', { connection }, backend);
      if (isOpen) await queue.waitUntilReady();
      const adds = Array.from({ length: 20 }, () => queue.add('job', 'x'.repeat(4_000)));
      expect(await taken(adds)).toBe(2);
      await queue.close();
    });

    test('hold for bulks, flows and schedules', async () => {
      const backend = limited({ maxJobs: 4 });
      const queue = new Queue('q', { connection }, backend);
      const flows = new FlowProducer({ connection }, backend);
      const three = Array.from({ length: 3 }, () => ({ name: 'job', data: {} }));
      const child = { name: 'job', queueName: 'q' };
      const adds = [
        queue.addBulk(three),
        queue.addBulk(three),
        flows.add({ name: 'job', queueName: 'q', children: [child] }),
        queue.upsertJobScheduler('a', { every: 60_000 }),
        queue.upsertJobScheduler('b', { every: 60_000 }),
      ];
      expect(await taken(adds)).toBe(2);
      expect(backend.stats().jobs).toBe(4);
      await Promise.all([flows.close(), queue.close()]);
    });

    test('hold for those that come when the store was closed in between', async () => {
      const backend = limited({ maxJobs: 2 });
      for (const [adds, expected] of [
        [1, 1],
        [5, 1],
      ] as const) {
        const queue = new Queue('q', { connection }, backend);
        const some = Array.from({ length: adds }, () => queue.add('job', {}));
        expect(await taken(some)).toBe(expected);
        await queue.close();
      }
    });
  });

  test('hold whatever is given for a text', async () => {
    const backend = embeddedBackend({ maxBytes: 5_000 });
    const queue = new Queue('q', { connection }, backend);
    const worker = new Worker('q', null, { connection, autorun: false }, backend);
    const odd = 5 as unknown as string;
    await queue.add(odd, {}, { deduplication: { id: odd } });
    expect(await queue.getDeduplicationJobId(odd)).toBe('1');
    const job = await worker.getNextJob('token');
    await job?.log(odd);
    await job?.log(undefined as unknown as string);
    expect(await queue.getJobLogs('1')).toEqual({ logs: ['5', ''], count: 2 });
    await job?.moveToFailed({ message: odd } as Error, 'token');
    expect((await queue.getJob('1'))?.failedReason).toBe('5');
    const deduplication = { id: odd };
    await queue.upsertJobScheduler('s', { every: 60_000 }, { opts: { deduplication } as never });
    expect(backend.stats().bytes).toBeGreaterThan(0);
    await expect(queue.add('job', 'x'.repeat(5_000))).rejects.toThrow('maxBytes 5000');
    await worker.close();
    await queue.close();
  });

  test.each([{ maxJobs: 0 }, { maxBytes: -1 }, { maxjobs: 5 }])('%j is refused', (options) => {
    expect(() => embeddedBackend(options)).toThrow(errors.OPTIONS);
  });
});

test('stats say what the store holds', async () => {
  const { backend, queue } = bench();
  expect(backend.stats()).toMatchObject({ mode: 'memory', state: 'open', jobs: 0, bytes: 0 });
  await queue.add('job', {});
  expect(backend.stats()).toMatchObject({ jobs: 1 });
  expect(backend.stats().bytes).toBeGreaterThan(0);
});

test('queues of one factory share a store, those of another do not', async () => {
  const [one, other] = [embeddedBackend(), embeddedBackend()];
  const open = [one, one, other].map((factory) => new Queue('q', { connection }, factory));
  await open[0]?.add('job', {});
  expect(await Promise.all(open.map((queue) => queue.count()))).toEqual([1, 1, 0]);
  await Promise.all(open.map((queue) => queue.close()));
});

test('a store in memory outlasts its queues', async () => {
  const backend = embeddedBackend();
  const first = new Queue('q', { connection }, backend);
  await first.add('job', {});
  await first.close();
  const second = new Queue('q', { connection }, backend);
  expect(await second.count()).toBe(1);
  await second.close();
});

test('a prefix keeps queues of one name apart', async () => {
  const backend = embeddedBackend();
  const [one, other] = ['a', 'b'].map((prefix) => new Queue('q', { connection, prefix }, backend));
  await one?.add('job', {});
  expect([await one?.count(), await other?.count()]).toEqual([1, 0]);
  expect(one?.toKey('wait')).toBe('a:q:wait');
  await Promise.all([one?.close(), other?.close()]);
});

describe('a closed backend', () => {
  test('takes nothing, and says so', async () => {
    const queue = new Queue('q', { connection }, embeddedBackend());
    await queue.close();
    await expect(queue.add('job', {})).rejects.toMatchObject({ code: 'CATZ_TASKS_CLOSING' });
  });

  test('gives out no job', async () => {
    const backend = embeddedBackend();
    const queue = new Queue('q', { connection }, backend);
    await queue.add('job', {});
    const closed = backend('q', { connection });
    await closed.waitUntilReady();
    await closed.close();
    await closed.close();
    expect(await closed.moveToActive('token')).toEqual([null, 0, 0, 0]);
    expect(await closed.waitForJob(5)).toEqual({ member: '0', score: Infinity });
    expect(await queue.getActiveCount()).toBe(0);
    await queue.close();
  });

  test('that was never opened has nothing to close, and does not open', async () => {
    const closed = embeddedBackend()('q', { connection });
    await closed.close();
    await expect(closed.waitUntilReady()).rejects.toMatchObject({ code: 'CATZ_TASKS_CLOSING' });
  });

  test('ends the wait of its worker', async () => {
    const worker = new Worker('q', async () => undefined, { connection }, embeddedBackend());
    await worker.waitUntilReady();
    await worker.close();
    expect(worker.isRunning()).toBe(false);
  });
});

test('a sibling works on another queue, and its close ends nothing', async () => {
  const { backend, queue } = bench();
  const own = backend('one', { connection });
  const sibling = own.forQueue('bench');
  expect([sibling.qualifiedName, own.qualifiedName]).toEqual(['bull:bench', 'bull:one']);
  await queue.add('job', {});
  await sibling.close();
  await sibling.disconnect();
  expect(await sibling.getCounts(['wait'])).toEqual([1]);
  expect(own.forQueue('q', 'other').qualifiedName).toBe('other:q');
  await own.close();
  await expect(sibling.pause(true)).rejects.toMatchObject({ code: 'CATZ_TASKS_CLOSING' });
});

test.each([
  ['bull:q:7', { prefix: 'bull', queueName: 'q', id: '7' }],
  ['a:b:q:7', { prefix: 'a:b', queueName: 'q', id: '7' }],
  ['q:7', { prefix: 'q', queueName: '7', id: '' }],
  ['q', { prefix: 'q', queueName: '', id: '' }],
])('the key %s is taken apart as on Redis', async (key, parts) => {
  const { backend } = bench();
  const own = backend('q', { connection });
  expect(own.parseNodeKey(key)).toEqual(parts);
  await own.close();
});

test('names and keys are those of Redis', async () => {
  const own = embeddedBackend()('mail', { connection });
  expect(own.clientName(':w:a')).toBe(`bull:${Buffer.from('mail').toString('base64')}:w:a`);
  expect(own.keys['wait']).toBe('bull:mail:wait');
  expect(own.keys['']).toBe('bull:mail:');
  expect(own.minimumBlockTimeout).toBe(0.001);
  await own.close();
});

test('it tells when it is ready, and when it is closed', async () => {
  const own = embeddedBackend()('q', { connection });
  const told: string[] = [];
  for (const event of ['ready', 'close'] as const) own.on(event, () => told.push(event));
  await own.waitUntilReady();
  await own.waitUntilReady();
  await own.close();
  expect(told).toEqual(['ready', 'close']);
});

describe('a wait for a job', () => {
  test('ends with its time', async () => {
    const own = embeddedBackend()('q', { connection });
    expect(await own.waitForJob(0.005)).toBeNull();
    await own.close();
  });

  test('ends when it is interrupted while the store opens', async () => {
    const own = embeddedBackend()('q', { connection });
    const waiting = own.waitForJob(60);
    await own.disconnectBlocking();
    expect(await waiting).toEqual({ member: '0', score: Infinity });
    await own.close();
  });

  test('ends when it is interrupted', async () => {
    const own = embeddedBackend()('q', { connection });
    const waiting = own.waitForJob(60);
    await new Promise(setImmediate);
    await own.disconnectBlocking();
    expect(await waiting).toEqual({ member: '0', score: Infinity });
    // One that begins meanwhile, too: until the connection is back.
    expect(await own.waitForJob(60)).toEqual({ member: '0', score: Infinity });
    await own.reconnectBlocking();
    expect(await own.waitForJob(0.005)).toBeNull();
    await own.close();
  });
});

test('meta fields that are what they were need no command', async () => {
  const own = embeddedBackend()('q', { connection });
  expect(await own.setQueueMeta({ a: 1, b: 'x' })).toBe(2);
  expect(await own.setQueueMeta({ a: 1 })).toBe(0);
  expect(await own.getQueueMeta()).toEqual({ a: '1', b: 'x' });
  expect(await own.getQueueMetaField('a')).toBe('1');
  expect(await own.getQueueMetaField('c')).toBeNull();
  expect(await own.getQueueMetaFields(['b', 'c'])).toEqual(['x', null]);
  expect(await own.hasQueueMetaField('c')).toBe(false);
  expect(await own.removeQueueMetaFields(['a'])).toBe(1);
  await own.close();
});

test('the time of a rate limit is told as on Redis', async () => {
  const own = embeddedBackend()('q', { connection });
  expect(await own.getRateLimitTtl()).toBe(-2);
  await own.setRateLimit(60_000);
  expect(await own.getRateLimitTtl()).toBeGreaterThan(59_000);
  expect(await own.getRateLimitTtl(5)).toBeGreaterThan(59_000);
  expect(await own.removeRateLimitKey()).toBe(1);
  expect(await own.getRateLimitTtl(5)).toBe(0);
  await own.setQueueMeta({ max: 3 });
  expect(await own.getRateLimitTtl()).toBe(0);
  await own.close();
});

test('a deduplication id is told with its holder', async () => {
  const { queue } = bench();
  const job = await queue.add('job', {}, { deduplication: { id: 'same' } });
  expect(await queue.getDeduplicationJobId('same')).toBe(job.id);
  expect(await queue.getDeduplicationJobId('other')).toBeNull();
});

test('what Redis had to keep in order needs no care here', async () => {
  const own = embeddedBackend()('q', { connection });
  expect(await own.removeOrphanedJobs()).toBe(0);
  expect(await own.removeDeprecatedPriorityKey()).toBe(0);
  await own.close();
});

test('it is BullMQ’s contract', () => {
  expectTypeOf<EmbeddedBackend>().toExtend<IQueueBackend>();
});
