import { once } from 'node:events';
import type { EventEmitter } from 'node:events';
import { QueueEventsProducer } from 'bullmq';
import { describe, expect, it } from 'vitest';
import { bench } from '../support/bench.ts';

interface Heard {
  readonly event: string;
  readonly id: string;
  readonly [field: string]: unknown;
}

const NAMES = [
  'added',
  'waiting',
  'active',
  'progress',
  'completed',
  'failed',
  'delayed',
  'removed',
  'cleaned',
  'drained',
  'paused',
  'resumed',
] as const;

/** All that a reader hears from now on. */
function listen(reader: EventEmitter): Heard[] {
  const heard: Heard[] = [];
  for (const event of NAMES) {
    reader.on(event, (...args: unknown[]) => {
      heard.push({
        event,
        id: String(args.at(-1)),
        ...(args.length > 1 ? (args[0] as object) : {}),
      });
    });
  }
  return heard;
}

describe('QueueEvents on the embedded backend', () => {
  it('tells the life of a job in order', async () => {
    const { queue, hand, events } = bench();
    const reader = await events();
    const heard = listen(reader);
    const drained = once(reader, 'drained');
    const { id } = await queue.add('mail', { to: 'somebody' });
    const { take } = hand();
    const job = await take();
    await job.updateProgress({ done: 40 });
    await job.moveToCompleted({ sent: true }, 'token', true);
    await drained;
    expect(heard.map(({ event }) => event)).toEqual([
      'added',
      'waiting',
      'active',
      'progress',
      'completed',
      'drained',
    ]);
    expect(heard.find(({ event }) => event === 'added')).toMatchObject({ jobId: id, name: 'mail' });
    expect(heard.find(({ event }) => event === 'progress')).toMatchObject({ data: { done: 40 } });
    expect(heard.find(({ event }) => event === 'completed')).toMatchObject({
      jobId: id,
      prev: 'active',
      returnvalue: { sent: true },
    });
  });

  it('tells each job by name too', async () => {
    const { queue, hand, events } = bench();
    const reader = await events();
    const { id } = await queue.add('mail', {});
    const told = once(reader, `completed:${String(id)}`);
    await hand().complete('ok');
    expect((await told)[0]).toMatchObject({ returnvalue: 'ok' });
  });

  it('goes on from the id that it is given', async () => {
    const { queue, events } = bench();
    const first = await events();
    const added = once(first, 'waiting');
    await queue.add('one', {}, { jobId: 'one' });
    const [, id] = (await added) as [unknown, string];
    await queue.add('two', {}, { jobId: 'two' });
    const later = await events(id);
    const told = once(later, 'added');
    void later.run();
    const [next] = (await told) as [{ jobId: string }];
    expect(next.jobId).toBe('two');
  });

  it('tells all that is held from id 0', async () => {
    const { queue, events } = bench();
    await queue.add('one', {}, { jobId: 'one' });
    const reader = await events('0');
    const told = once(reader, 'waiting');
    void reader.run();
    const [first] = (await told) as [{ jobId: string }];
    expect(first.jobId).toBe('one');
  });

  it('takes events that somebody publishes', async () => {
    const { backend, events } = bench();
    const reader = await events();
    const producer = new QueueEventsProducer('bench', { connection: {} }, backend);
    const told = once(reader, 'custom');
    await producer.publishEvent({ eventName: 'custom', jobId: '1', reason: 'because' });
    expect((await told)[0]).toEqual({ jobId: '1', reason: 'because' });
    await producer.close();
  });

  it('wakes waitUntilFinished with the result, and with the failure', async () => {
    const { queue, work, events } = bench();
    const reader = await events();
    work((job) => {
      if (job.name === 'bad') throw new Error('no');
      return Promise.resolve(42);
    });
    const good = await queue.add('good', {});
    expect(await good.waitUntilFinished(reader, 5_000)).toBe(42);
    const bad = await queue.add('bad', {});
    await expect(bad.waitUntilFinished(reader, 5_000)).rejects.toThrow('no');
  });

  it('answers waitUntilFinished for a job that was over before', async () => {
    const { queue, hand, events } = bench();
    const reader = await events();
    const job = await queue.add('mail', {});
    await hand().complete({ sent: 1 });
    expect(await job.waitUntilFinished(reader, 5_000)).toEqual({ sent: 1 });
  });

  it('holds as many events as streams.events.maxLen says', async () => {
    const { queue, backend } = bench({ streams: { events: { maxLen: 3 } } });
    await queue.waitUntilReady();
    await queue.add('one', {});
    await queue.add('two', {});
    const reader = backend('bench', { connection: {} });
    const read = await reader.readEvents('0', 1);
    expect(read?.[0]?.[1]).toHaveLength(3);
    await reader.close();
  });

  it('trims on demand and says how many went', async () => {
    const { queue } = bench();
    await queue.addBulk([
      { name: 'one', data: {} },
      { name: 'two', data: {} },
    ]);
    expect(await queue.trimEvents(1)).toBe(3);
    expect(await queue.trimEvents(0)).toBe(1);
  });

  it('ends a reader that waits when it is closed', async () => {
    const { events } = bench();
    const reader = await events();
    await reader.close();
    expect(reader.closing).toBeDefined();
  });
});
