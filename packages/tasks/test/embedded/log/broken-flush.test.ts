// Flushes overlap with writes and with each other: whatever is on its way as one of them fails is refused, once, and nothing says
// afterwards that the log was closed in order.
import { describe, expect, test, vi } from 'vitest';
import { systemFiles } from '../../../src/embedded/log/files.ts';
import { temporaryFolder } from './support/folder.ts';
import { faultyFiles } from './support/faulty-files.ts';
import { add, complete, makeJournal, openJournal, take } from './support/journal.ts';
import type { LogFile, LogFiles } from '../../../src/embedded/log/files.ts';
import type { Setup } from './support/journal.ts';

const REFUSED = { status: 'rejected', reason: { code: 'CATZ_TASKS_STORAGE_FAILED' } };

/** A call that waits for the word of the test. */
interface Held {
  goOn(): void;
  fail(): void;
}

/** The system's files, whose flushes and writes wait while they are held. */
class HeldFiles {
  readonly flushes: Held[] = [];
  readonly writes: Held[] = [];
  holdsFlushes = false;
  holdsWrites = false;

  readonly files: LogFiles = {
    ...systemFiles,
    open: async (path) => this.#wrap(await systemFiles.open(path)),
  };

  #wrap(file: LogFile): LogFile {
    return {
      write: async (bytes, offset) => {
        if (this.holdsWrites) await hold(this.writes);
        return file.write(bytes, offset);
      },
      flush: async () => {
        if (this.holdsFlushes) await hold(this.flushes);
        await file.flush();
      },
      truncate: (size) => file.truncate(size),
      close: () => file.close(),
    };
  }
}

