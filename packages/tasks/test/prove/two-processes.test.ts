// Two processes open one folder: the second is told who has it, and gets it when the first is gone.
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { Queue } from 'bullmq';
import { describe, expect, onTestFinished, test } from 'vitest';
import { embeddedBackend } from '../../src/embedded/index.ts';
import { temporaryFolder } from '../embedded/log/support/folder.ts';
import { startLoad } from './support/child.ts';
import type { EmbeddedBackend, EmbeddedOptions } from '../../src/embedded/index.ts';

const connection = {};

type EmbeddedQueue = Queue<
  unknown,
  unknown,
  string,
  unknown,
  unknown,
  string,
  EmbeddedBackend,
  unknown
>;

function openQueue(options: EmbeddedOptions): EmbeddedQueue {
  const queue: EmbeddedQueue = new Queue('q', { connection }, embeddedBackend(options));
  queue.on('error', () => undefined);
  onTestFinished(() => queue.close());
  return queue;
}

describe('a folder', () => {
  test('that another process has is refused with its pid, and free once that was killed', async () => {
    const dir = temporaryFolder();
    const child = startLoad(dir, 'interval', 'load');
    onTestFinished(() => child.kill());
    await child.said('a ');
    const locked = {
      code: 'CATZ_TASKS_LOCKED',
      message: expect.stringContaining(String(child.pid)),
    };
    const refused = embeddedBackend({ dir })('q', { connection });
    await expect(refused.waitUntilReady()).rejects.toMatchObject(locked);
    await refused.close();
    await child.kill();
    const queue = openQueue({ dir });
    await queue.waitUntilReady();
    expect(await queue.getJobCountByTypes('wait', 'delayed', 'completed')).toBeGreaterThan(0);
  });

  test('that another thread has is refused, and says so', async () => {
    const dir = temporaryFolder();
    const code = `
      const { parentPort, workerData } = require('node:worker_threads');
      import(workerData.module).then(async ({ embeddedBackend }) => {
        const backend = embeddedBackend({ dir: workerData.dir })('q', { connection: {} });
        await backend.waitUntilReady();
        parentPort.postMessage('open');
        parentPort.once('message', () => backend.close());
      });`;
    const module = new URL('../../dist/embedded/index.js', import.meta.url).href;
    const worker = new Worker(code, { eval: true, execArgv: [], workerData: { dir, module } });
    await once(worker, 'message');
    const refused = embeddedBackend({ dir })('q', { connection });
    await expect(refused.waitUntilReady()).rejects.toMatchObject({
      code: 'CATZ_TASKS_LOCKED',
      message: expect.stringContaining('another of its threads'),
    });
    await refused.close();
    worker.postMessage('close');
    await once(worker, 'exit');
    await openQueue({ dir }).waitUntilReady();
  });

  test('is one store for all backends of this thread, by whatever path', async () => {
    const parent = temporaryFolder();
    const dir = join(parent, 'real');
    mkdirSync(dir);
    symlinkSync(dir, join(parent, 'link'));
    const one = openQueue({ dir });
    const other = openQueue({ dir: join(parent, 'link') });
    const job = await one.add('n', 1);
    expect(await other.getJobState(job.id as string)).toBe('waiting');
  });

  test('in use with other options is refused with CATZ_TASKS_OPTIONS', async () => {
    const dir = temporaryFolder();
    const queue = openQueue({ dir });
    await queue.waitUntilReady();
    expect(() => embeddedBackend({ dir, durability: 'interval' })).toThrow(
      expect.objectContaining({ code: 'CATZ_TASKS_OPTIONS' }),
    );
    await queue.close();
    await openQueue({ dir, durability: 'interval' }).waitUntilReady();
  });

  test('opens again in the same process, with what was in it', async () => {
    const dir = temporaryFolder();
    const backend = embeddedBackend({ dir });
    for (let round = 0; round < 3; round++) {
      const queue = new Queue('q', { connection }, backend);
      await queue.add('n', round);
      expect(await queue.getWaitingCount()).toBe(round + 1);
      expect(backend.stats()).toMatchObject({ state: 'open', jobs: round + 1 });
      await queue.close();
      expect(backend.stats()).toMatchObject({ state: 'closed', jobs: 0, bytes: 0 });
    }
  });
});
