// When callers are answered, and what is written by then: the levels of durability, and closing.
import { cpSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as commands from '../../../src/embedded/commands/index.ts';
import { makeStore } from '../../../src/embedded/engine/make-store.ts';
import { listFolder, segmentPath } from '../../../src/embedded/log/folder.ts';
import { load } from '../../../src/embedded/log/load.ts';
import { dump } from './support/dump.ts';
import { faultyFiles } from './support/faulty-files.ts';
import { temporaryFolder } from './support/folder.ts';
import { add, complete, makeJournal, openJournal, QUEUE, take } from './support/journal.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Ids of the jobs that a process killed now would leave. */
function survivors(folder: string): string[] {
  const store = makeStore();
  load(folder, store, commands, { boot: '', skip: false }).replay.finish(1);
  return [...(store.queues.get('bull:q')?.jobs.keys() ?? [])];
}

describe('an enqueue', () => {
  test('in mode every-write is answered after a flush, and does not exist before', async () => {
    const folder = temporaryFolder();
    const { files, faults } = faultyFiles();
    const journal = await openJournal(folder, { durability: 'every-write', files });
    let release = (): void => undefined;
    faults.beforeFlush = new Promise((resolve) => (release = resolve));
    const flushes = faults.flushes;
    let isAnswered = false;
    const answer = add(journal).then((id) => {
      isAnswered = true;
      return id;
    });
    while (faults.flushes === flushes) await turn();
    await turn();
    expect(isAnswered).toBe(false);
    expect(journal.store.jobCount).toBe(0);
    faults.beforeFlush = undefined;
    release();
    await expect(answer).resolves.toBe('1');
    expect(journal.store.jobCount).toBe(1);
    expect(survivors(folder)).toEqual(['1']);
  });

  test('in mode interval is answered once it is written, and flushed later', async () => {
    const folder = temporaryFolder();
    const { files, faults } = faultyFiles();
    const journal = await openJournal(folder, { durability: 'interval', files });
    const flushes = faults.flushes;
    await add(journal);
    expect(faults.flushes).toBe(flushes);
    expect(survivors(folder)).toEqual(['1']);
    while (faults.flushes === flushes) await turn();
  });

  test('in mode none is answered at once, and written within a turn', async () => {
    const folder = temporaryFolder();
    const { files, faults } = faultyFiles();
    const journal = await openJournal(folder, { durability: 'none', files });
    const { writes } = faults;
    const job = { name: 'n', data: '1', options: '{}', timestamp: 1 };
    expect(journal.run('addJob', QUEUE, [job])).toBe('1');
    expect(survivors(folder)).toEqual([]);
    while (survivors(folder).length === 0) await turn();
    expect(faults.writes).toBe(writes + 1);
  });

  test('shares one flush with the others of its turn', async () => {
    const { files, faults } = faultyFiles();
    const journal = await openJournal(temporaryFolder(), { durability: 'every-write', files });
    const { flushes } = faults;
    await Promise.all(Array.from({ length: 500 }, (_, n) => add(journal, n)));
    expect(faults.flushes).toBe(flushes + 1);
  });

  test('is answered in the order of the log, over many batches', async () => {
    const journal = await openJournal(temporaryFolder());
    const ids = await Promise.all(Array.from({ length: 5_000 }, (_, n) => add(journal, n)));
    expect(ids).toEqual(ids.map((_, n) => String(n + 1)));
  });

  test('that a command refuses is rejected with its error', async () => {
    const journal = await openJournal(temporaryFolder());
    await expect(journal.run('promote', QUEUE, ['gone'])).rejects.toThrow(/gone/);
    expect(() => complete(journal, 'gone')).toThrow(/gone/);
  });

  test('of a command that does not exist throws', async () => {
    const journal = await openJournal(temporaryFolder());
    expect(() => journal.run('noSuchCommand', QUEUE, [])).toThrow(/noSuchCommand/);
  });
});

describe('the end of an attempt', () => {
  test('is answered at once, and written behind', async () => {
    const folder = temporaryFolder();
    const journal = await openJournal(folder, { durability: 'every-write' });
    await add(journal);
    const id = take(journal) as string;
    expect(complete(journal, id)).toMatchObject({ next: undefined });
    await journal.close();
    const reopened = await openJournal(folder);
    expect(reopened.store.queues.get('bull:q')?.completed.size).toBe(1);
  });

  test('waits for a flush with awaitCompletion', async () => {
    const { files, faults } = faultyFiles();
    const setup = { durability: 'every-write', awaitCompletion: true, files } as const;
    const journal = await openJournal(temporaryFolder(), setup);
    await add(journal);
    const id = take(journal) as string;
    const { flushes } = faults;
    const answer = complete(journal, id);
    expect(answer).toBeInstanceOf(Promise);
    await expect(answer).resolves.toMatchObject({ next: undefined });
    expect(faults.flushes).toBe(flushes + 1);
  });

  test('in mode every-write is flushed within the interval, though nobody waits', async () => {
    const { files, faults } = faultyFiles();
    const journal = await openJournal(temporaryFolder(), {
      durability: 'every-write',
      flushInterval: 5,
      files,
    });
    await add(journal);
    const { flushes } = faults;
    take(journal);
    while (faults.flushes === flushes) await turn();
  });
});

describe('a claim that found nothing', () => {
  test('is not written', async () => {
    const folder = temporaryFolder();
    const journal = await openJournal(folder);
    const before = journal.stats().logBytes;
    for (let n = 0; n < 10; n++) expect(take(journal)).toBeUndefined();
    await turn();
    await turn();
    expect(journal.stats().logBytes).toBe(before);
  });
});

describe('closing', () => {
  test('writes what is in line, and says that the log is whole', async () => {
    const folder = temporaryFolder();
    const journal = await openJournal(folder, { durability: 'none' });
    void journal.run('addJob', QUEUE, [{ name: 'n', data: '1', options: '{}', timestamp: 1 }]);
    await journal.close();
    expect(journal.state).toBe('closed');
    expect(survivors(folder)).toEqual(['1']);
    const reopened = await openJournal(folder);
    expect(reopened.stats()['recovered']).toMatchObject({ wasClosed: true, tornBytes: 0, jobs: 1 });
  });

  test('answers what waits, and refuses what comes after with CATZ_TASKS_CLOSING', async () => {
    const journal = await openJournal(temporaryFolder(), { durability: 'every-write' });
    const answer = add(journal);
    const closed = journal.close();
    await expect(add(journal)).rejects.toMatchObject({ code: 'CATZ_TASKS_CLOSING' });
    await expect(answer).resolves.toBe('1');
    await closed;
    expect(() => journal.store).toThrow(expect.objectContaining({ code: 'CATZ_TASKS_CLOSING' }));
    await journal.close();
  });

  test('and opening again gives the same jobs in the same journal', async () => {
    const journal = makeJournal(temporaryFolder());
    for (let round = 1; round <= 3; round++) {
      await journal.open();
      await add(journal, round);
      await journal.close();
    }
    await journal.open();
    expect(journal.store.jobCount).toBe(3);
  });
});

describe('a restart', () => {
  test('puts active jobs back to the front, and fails those that it finds active too often', async () => {
    const folder = temporaryFolder();
    for (let restart = 0; restart < 3; restart++) {
      const journal = await openJournal(folder, { maxStalled: 2 });
      if (restart === 0) await add(journal, 'poison');
      expect(take(journal)).toBe('1');
      const job = journal.store.queues.get('bull:q')?.jobs.get('1');
      expect(job?.stalledCounter).toBe(restart);
      expect(job?.rare?.deferredFailure).toBeUndefined();
      await journal.close();
    }
    const journal = await openJournal(folder, { maxStalled: 2 });
    const job = journal.store.queues.get('bull:q')?.jobs.get('1');
    expect(job?.rare?.deferredFailure).toContain('stalled');
  });

  test('after a kill between a flush and its commit runs what was prepared, once and for all', async () => {
    const folder = temporaryFolder();
    const copy = join(temporaryFolder(), 'copy');
    const { files, faults } = faultyFiles();
    const journal = await openJournal(folder, { durability: 'every-write', files });
    let release = (): void => undefined;
    faults.beforeFlush = new Promise((resolve) => (release = resolve));
    const { flushes } = faults;
    const answer = add(journal, 'prepared');
    while (faults.flushes === flushes) await turn();
    cpSync(folder, copy, { recursive: true, filter: (path) => !path.includes('lock') });
    faults.beforeFlush = undefined;
    release();
    await answer;

    const again = await openJournal(copy);
    complete(again, take(again) as string);
    await add(again, 'after');
    const before = dump(again.store);
    await again.close();
    const store = makeStore();
    load(copy, store, commands, { boot: '', skip: false }).replay.finish(1);
    expect(dump(store)).toEqual(before);
    expect(store.queues.get('bull:q')?.completed.size).toBe(1);
  });

  test('wakes workers for what waits and for what is due', async () => {
    const folder = temporaryFolder();
    const journal = await openJournal(folder);
    await add(journal);
    const delayed = { name: 'n', data: '1', options: '{"delay":50}', timestamp: Date.now() };
    await journal.run('addJob', { name: 'later', prefix: 'bull' }, [delayed]);
    await journal.close();
    const woken: [string, boolean][] = [];
    await openJournal(folder, { wake: (queue, at) => woken.push([queue.name, at > 0]) });
    expect(woken).toEqual([
      ['q', false],
      ['later', true],
    ]);
  });
});

describe('the folder', () => {
  test('and its files are for their owner alone', async () => {
    const folder = join(temporaryFolder(), 'deep', 'store');
    const journal = await openJournal(folder);
    await add(journal, 'secret');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const segment of listFolder(folder).segments) {
      expect(statSync(segmentPath(folder, segment)).mode & 0o777).toBe(0o600);
    }
  });

  test('has a second segment once the first is large', async () => {
    const folder = temporaryFolder();
    const journal = await openJournal(folder, { segmentBytes: 1_000 });
    for (let n = 0; n < 20; n++) await add(journal, 'x'.repeat(100));
    const { segments } = listFolder(folder);
    expect(segments.length).toBeGreaterThan(2);
    const sizes = segments.map((segment) => readFileSync(segmentPath(folder, segment)).length);
    expect(journal.stats().logBytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
  });
});
