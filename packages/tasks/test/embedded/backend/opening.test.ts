// A worker on a store that does not open: it asks again, but leaves the process its turns.
import { writeFileSync } from 'node:fs';
import { Worker } from 'bullmq';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { EmbeddedBackend } from '../../../src/embedded/backend/embedded-backend.ts';
import { SharedStore } from '../../../src/embedded/backend/shared-store.ts';
import { memoryJournal } from '../../../src/embedded/engine/journal.ts';
import { makeStore } from '../../../src/embedded/engine/make-store.ts';
import { embeddedBackend } from '../../../src/embedded/index.ts';
import * as commands from '../../../src/embedded/commands/index.ts';
import { segmentPath } from '../../../src/embedded/log/folder.ts';
import { temporaryFolder } from '../log/support/folder.ts';

const NOTHING = [null, 0, 0, 0];

/** A backend on a store that opens only when `fault.error` is undefined. */
function closedBackend() {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const fault: { error: Error | undefined; attempts: number } = {
    error: new Error('locked'),
    attempts: 0,
  };
  const limits = { maxJobs: 10, maxBytes: 10_000 };
  const shared = new SharedStore((wake) => {
    const inner = memoryJournal(makeStore(wake), { ...commands });
    let isOpen = false;
    return {
      store: inner.store,
      run: inner.run,
      close: inner.close,
      stats: inner.stats,
      get state() {
        return isOpen ? ('open' as const) : ('closed' as const);
      },
      open() {
        fault.attempts++;
        if (fault.error !== undefined) return Promise.reject(fault.error);
        isOpen = true;
        return Promise.resolve();
      },
    };
  }, limits);
  return { backend: new EmbeddedBackend(shared, 'q', { connection: {} }), fault };
}

describe('asked for a job again and again', () => {
  test('it tries to open the store at once, and then a second after the last attempt', async () => {
    const { backend, fault } = closedBackend();
    await expect(backend.moveToActive('t')).rejects.toThrow('locked');
    const answers: unknown[] = [];
    for (let n = 0; n < 2; n++) {
      void backend.moveToActive('t').catch((error: Error) => answers.push(error.message));
    }
    await vi.advanceTimersByTimeAsync(999);
    expect([fault.attempts, answers]).toEqual([1, []]);
    await vi.advanceTimersByTimeAsync(1);
    expect([fault.attempts, answers]).toEqual([2, ['locked', 'locked']]);
    const third = backend.moveToActive('t');
    fault.error = undefined;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await third).toEqual(NOTHING);
    expect(await backend.moveToActive('t')).toEqual(NOTHING);
    expect(fault.attempts).toBe(3);
  });

  test.each(['close', 'disconnectBlocking'] as const)(
    'it waits no longer once %s is called, and tries no more',
    async (how) => {
      const { backend, fault } = closedBackend();
      await expect(backend.moveToActive('t')).rejects.toThrow('locked');
      const asked = backend.moveToActive('t');
      await vi.advanceTimersByTimeAsync(10);
      await backend[how]();
      expect(await asked).toEqual(NOTHING);
      expect(await backend.moveToActive('t')).toEqual(NOTHING);
      expect([fault.attempts, vi.getTimerCount()]).toEqual([1, 0]);
    },
  );

  test('other calls say at once that it does not open', async () => {
    const { backend, fault } = closedBackend();
    await expect(backend.moveToActive('t')).rejects.toThrow('locked');
    await expect(backend.getCounts(['wait'])).rejects.toThrow('locked');
    await expect(backend.pause(true)).rejects.toThrow('locked');
    expect(fault.attempts).toBe(3);
  });
});

test('a BullMQ worker on a folder that cannot be read does not keep the event loop to itself', async () => {
  const dir = temporaryFolder();
  writeFileSync(segmentPath(dir, 1), 'this is no log, and has enough bytes to be taken for one');
  writeFileSync(segmentPath(dir, 2), 'nor is this');
  const worker = new Worker('q', async () => 1, { connection: {} }, embeddedBackend({ dir }));
  const codes: unknown[] = [];
  const ended = new Promise<void>((resolve) => {
    worker.on('error', (error) => {
      codes.push((error as { code?: string }).code);
      // Without turns of the loop, no timer would end this test.
      if (codes.length === 50) resolve(worker.close());
    });
    setTimeout(() => resolve(worker.close()), 40);
  });
  await ended;
  expect(codes[0]).toBe('CATZ_TASKS_LOG_CORRUPT');
  expect(codes.length).toBeLessThan(5);
});