function hold(list: Held[]): Promise<void> {
  return new Promise((resolve, reject) => {
    list.push({
      goOn: resolve,
      fail: () => reject(Object.assign(new Error('EIO: ordered'), { code: 'EIO' })),
    });
  });
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Some turns, in which all that can go on does. */
async function turns(): Promise<void> {
  for (let n = 0; n < 20; n++) await new Promise((resolve) => setImmediate(resolve));
}

/** A journal with an active job whose flush, by the timer, is held as the first one. */
async function withTimedFlush(setup: Setup = {}) {
  const folder = temporaryFolder();
  const held = new HeldFiles();
  const more = { durability: 'every-write', flushInterval: 1, ...setup } as const;
  const journal = await openJournal(folder, { files: held.files, ...more });
  await add(journal, 'kept', 'kept');
  held.holdsFlushes = true;
  take(journal);
  await until(() => held.flushes.length === 1);
  const [timed] = held.flushes as [Held];
  return { folder, held, journal, timed };
}

async function wasClosed(folder: string): Promise<unknown> {
  const journal = await openJournal(folder);
  return journal.stats()['recovered'];
}

function captureWarnings(): { readonly told: string[]; restore(): void } {
  const told: string[] = [];
  const spy = vi.spyOn(process, 'emitWarning').mockImplementation((warning) => {
    told.push(String(warning));
  });
  return { told, restore: () => spy.mockRestore() };
}

describe('as the flush of the timer fails', () => {
  test.each(['fails', 'succeeds'] as const)(
    'an enqueue whose own flush is on its way is refused, though that %s later',
    async (how) => {
      const { held, journal, timed } = await withTimedFlush();
      const enqueued = Promise.allSettled([add(journal, 'lost')]);
      await until(() => held.flushes.length === 2);
      timed.fail();
      await turns();
      expect(journal.state).toBe('failed');
      held.holdsFlushes = false;
      if (how === 'fails') held.flushes[1]?.fail();
      else held.flushes[1]?.goOn();
      expect((await enqueued)[0]).toMatchObject(REFUSED);
      expect([...(journal.store.queues.get('bull:q')?.jobs.keys() ?? [])]).toEqual(['kept']);
    },
  );

  test('an enqueue whose own flush succeeded before is refused: that one may have been told of nothing', async () => {
    const { held, journal, timed } = await withTimedFlush();
    const enqueued = Promise.allSettled([add(journal, 'lost')]);
    await until(() => held.flushes.length === 2);
    held.holdsFlushes = false;
    held.flushes[1]?.goOn();
    await turns();
    timed.fail();
    expect((await enqueued)[0]).toMatchObject(REFUSED);
    expect(journal.store.jobCount).toBe(1);
  });

  test.each(['every-write', 'interval'] as const)(
    'an enqueue that is being written is refused in mode %s',
    async (durability) => {
      const { held, journal, timed } = await withTimedFlush({ durability });
      held.holdsWrites = true;
      const enqueued = Promise.allSettled([add(journal, 'lost')]);
      await until(() => held.writes.length === 1);
      timed.fail();
      await turns();
      held.holdsFlushes = held.holdsWrites = false;
      held.writes[0]?.goOn();
      expect((await enqueued)[0]).toMatchObject(REFUSED);
      expect(journal.store.jobCount).toBe(1);
    },
  );

  test('a close does not say that the log was closed in order', async () => {
    const { folder, held, journal, timed } = await withTimedFlush();
    const warnings = captureWarnings();
    const closing = journal.close();
    held.holdsFlushes = false;
    await turns();
    timed.fail();
    await closing;
    warnings.restore();
    expect(warnings.told).toEqual([expect.stringMatching(/not be closed in order: .*EIO/)]);
    expect(await wasClosed(folder)).toMatchObject({ wasClosed: false, jobs: 1 });
  });
});

describe('a close', () => {
  test('waits for the flush of the timer, and writes nothing behind its last word', async () => {
    const { folder, held, journal, timed } = await withTimedFlush();
    const closing = journal.close();
    held.holdsFlushes = false;
    await turns();
    timed.goOn();
    await closing;
    expect(await wasClosed(folder)).toMatchObject({ wasClosed: true, jobs: 1 });
  });

  test('as the flush of an enqueue fails refuses it, and does not say that all is in order', async () => {
    const folder = temporaryFolder();
    const held = new HeldFiles();
    const journal = await openJournal(folder, { files: held.files, durability: 'every-write' });
    await add(journal, 'kept');
    held.holdsFlushes = true;
    const enqueued = Promise.allSettled([add(journal, 'lost')]);
    await until(() => held.flushes.length === 1);
    const warnings = captureWarnings();
    const closing = journal.close();
    held.holdsFlushes = false;
    held.flushes[0]?.fail();
    await closing;
    warnings.restore();
    expect((await enqueued)[0]).toMatchObject(REFUSED);
    expect(warnings.told).toHaveLength(1);
    expect(await wasClosed(folder)).toMatchObject({ wasClosed: false });
  });

  test('without room refuses those who wait for the end of an attempt to be stored', async () => {
    const { files, faults } = faultyFiles();
    const journal = await openJournal(temporaryFolder(), { files, awaitCompletion: true });
    await add(journal);
    const id = take(journal) as string;
    await until(() => journal.stats().logBytes > 0);
    faults.room = 0;
    const ended = Promise.allSettled([complete(journal, id)]);
    await until(() => journal.state === 'full');
    const warnings = captureWarnings();
    await journal.close();
    warnings.restore();
    expect((await ended)[0]).toMatchObject({
      status: 'rejected',
      reason: { code: 'CATZ_TASKS_STORAGE_FULL', message: expect.stringContaining('ENOSPC') },
    });
  });

  test('that finds no room says why to those who wait', async () => {
    const { files, faults } = faultyFiles();
    const journal = await openJournal(temporaryFolder(), { files, awaitCompletion: true });
    await add(journal);
    const id = take(journal) as string;
    await turns();
    faults.room = 0;
    const ended = Promise.allSettled([complete(journal, id)]);
    const warnings = captureWarnings();
    await journal.close();
    warnings.restore();
    expect((await ended)[0]).toMatchObject({
      status: 'rejected',
      reason: { code: 'CATZ_TASKS_STORAGE_FULL', message: expect.stringContaining('ENOSPC') },
    });
  });
});

test('a journal that broke is whole again once it is opened again', async () => {
  const { files, faults } = faultyFiles();
  const journal = makeJournal(temporaryFolder(), { files, durability: 'every-write' });
  await journal.open();
  faults.flushError = 'EIO';
  await expect(add(journal)).rejects.toThrow(/EIO/);
  await journal.close();
  faults.flushError = undefined;
  await journal.open();
  await expect(add(journal)).resolves.toBeTypeOf('string');
});
