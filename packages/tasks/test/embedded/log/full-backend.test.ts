// What BullMQ's classes see of a disk that is full, or that failed.
import { Queue, Worker } from 'bullmq';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EmbeddedBackend } from '../../../src/embedded/backend/embedded-backend.ts';
import { SharedStore } from '../../../src/embedded/backend/shared-store.ts';
import { faultyFiles } from './support/faulty-files.ts';
import { temporaryFolder } from './support/folder.ts';
import { makeJournal } from './support/journal.ts';
import type { BackendFactory, IQueueBackend } from 'bullmq';
import type { BackendOptions } from '../../../src/embedded/backend/arguments.ts';
import type { Faults } from './support/faulty-files.ts';

const connection = {};

interface Rig {
  readonly queue: Queue<unknown, unknown, string, unknown, unknown, string, IQueueBackend>;
  readonly worker: Worker<unknown, unknown, string, IQueueBackend>;
  readonly shared: SharedStore;
  readonly faults: Faults;
  /** Codes of what queue and worker emitted as errors. */
  readonly told: string[];
  readonly ran: string[];
}

async function rig(): Promise<Rig> {
  const { files, faults } = faultyFiles();
  const folder = temporaryFolder();
  const shared = new SharedStore(
    (wake) => makeJournal(folder, { wake, files, durability: 'every-write' }),
    { maxJobs: 1_000, maxBytes: 1_000_000 },
  );
  const factory = ((name: string, options: unknown) =>
    new EmbeddedBackend(shared, name, options as BackendOptions)) as BackendFactory;
  const told: string[] = [];
  const ran: string[] = [];
  const queue: Rig['queue'] = new Queue('q', { connection }, factory);
  const handler = async ({ id }: { id?: string }): Promise<unknown> => {
    return ran.push(id as string);
  };
  const worker: Rig['worker'] = new Worker('q', handler, { connection, autorun: false }, factory);
  const note = (error: Error & { code?: string }): unknown => told.push(String(error.code));
  queue.on('error', note);
  worker.on('error', note);
  onTestFinished(async () => {
    faults.room = Infinity;
    await worker.close(true);
    await queue.close();
  });
  await queue.waitUntilReady();
  await worker.waitUntilReady();
  return { queue, worker, shared, faults, told, ran };
}

describe('with a full disk, BullMQ', () => {
  test('is told by an error event and by the add that is refused', async () => {
    const { queue, faults, told, shared } = await rig();
    faults.room = 0;
    await expect(queue.add('n', 1)).rejects.toMatchObject({ code: 'CATZ_TASKS_STORAGE_FULL' });
    // Both the queue and the worker have a backend.
    expect(told).toEqual(['CATZ_TASKS_STORAGE_FULL', 'CATZ_TASKS_STORAGE_FULL']);
    expect(shared.stats()).toMatchObject({ state: 'full', jobs: 0 });
  });

  test('gets no new job, neither by asking nor with the end of another', async () => {
    const { queue, worker, faults } = await rig();
    for (let n = 0; n < 3; n++) await queue.add('n', n);
    const first = await worker.getNextJob('t', { block: false });
    faults.room = 0;
    await expect(queue.add('n', 1)).rejects.toThrow(/ENOSPC/);
    expect(await worker.getNextJob('t', { block: false })).toBeUndefined();
    expect(await first?.moveToCompleted('done', 't', true)).toEqual([]);
    expect(await queue.getCompletedCount()).toBe(1);
    expect(await queue.getWaitingCount()).toBe(2);
  });

  test('goes on with all of them once there is room', async () => {
    const { queue, worker, faults, ran } = await rig();
    for (let n = 0; n < 3; n++) await queue.add('n', n);
    faults.room = 0;
    await expect(queue.add('n', 1)).rejects.toThrow(/ENOSPC/);
    const running = worker.run();
    expect(ran).toEqual([]);
    faults.room = Infinity;
    while (ran.length < 3) await new Promise((resolve) => setImmediate(resolve));
    await worker.close();
    await running;
    expect(ran).toEqual(['1', '2', '3']);
  });
});

test('with a failed disk, BullMQ reads, and neither adds nor takes', async () => {
  const { queue, worker, faults, told } = await rig();
  await queue.add('n', 1);
  faults.flushError = 'EIO';
  const failed = { code: 'CATZ_TASKS_STORAGE_FAILED' };
  await expect(queue.add('n', 2)).rejects.toMatchObject(failed);
  expect(told).toContain('CATZ_TASKS_STORAGE_FAILED');
  expect(await worker.getNextJob('t', { block: false })).toBeUndefined();
  expect(await queue.getWaitingCount()).toBe(1);
});
