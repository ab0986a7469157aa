import { Queue, Worker } from 'bullmq';
import { describe, expect, it } from 'vitest';
import { embeddedBackend } from '../../../src/embedded/index.ts';
import { temporaryFolder } from '../log/support/folder.ts';

/** Opens the queue of a folder, lets something look at it, and closes it again. */
async function open<R>(dir: string, work: (queue: Queue) => Promise<R>): Promise<R> {
  const backend = embeddedBackend({ dir });
  const queue = new Queue('bench', { connection: {} }, backend);
  try {
    return await work(queue as unknown as Queue);
  } finally {
    await queue.close();
  }
}

describe('schedules in a folder', () => {
  it('are there after a restart, with the job of their next run', async () => {
    const dir = temporaryFolder();
    const look = async (queue: Queue) => ({
      schedules: await queue.getJobSchedulers(0, -1, true),
      jobs: (await queue.getDelayed()).map((job) => job.asJSON()),
    });
    const before = await open(dir, async (queue) => {
      const template = { name: 'build', data: { kind: 'daily' }, opts: { attempts: 3 } };
      const yearly = { pattern: '0 0 29 2 *', tz: 'Europe/Berlin', limit: 9 };
      await queue.upsertJobScheduler('leap', yearly, template);
      await queue.upsertJobScheduler('tick', { every: 3_600_000, offset: 1 });
      return look(queue);
    });
    expect(before.schedules).toHaveLength(2);
    expect(before.jobs).toHaveLength(2);
    expect(await open(dir, look)).toEqual(before);
  });

  it('go on from the run that had begun before a restart', async () => {
    const dir = temporaryFolder();
    const backend = embeddedBackend({ dir });
    const queue = new Queue('bench', { connection: {} }, backend);
    const worker = new Worker('bench', null, { connection: {}, autorun: false }, backend);
    await queue.upsertJobScheduler('tick', { every: 3_600_000 });
    const first = await worker.getNextJob('token', { block: false });
    await first?.moveToCompleted('done', 'token', false);
    const [next] = await queue.getDelayed();
    await worker.close();
    await queue.close();

    const after = await open(dir, async (again) => ({
      ids: (await again.getDelayed()).map(({ id }) => id),
      count: (await again.getJobScheduler('tick'))?.iterationCount,
      state: await again.getJobState(first?.id as string),
    }));
    expect(after).toEqual({ ids: [next?.id], count: 2, state: 'completed' });
  });

  it('stay away after a restart once they are removed', async () => {
    const dir = temporaryFolder();
    await open(dir, async (queue) => {
      await queue.upsertJobScheduler('tick', { every: 3_600_000, offset: 1 });
      await queue.removeJobScheduler('tick');
    });
    expect(
      await open(dir, async (queue) => [await queue.getJobSchedulersCount(), await queue.count()]),
    ).toEqual([0, 0]);
  });
});
