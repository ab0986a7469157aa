// One owner of the stores, and threads that use them: what a user of BullMQ's classes sees. The threads are lines within this one.
import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { ErrorCode, FlowProducer } from 'bullmq';
import { describe, expect, it, onTestFinished } from 'vitest';
import { embeddedBackend, ownTaskStores, useTaskStores } from '../../../src/embedded/index.ts';
import { createTasks, defineTask } from '../../../src/index.ts';
import { errors } from '../../../src/errors.ts';
import { OWNER, PROTOCOL } from '../../../src/embedded/threads/protocol.ts';
import { temporaryFolder } from '../log/support/folder.ts';
import { shared } from './support/shared.ts';
import type { QueueOptions } from 'bullmq';
import type { Reply } from '../../../src/embedded/threads/protocol.ts';

const anything = {
  '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) },
} as const;

describe('queues of two threads', () => {
  it('are one: a job runs where a worker takes it, and its result is told to the one that added it', async () => {
    const { guest } = shared();
    const [one, two] = [guest(), guest()];
    const queue = one.queue();
    const events = await one.events();
    two.work(async (job) => ({ doubled: job.data.n * 2 }));
    const job = await queue.add('double', { n: 21 });
    expect(await job.waitUntilFinished(events)).toStrictEqual({ doubled: 42 });
    expect(await two.queue().getJobCounts('completed', 'active', 'wait')).toStrictEqual({
      completed: 1,
      active: 0,
      wait: 0,
    });
  });

  it('give each of many jobs out once', async () => {
    const { guest } = shared();
    const [one, two] = [guest(), guest()];
    const runs: string[] = [];
    const takers = new Set<string>();
    const process = (name: string) => async (job: { id?: string }) => {
      takers.add(name);
      runs.push(job.id!);
    };
    one.work(process('one'), { concurrency: 5 });
    two.work(process('two'), { concurrency: 5 });
    const data = Array.from({ length: 1000 }, (_, i) => ({ name: 'n', data: { i } }));
    const jobs = await one.queue().addBulk(data);
    await expect.poll(() => runs.length).toBe(1000);
    expect(new Set(runs)).toStrictEqual(new Set(jobs.map(({ id }) => id)));
    expect(takers).toStrictEqual(new Set(['one', 'two']));
  });

  it('take a result and a cancel of a task from the other thread', async () => {
    const { guest } = shared();
    const aborted: unknown[] = [];
    const task = defineTask({
      name: 'work',
      schema: anything,
      retry: false,
      handler: async (payload: unknown, { signal }) => {
        if (payload !== 'hang') return payload;
        await once(signal, 'abort');
        aborted.push((signal.reason as Error).message);
        throw signal.reason;
      },
    });
    const open = async (run: 'here' | 'off') => {
      const tasks = createTasks({ tasks: [task], backend: guest().backend, run });
      onTestFinished(async () => void (await tasks.close()));
      await tasks.start();
      return tasks;
    };
    const [client, runner] = [await open('off'), await open('here')];
    expect(await (await client.enqueue(task, 'quick')).result()).toBe('quick');
    const started = new Promise((resolve) => runner.on('started', resolve));
    const handle = await client.enqueue(task, 'hang');
    await started;
    await handle.cancel('enough');
    await expect(handle.result()).rejects.toMatchObject({ code: 'CATZ_TASKS_CANCELLED' });
    expect(aborted).toStrictEqual([expect.stringContaining('enough')]);
    const { store, tasks } = await client.stats();
    expect(store).toMatchObject({ mode: 'memory', state: 'open', isShared: true });
    expect(tasks[0]).toMatchObject({ task: 'work', counts: { completed: 1 } });
  });

  it('run flows, whose nodes are found by their keys', async () => {
    const { guest } = shared();
    const [one, two] = [guest(), guest()];
    two.work(async (job) => {
      if (job.name === 'child') return job.data;
      return Object.values(await job.getChildrenValues());
    });
    const flows = new FlowProducer({ connection: {} }, one.backend as never);
    onTestFinished(() => flows.close());
    const events = await one.events();
    const at = { queueName: 'bench' };
    const { job } = await flows.add({
      name: 'parent',
      ...at,
      children: [1, 2].map((data) => ({ name: 'child', data, ...at })),
    });
    expect(((await job.waitUntilFinished(events)) as number[]).sort()).toStrictEqual([1, 2]);
    const tree = await flows.getFlow({ queueName: 'bench', id: job.id! });
    expect(tree.children).toHaveLength(2);
    const lost = flows.add({
      name: 'parent',
      ...at,
      opts: { parent: { id: 'x', queue: 'bull:no' } },
    });
    await expect(lost).rejects.toThrow(/x/);
  });

  it('count by name, for statistics', async () => {
    const { guest } = shared();
    const queue = guest().queue();
    await queue.add('a', 1);
    const backend = guest().backend('bench', { connection: {} });
    onTestFinished(() => backend.close());
    expect((await backend.getCountsByName()).get('a')).toMatchObject({ waiting: 1 });
  });
});

