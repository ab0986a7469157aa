// A log that grew large becomes a snapshot, by a thread that replays it from the files.
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import * as commands from '../../../src/embedded/commands/index.ts';
import { makeStore } from '../../../src/embedded/engine/make-store.ts';
import { compact } from '../../../src/embedded/log/compact.ts';
import { Compaction } from '../../../src/embedded/log/compaction.ts';
import { systemFiles } from '../../../src/embedded/log/files.ts';
import { listFolder, segmentPath, snapshotPath } from '../../../src/embedded/log/folder.ts';
import { load } from '../../../src/embedded/log/load.ts';
import { readRecords, writeRecords } from '../../../src/embedded/log/record-file.ts';
import { dump } from './support/dump.ts';
import { temporaryFolder } from './support/folder.ts';
import { add, complete, openJournal, QUEUE, take } from './support/journal.ts';
import type { Command } from '../../../src/embedded/engine/command.ts';
import type { DurableJournal } from '../../../src/embedded/log/durable-journal.ts';

const SMALL = { segmentBytes: 20_000, compactBytes: 20_000 };

/** Jobs that come and go, so that the log grows and the store does not. */
async function churn(journal: DurableJournal, jobs: number): Promise<void> {
  for (let n = 0; n < jobs; n++) {
    await add(journal, 'x'.repeat(100));
    const id = take(journal) as string;
    const how = { token: 't', fetchNext: false, worker: {}, keepCount: 2 };
    journal.run('moveToCompleted', QUEUE, [id, '1', how]);
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function stateOf(folder: string): unknown {
  const store = makeStore();
  load(folder, store, commands, { boot: '', skip: false }).replay.finish(1);
  return dump(store);
}

describe('compaction', () => {
  test('replaces segments by a snapshot, and the state stays', async () => {
    const folder = temporaryFolder();
    const journal = await openJournal(folder, SMALL);
    await add(journal, 'stays', 'stays');
    take(journal);
    await churn(journal, 100);
    await until(() => listFolder(folder).snapshot !== undefined);
    await until(() => !existsSync(segmentPath(folder, 1)));
    expect(journal.stats().logBytes).toBeLessThan(100_000);
    await churn(journal, 20);
    const before = dump(journal.store);
    await journal.close();
    expect(stateOf(folder)).toEqual(before);
    const reopened = await openJournal(folder);
    expect(reopened.store.queues.get('bull:q')?.jobs.get('stays')?.data).toBe('"stays"');
  });

  test('waits until the log is twice as large as what is in the store', async () => {
    const folder = temporaryFolder();
    const journal = await openJournal(folder, { segmentBytes: 5_000, compactBytes: 1_000 });
    for (let n = 0; n < 40; n++) await add(journal, 'x'.repeat(1_000));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(listFolder(folder).segments.length).toBeGreaterThan(4);
    expect(listFolder(folder).snapshot).toBeUndefined();
  });

  test('keeps prepared commands whose commit comes later', async () => {
    const folder = temporaryFolder();
    // Every batch ends its segment, so that each commit is in the segment after.
    const journal = await openJournal(folder, { segmentBytes: 1, compactBytes: 1e9 });
    await Promise.all([add(journal, 1), add(journal, 2)]);
    const { segments } = listFolder(folder);
    for (const segment of segments.slice(1)) {
      const copy = temporaryFolder();
      for (const name of readdirSync(folder)) copyFileSync(join(folder, name), join(copy, name));
      compact(copy, segment, commands);
      expect(stateOf(copy)).toEqual(stateOf(folder));
    }
  });

  test('that fails keeps every file, is told once, and is tried again', async () => {
    const folder = temporaryFolder();
    const journal = await openJournal(folder, { segmentBytes: 5_000, compactBytes: 20_000 });
    await churn(journal, 20);
    await until(() => listFolder(folder).segments.length > 1);
    const path = segmentPath(folder, 1);
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, 100));
    const told: unknown[] = [];
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation((...args) => {
      told.push(args);
    });
    while (told.length === 0) await churn(journal, 10);
    expect(told[0]).toEqual([
      expect.stringContaining('could not be compacted'),
      { code: 'CATZ_WARN_TASKS_COMPACTION' },
    ]);
    expect(existsSync(path)).toBe(true);
    writeFileSync(path, bytes);
    while (listFolder(folder).snapshot === undefined) await churn(journal, 10);
    expect(told).toHaveLength(1);
    warned.mockRestore();
    const before = dump(journal.store);
    await journal.close();
    expect(stateOf(folder)).toEqual(before);
  });

  test('that makes a snapshot which does not load keeps every file, and leaves none', async () => {
    const folder = temporaryFolder();
    const journal = await openJournal(folder, { segmentBytes: 1 });
    await add(journal, 1, 'a');
    await journal.run('updateData', QUEUE, ['a', '2']);
    await journal.close();
    const before = readdirSync(folder).filter((name) => name.startsWith('log.'));
    const updateData: Command<[string, string], void> = {
      acknowledgement: 'durable',
      run({ queue }, jobId) {
        const job = queue.jobs.get(jobId) as { data: unknown };
        job.data = undefined;
      },
    };
    const last = listFolder(folder).segments.at(-1) as number;
    const broken = { ...commands, updateData };
    expect(() => compact(folder, last, broken)).toThrow(
      expect.objectContaining({ code: 'CATZ_TASKS_LOG_CORRUPT' }),
    );
    const left = readdirSync(folder).filter((name) => !name.startsWith('lock'));
    expect(left.sort()).toEqual(before.sort());
    compact(folder, last, commands);
    expect(listFolder(folder).snapshot).toBe(last);
  });

  test('that fails is told once, and waits until the log has grown by as much again', async () => {
    const told = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const gone = join(temporaryFolder(), 'gone');
    const compaction = new Compaction(gone, systemFiles, 100);
    for (let failure = 0; failure < 2; failure++) {
      compaction.start(2);
      expect(compaction.isDue(1_000_000, 0)).toBe(false);
      await until(() => compaction.isDue(1_000_000, 0));
    }
    expect(told).toHaveBeenCalledTimes(1);
    told.mockRestore();
    expect(compaction.isDue(90, 100)).toBe(false);
    expect(compaction.isDue(110, 100)).toBe(true);
    await compaction.stop();
    compaction.start(2);
    expect(compaction.isDue(110, 100)).toBe(true);
  });

  test('is ended by a close, and what it left is removed by the next open', async () => {
    const folder = temporaryFolder();
    const journal = await openJournal(folder, SMALL);
    await churn(journal, 120);
    await journal.close();
    if (listFolder(folder).snapshot === undefined) {
      compact(folder, listFolder(folder).segments.at(-1) as number, commands);
    }
    writeFileSync(`${snapshotPath(folder, 99)}.tmp`, 'half');
    writeFileSync(segmentPath(folder, 0), 'from before the snapshot');
    const reopened = await openJournal(folder);
    expect(listFolder(folder).leftovers).toEqual([]);
    const id = await add(reopened);
    expect(take(reopened)).toBe(id);
    complete(reopened, id);
  });
});

describe('a file of records', () => {
  test('is read piece by piece, records of any size', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'file');
    const bodies = [1, 10, 9_000_000, 3, 5_000_000, 0].map((size) => 'é'.repeat(size));
    const flushed: string[] = [];
    const records = bodies.map((body) => [0x53, body] as const);
    const size = writeRecords(path, records, (name) => flushed.push(name), folder);
    expect(readFileSync(path).length).toBe(size);
    expect(flushed).toEqual([folder]);
    expect(existsSync(`${path}.tmp`)).toBe(false);
    const gaps: number[] = [];
    const read = [...readRecords(path, false, (at) => gaps.push(at))].map(
      ({ body }) => body.length,
    );
    expect(read).toEqual(bodies.map((body) => body.length));
    expect(gaps).toEqual([]);
  });
});
