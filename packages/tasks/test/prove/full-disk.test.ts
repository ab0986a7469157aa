// A real full disk, a small tmpfs: intake pauses with an error and comes back, nothing that was acknowledged is lost.
// And a disk that is read-only.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Queue, Worker } from 'bullmq';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { TestContext } from 'vitest';
import { embeddedBackend } from '../../src/embedded/index.ts';
import { temporaryFolder } from '../embedded/log/support/folder.ts';

const connection = {};

/** Mounts a disk of a few MB, or skips the test. */
function smallDisk(context: TestContext, megabytes: number): string {
  const folder = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(megabytes)}m`, 'tmpfs', folder], {
      stdio: 'ignore',
    });
  } catch {
    context.skip('this user cannot mount a tmpfs');
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder]);
  });
  return folder;
}

describe('a full disk', () => {
  test('refuses intake, lets running jobs end, and takes jobs again once there is room', async (context) => {
    const disk = smallDisk(context, 4);
    const dir = join(disk, 'store');
    const backend = embeddedBackend({ dir, durability: 'every-write' });
    const queue = new Queue('q', { connection }, backend);
    const told: string[] = [];
    queue.on('error', (error) => told.push((error as Error & { code: string }).code));
    const acknowledged: string[] = [];
    const payload = { text: 'x'.repeat(50_000) };
    acknowledged.push((await queue.add('n', payload)).id as string);

    const begun = withResolvers();
    const release = withResolvers();
    const ran: string[] = [];
    const worker = new Worker(
      'q',
      async (job) => {
        ran.push(job.id as string);
        begun.resolve();
        await release.promise;
      },
      { connection },
      backend,
    );
    worker.on('error', () => undefined);
    await begun.promise;
    writeFileSync(join(disk, 'filler'), Buffer.alloc(1_000_000));
    let refused: unknown;
    while (refused === undefined) {
      try {
        acknowledged.push((await queue.add('n', payload)).id as string);
      } catch (error) {
        refused = error;
      }
    }
    expect(refused).toMatchObject({ code: 'CATZ_TASKS_STORAGE_FULL' });
    expect(told).toContain('CATZ_TASKS_STORAGE_FULL');
    expect(await queue.getJobCountByTypes('wait', 'active')).toBe(acknowledged.length);
    release.resolve();

    rmSync(join(disk, 'filler'));
    for (;;) {
      try {
        acknowledged.push((await queue.add('n', { last: true })).id as string);
        break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    while (ran.length < acknowledged.length) await new Promise((resolve) => setImmediate(resolve));
    await worker.close();
    await queue.close();
    expect(new Set(ran)).toEqual(new Set(acknowledged));
    expect(ran).toHaveLength(acknowledged.length);

    const again = new Queue('q', { connection }, embeddedBackend({ dir }));
    onTestFinished(() => again.close());
    expect(await again.getCompletedCount()).toBe(acknowledged.length);
  });
});

describe('a read-only disk', () => {
  test('is refused with what the system says, and nothing is made', async (context) => {
    const disk = smallDisk(context, 1);
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    const backend = embeddedBackend({ dir: join(disk, 'store') })('q', { connection });
    await expect(backend.waitUntilReady()).rejects.toMatchObject({ code: 'EROFS' });
    await backend.close();
  });
});

// Promise.withResolvers came with Node 22.
function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