describe('a worker', () => {
  it('is listed by its name, and so are readers of events', async () => {
    const { guest } = shared();
    const one = guest();
    const worker = one.work(async () => undefined, { name: 'mailer' });
    await worker.waitUntilReady();
    await one.events();
    const queue = guest().queue();
    const names = (await queue.getWorkers()).map(({ rawname }) => rawname);
    expect(names).toStrictEqual([expect.stringMatching(/:w:mailer$/)]);
    expect(await queue.getQueueEvents()).toHaveLength(1);
  });

  it('goes by the options that it has now', async () => {
    const { guest } = shared();
    const { backend, queue } = guest();
    await queue('q').addBulk([1, 2, 3].map((data) => ({ name: 'n', data })));
    const options = { connection: {}, limiter: { max: 1, duration: 60_000 }, removeOnComplete: {} };
    const worker = backend('q', options, { withBlockingConnection: true });
    onTestFinished(() => worker.close());
    const take = async () => (await worker.moveToActive('t'))[1] as string;
    const first = await take();
    expect(await take()).toBeFalsy();
    options.limiter.max = 3;
    const second = await take();
    expect(second).toBeTruthy();
    const end = (id: string) =>
      worker.moveToCompleted({ id, opts: {} } as never, 1, undefined as never, 't', false);
    options.removeOnComplete = { count: 0 };
    await end(first);
    options.removeOnComplete = { count: 5 };
    await end(second);
    expect(await worker.getState(first)).toBe('unknown');
    expect(await worker.getState(second)).toBe('completed');
  });

  it('that waits for a job ends when it closes', async () => {
    const { guest } = shared();
    const worker = guest().work(async () => undefined);
    const closed = once(worker, 'closed');
    await worker.waitUntilReady();
    await worker.close();
    await closed;
  });
});

describe('a backend', () => {
  it('says ready once, and close, and calls nothing afterwards', async () => {
    const { guest } = shared();
    const backend = guest().backend('q', { connection: {} });
    const heard: string[] = [];
    for (const event of ['ready', 'close'] as const) backend.on(event, () => heard.push(event));
    await backend.waitUntilReady();
    await backend.waitUntilReady();
    expect(backend.closing).toBeUndefined();
    await backend.forQueue('other').close();
    await Promise.all([backend.close(), backend.close()]);
    expect(backend.closing).toBeInstanceOf(Promise);
    expect(heard).toStrictEqual(['ready', 'close']);
    expect(await backend.moveToActive('t')).toStrictEqual([null, 0, 0, 0]);
    expect(await backend.waitForJob(1)).toStrictEqual({ member: '0', score: Infinity });
    await expect(backend.drain(true)).rejects.toMatchObject({ code: 'CATZ_TASKS_CLOSING' });
  });

  it('has names and keys as one in the same thread', () => {
    const { guest } = shared();
    const options: QueueOptions = { connection: {}, prefix: 'p' };
    const remote = guest().backend('q', options);
    const local = embeddedBackend()('q', options);
    onTestFinished(async () => {
      await Promise.all([remote.close(), local.close()]);
    });
    expect(remote.keys).toStrictEqual(local.keys);
    expect(remote.qualifiedName).toBe(local.qualifiedName);
    expect(remote.clientName(':w')).toBe(local.clientName(':w'));
    expect(remote.parseNodeKey('p:q:1')).toStrictEqual(local.parseNodeKey('p:q:1'));
    expect(remote.forQueue('o').qualifiedName).toBe('p:o');
    expect(remote.forQueue('o')).toBe(remote.forQueue('o'));
    expect(remote.minimumBlockTimeout).toBe(local.minimumBlockTimeout);
    expect(remote.maximumBlockTimeout).toBe(local.maximumBlockTimeout);
  });

  it('rejects with the errors of the store, by code and class, and BullMQ by its own', async () => {
    const { guest } = shared();
    const { queue, backend } = guest({ maxJobs: 1 });
    const jobs = queue();
    await jobs.add('n', 1);
    const full = await jobs.add('n', 2).catch((error: unknown) => error);
    expect(full).toBeInstanceOf(errors.QUEUE_FULL);
    expect(full).toMatchObject({ code: 'CATZ_TASKS_QUEUE_FULL', statusCode: 503 });
    const one = backend('bench', { connection: {} });
    onTestFinished(() => one.close());
    await expect(one.promote('none')).rejects.toMatchObject({ code: ErrorCode.JobNotInState });
  });

  it('rejects what cannot be sent at the call, and sends the others of that turn', async () => {
    const { guest } = shared();
    const backend = guest().backend('q', { connection: {} });
    onTestFinished(() => backend.close());
    const round: { self?: unknown } = {};
    round.self = round;
    const [bad, good] = await Promise.allSettled([
      backend.updateProgress('x', round as never),
      backend.getState('x'),
    ]);
    expect(bad).toMatchObject({ status: 'rejected', reason: expect.any(TypeError) });
    expect(good).toStrictEqual({ status: 'fulfilled', value: 'unknown' });
  });
});

