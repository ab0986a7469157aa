import { expect, it } from 'vitest';
import { QueueEventsProducer } from 'bullmq';
import { until } from '@catzilla/bus/testing';
import { defineTask } from '../../src/define/define-task.ts';
import { CANCEL_EVENT } from '../../src/define/stored.ts';
import { aborted, anything, gate, openBench } from './support/bench.ts';
import { onEachBackend } from './support/targets.ts';

onEachBackend('a cancelled job', (target) => {
  it('has its signal aborted, and fails without retry and without dead letter', async () => {
    const reasons: unknown[] = [];
    const task = defineTask({
      name: 'long',
      schema: anything,
      handler: async (_, { signal }) => {
        reasons.push(await aborted(signal));
        throw new Error('stopped');
      },
    });
    await using bench = await openBench(target(), [task]);
    const job = await bench.add(task);
    await bench.on('started');
    expect(bench.runner.cancel('default', job.id!, 'not needed')).toBe(true);
    expect(await bench.on('failed')).toMatchObject({ attempt: 1, code: 'CATZ_TASKS_CANCELLED' });
    expect(reasons).toMatchObject([{ code: 'CATZ_TASKS_CANCELLED' }]);
    const stored = await bench.queue('default').getJob(job.id!);
    expect(stored?.failedReason).toBe(
      `[CATZ_TASKS_CANCELLED] job ${job.id} was cancelled: not needed`,
    );
    expect(await bench.deadLetters('default')).toEqual([]);
  });

  it('is completed when its handler ends well all the same', async () => {
    const task = defineTask({
      name: 'nearly',
      schema: anything,
      handler: async (_, { signal }) => {
        await aborted(signal);
        return 'done';
      },
    });
    await using bench = await openBench(target(), [task]);
    const job = await bench.add(task);
    await bench.on('started');
    bench.runner.cancel('default', job.id!, 'late');
    await bench.on('completed', ({ id }) => id === job.id);
  });

  it('keeps the reason that came first', async () => {
    const task = defineTask({
      name: 'twice',
      schema: anything,
      handler: async (_, { signal }) => {
        throw await aborted(signal);
      },
    });
    await using bench = await openBench(target(), [task]);
    const job = await bench.add(task);
    await bench.on('started');
    bench.runner.cancel('default', job.id!, 'first');
    bench.runner.cancel('default', job.id!, 'second');
    await bench.on('failed');
    expect((await bench.queue('default').getJob(job.id!))?.failedReason).toMatch(/first$/);
  });

  it('does not run again when it is cancelled after its time was over', async () => {
    const release = gate();
    const task = defineTask({
      name: 'overdue',
      schema: anything,
      timeout: 5,
      abandonAfter: false,
      handler: async () => {
        await release.opened;
        throw new Error('anything');
      },
    });
    await using bench = await openBench(target(), [task]);
    const job = await bench.add(task);
    await bench.on('timeout');
    bench.runner.cancel('default', job.id!, 'enough');
    release.open();
    await until('it ended', async () => (await job.getState()) !== 'active');
    expect((await bench.queue('default').getJob(job.id!))?.failedReason).toMatch(
      /^\[CATZ_TASKS_CANCELLED\]/,
    );
    expect(await job.getState()).toBe('failed');
  });

  it('does not go back to its queue when it has not settled at the end', async (context) => {
    const where = target();
    if (where !== 'embedded') context.skip('over a network it is left to its lock');
    const never = gate();
    const task = defineTask({ name: 'deaf', schema: anything, handler: () => never.opened });
    await using bench = await openBench(where, [task]);
    const job = await bench.add(task);
    await bench.on('started');
    bench.runner.cancel('default', job.id!, 'enough');
    await bench.runner.drain({ drainTimeout: 1, abortGrace: 1 });
    expect(await job.getState()).toBe('failed');
    never.open();
  });

  it('is not found when it does not run here', async () => {
    const task = defineTask({ name: 'idle', schema: anything, handler: () => undefined });
    await using bench = await openBench(target(), [task]);
    expect(bench.runner.cancel('default', '1', 'x')).toBe(false);
    expect(bench.runner.cancel('elsewhere', '1', 'x')).toBe(false);
  });

  it('is not begun when the cancel comes before its attempt', async () => {
    let runs = 0;
    const task = defineTask({ name: 'fresh', schema: anything, handler: () => void (runs += 1) });
    await using bench = await openBench(target(), [task]);
    bench.runner.cancel('default', 'early', 'not needed');
    bench.runner.cancel('default', 'early', 'told twice');
    const job = await bench.add(task, {}, { jobId: 'early' });
    const failed = await bench.on('failed');
    expect(failed).toMatchObject({ id: 'early', code: 'CATZ_TASKS_CANCELLED' });
    expect(failed).not.toHaveProperty('runMs');
    expect((await bench.queue('default').getJob(job.id!))?.failedReason).toMatch(/not needed$/);
    expect(await bench.deadLetters('default')).toEqual([]);
    expect([runs, bench.count('started')]).toEqual([0, 0]);
  });

  it('does not run again when the cancel comes between two attempts', async () => {
    const task = defineTask({
      name: 'again',
      schema: anything,
      retry: { attempts: 5, delay: 1 },
      handler: () => {
        throw new Error('not yet');
      },
    });
    await using bench = await openBench(target(), [task]);
    bench.events.on('retrying', ({ id }) => bench.runner.cancel('default', id, 'enough'));
    await bench.add(task);
    expect(await bench.on('failed')).toMatchObject({ code: 'CATZ_TASKS_CANCELLED' });
    expect([bench.count('started'), bench.count('dead')]).toEqual([1, 0]);
  });

  it('runs when it is retried by hand after its end', async () => {
    let isBroken = true;
    const task = defineTask({
      name: 'revived',
      schema: anything,
      retry: false,
      handler: () => {
        if (isBroken) throw new Error('broken');
      },
    });
    await using bench = await openBench(target(), [task]);
    // Its verdict is made, and its end not yet stored.
    const heard: boolean[] = [];
    bench.events.on('dead', ({ id }) => {
      heard.push(bench.runner.cancel('default', id, 'too late'));
    });
    const job = await bench.add(task);
    await bench.on('failed');
    expect(heard).toEqual([false]);
    isBroken = false;
    await job.retry();
    await bench.on('completed', ({ id }) => id === job.id);
  });

  it('runs here when it is retried by hand after it has ended elsewhere', async (context) => {
    const here = target();
    if (here === 'embedded') {
      context.skip('all that run jobs of an embedded store are in its process');
      return;
    }
    const task = defineTask({
      name: 'moved',
      schema: anything,
      handler: async ({ waits }, { signal }) => {
        if (waits) throw await aborted(signal);
      },
    });
    await using bench = await openBench(here, [task]);
    const probe = await bench.add(task, { waits: true });
    await bench.on('started');
    const connection = { host: '127.0.0.1', port: here.port };
    const producer = new QueueEventsProducer('default', {
      connection,
      prefix: bench.queue('default').opts.prefix!,
    });
    const publish = (eventName: string, jobId: string): Promise<void> =>
      producer.publishEvent({ eventName, jobId, reason: 'enough', failedReason: 'enough' });
    await publish(CANCEL_EVENT, 'elsewhere');
    await publish('failed', 'elsewhere');
    await publish(CANCEL_EVENT, probe.id!);
    await bench.on('failed', ({ id }) => id === probe.id);
    await bench.add(task, { waits: false }, { jobId: 'elsewhere' });
    await bench.on('completed', ({ id }) => id === 'elsewhere');
    await producer.close();
  });

  it('that runs elsewhere is cancelled by an event, over a network', async (context) => {
    const here = target();
    if (here === 'embedded') {
      context.skip('all that run jobs of an embedded store are in its process');
      return;
    }
    const release = gate();
    const task = defineTask({
      name: 'remote',
      schema: anything,
      handler: async (_, { signal }) => {
        await Promise.race([aborted(signal), release.opened]);
        signal.throwIfAborted();
      },
    });
    await using bench = await openBench(here, [task]);
    const job = await bench.add(task);
    await bench.on('started');
    const { opts } = bench.queue('default');
    const producer = new QueueEventsProducer('default', {
      connection: { host: '127.0.0.1', port: here.port },
      prefix: opts.prefix!,
    });
    const eventName = CANCEL_EVENT;
    await producer.publishEvent({ eventName, jobId: job.id!, reason: 'from afar' });
    const failed = await bench.on('failed');
    expect(failed).toMatchObject({ id: job.id, code: 'CATZ_TASKS_CANCELLED' });
    release.open();
    await producer.close();
  });
});