describe('a folder', () => {
  it('is one store, opened with the first call, and stays open when no thread uses it', async () => {
    const owner = shared();
    const dir = temporaryFolder();
    const { backend, queue } = owner.guest({ dir });
    expect(backend.stats()).toMatchObject({ mode: 'durable', state: 'closed', isShared: true });
    const jobs = queue('q');
    await jobs.add('n', 1);
    await jobs.close();
    const there = owner.guest({ dir });
    const worker = there.backend('q', { connection: {} });
    onTestFinished(() => worker.close());
    expect((await worker.moveToActive('t'))[1]).toBeTruthy();
    // Opened anew, it would have put the job back.
    await worker.close();
    expect(await there.queue('q').getActiveCount()).toBe(1);
    await expect.poll(() => there.backend.stats()).toMatchObject({ state: 'open', jobs: 1 });
  });

  it('is refused to who asks for it with other options, with both values, at each call', async () => {
    const { guest } = shared();
    const dir = temporaryFolder();
    await guest({ dir }).queue().add('n', 1);
    const other = guest({ dir, durability: 'none' }).backend('q', { connection: {} });
    onTestFinished(() => other.close());
    for (const call of [() => other.waitUntilReady(), () => other.forQueue('o').getState('1')]) {
      await expect(call()).rejects.toMatchObject({
        code: 'CATZ_TASKS_OPTIONS',
        message: expect.stringMatching(/durability.*every-write.*none/),
      });
    }
  });

  it('is refused to who asks for it with other bounds', async () => {
    const { guest } = shared();
    const dir = temporaryFolder();
    await guest({ dir }).queue().add('n', 1);
    const other = guest({ dir, maxJobs: 7 }).backend('q', { connection: {} });
    onTestFinished(() => other.close());
    await expect(other.waitUntilReady()).rejects.toMatchObject({
      code: 'CATZ_TASKS_OPTIONS',
      message: expect.stringMatching(/maxJobs.*1000000.*7/),
    });
  });

  it('holds its bounds for adds at once, of all threads', async () => {
    const { guest } = shared();
    const dir = temporaryFolder();
    const [one, other] = [guest({ dir, maxJobs: 3 }), guest({ dir, maxJobs: 3 })];
    const queues = [one.queue(), other.queue()];
    const adds = Array.from({ length: 20 }, (_, n) => queues[n % 2]?.add('n', n));
    const ends = await Promise.allSettled(adds);
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  });

  it('is free once the owner has closed', async () => {
    const owner = shared();
    const dir = temporaryFolder();
    await owner.guest({ dir }).queue('q').add('n', 1);
    await owner.close();
    const own = embeddedBackend({ dir })('q', { connection: {} });
    onTestFinished(() => own.close());
    expect(await own.getCounts(['wait'])).toStrictEqual([1]);
  });
});

describe('stores in memory', () => {
  it('are one for the same bounds, others for others', async () => {
    const { guest } = shared();
    await guest({ maxJobs: 5 }).queue().add('n', 1);
    expect(await guest({ maxJobs: 5 }).queue().count()).toBe(1);
    expect(await guest({ maxJobs: 6 }).queue().count()).toBe(0);
  });

  it('outlive the threads; what is left in them when the owner closes is told by queue', async () => {
    const owner = ownTaskStores();
    const stop = useTaskStores((port) => owner.connect(port));
    const backend = embeddedBackend()('q', { connection: {} });
    stop();
    const job = { name: 'n', data: '1', opts: {}, timestamp: 1 };
    for (const id of ['a', 'b']) await backend.addJob(job as never, id);
    await backend.close();
    expect(await owner.close()).toStrictEqual({ lost: { q: 2 } });
    await using empty = ownTaskStores();
    expect(await empty.close()).toStrictEqual({ lost: {} });
  });
});

describe('a line', () => {
  it('that closes, as it does with its thread, returns what was active through it at once', async () => {
    const { guest } = shared();
    const [lost, stays] = [guest(), guest()];
    const queue = stays.queue();
    await queue.addBulk([1, 2].map((data) => ({ name: 'n', data })));
    const worker = lost.work(undefined);
    const job = await worker.getNextJob('t');
    const kept = await stays.work(undefined).getNextJob('t');
    const stalled = once(await stays.events(), 'stalled');
    const { port } = lost;
    port!.close();
    expect((await stalled)[0]).toMatchObject({ jobId: job!.id });
    expect(await queue.getWaiting()).toMatchObject([{ id: job!.id, stalledCounter: 1 }]);
    expect((await queue.getActive()).map(({ id }) => id)).toStrictEqual([kept!.id]);
    await expect(worker.getNextJob('t')).rejects.toMatchObject({ code: 'CATZ_TASKS_CLOSING' });
  });

  it('returns at its end, not before, what a closed worker was still at: it may be running', async () => {
    const { guest } = shared();
    const [lost, stays] = [guest(), guest()];
    const queue = stays.queue();
    await queue.add('n', 1);
    const worker = lost.backend('bench', { connection: {} }, { withBlockingConnection: true });
    await worker.moveToActive('t');
    await worker.close(true);
    expect(await queue.getActiveCount()).toBe(1);
    lost.port!.close();
    await expect.poll(() => queue.getWaitingCount()).toBe(1);
  });

  it('rejects what waits for an answer when it closes', async () => {
    const owner = shared();
    const { backend } = owner.guest();
    const one = backend('q', { connection: {} });
    await one.waitUntilReady();
    const waits = one.readEvents('$', 0);
    await owner.close();
    await expect(Promise.race([waits, one.getState('1')])).rejects.toMatchObject({
      code: 'CATZ_TASKS_CLOSING',
    });
    await one.close();
  });

  it.each([
    ['another release', [PROTOCOL + 1, [[1, 1, 'getState', 0, 'x']]]],
    ['nothing first', [[[1, 1, 'getState', 0, 'x']]]],
    ['a member that there is not', [PROTOCOL, [[1, 1, 'constructor', 0]]]],
  ])('is told that it is not understood: %s', async (_what, messages) => {
    await using owner = ownTaskStores();
    const { port1, port2 } = new MessageChannel();
    owner.connect(port2);
    for (const message of messages) port1.postMessage(message);
    const [reply] = (await once(port1, 'message')) as [Reply];
    expect(reply.answers).toMatchObject([
      [1, undefined, { fields: { code: 'CATZ_TASKS_UNSUPPORTED' } }],
    ]);
    port1.close();
  });
});

it('uses no owner once that was taken back', async () => {
  const stop = useTaskStores(() => expect.unreachable());
  const other = useTaskStores(() => expect.unreachable());
  stop();
  expect(OWNER in globalThis).toBe(true);
  other();
  const backend = embeddedBackend()('q', { connection: {} });
  await backend.waitUntilReady();
  await backend.close();
});
