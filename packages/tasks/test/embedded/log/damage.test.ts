// Files that are not what was written: a torn tail is cut and told, damage anywhere else is refused, or repaired on demand.
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { bootId } from '@catzilla/cache-core/os';
import { describe, expect, test, vi } from 'vitest';
import * as commands from '../../../src/embedded/commands/index.ts';
import { makeStore } from '../../../src/embedded/engine/make-store.ts';
import { compact } from '../../../src/embedded/log/compact.ts';
import { listFolder, segmentPath, snapshotPath } from '../../../src/embedded/log/folder.ts';
import { load } from '../../../src/embedded/log/load.ts';
import { readRecord, RECORD } from '../../../src/embedded/log/record.ts';
import { temporaryFolder } from './support/folder.ts';
import { add, makeJournal, openJournal } from './support/journal.ts';
import type { Setup } from './support/journal.ts';

const CORRUPT = { code: 'CATZ_TASKS_LOG_CORRUPT' };

/** A folder with some jobs, as a process leaves it that is killed while it is idle. */
async function killed(jobs: number, setup: Setup = {}): Promise<string> {
  const folder = temporaryFolder();
  const journal = await openJournal(folder, { durability: 'every-write', ...setup });
  for (let n = 0; n < jobs; n++) await add(journal, `job ${String(n)}`);
  // The commit of the last one is written behind its answer.
  const isDone = (): boolean =>
    setup.durability === 'none'
      ? typesIn(folder).filter((type) => type === RECORD.direct).length === jobs
      : typesIn(folder).at(-1) === RECORD.commit;
  while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 1));
  const copy = join(temporaryFolder(), 'store');
  mkdirSync(copy);
  for (const name of readdirSync(folder)) {
    if (!name.startsWith('lock')) copyFileSync(join(folder, name), join(copy, name));
  }
  await journal.close();
  return copy;
}

/** Of all records of a log but headers. */
function typesIn(folder: string): number[] {
  return listFolder(folder).segments.flatMap((segment) => {
    const bytes = readFileSync(segmentPath(folder, segment));
    const types = offsets(segmentPath(folder, segment)).map((at) => bytes[at + 8] as number);
    return types.filter((type) => type !== RECORD.header);
  });
}

function offsets(path: string): number[] {
  const bytes = readFileSync(path);
  const found: number[] = [];
  for (let at = 0; ;) {
    const record = readRecord(bytes, at);
    if (record === undefined) return found;
    found.push(at);
    at = record.end;
  }
}

function jobsOf(folder: string, boot = ''): number {
  const store = makeStore();
  load(folder, store, commands, { boot, skip: false }).replay.finish(1);
  return store.jobCount;
}

describe('a torn tail', () => {
  test('is cut at the last good record, and told', async () => {
    const folder = await killed(5);
    const path = segmentPath(folder, 1);
    truncateSync(path, readFileSync(path).length - 3);
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const journal = await openJournal(folder);
    expect(warned).toHaveBeenCalledWith(expect.stringContaining(folder), {
      code: 'CATZ_WARN_TASKS_LOG_TAIL',
    });
    warned.mockRestore();
    expect(journal.store.jobCount).toBe(5);
    const { tornBytes } = journal.stats()['recovered'] as { tornBytes: number };
    expect(tornBytes).toBeGreaterThan(0);
    await add(journal, 'after');
    await journal.close();
    const reopened = await openJournal(folder);
    expect(reopened.store.jobCount).toBe(6);
    expect(reopened.stats()['recovered']).toMatchObject({ tornBytes: 0, wasClosed: true });
  });

  test('of nothing but a begun segment is begun again', async () => {
    const folder = await killed(3, { segmentBytes: 200 });
    const last = listFolder(folder).segments.at(-1) as number;
    writeFileSync(segmentPath(folder, last + 1), 'half a he');
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const journal = await openJournal(folder);
    warned.mockRestore();
    await add(journal, 'after');
    await journal.close();
    expect(jobsOf(folder)).toBe(4);
  });

  test('of zeros, as some file systems leave after a power failure, is cut', async () => {
    const folder = await killed(3);
    const path = segmentPath(folder, 1);
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(5_000)]));
    expect(jobsOf(folder)).toBe(3);
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const journal = await openJournal(folder);
    warned.mockRestore();
    expect(readFileSync(path).length).toBe(journal.stats().logBytes);
  });
});

describe('damage before something acknowledged', () => {
  test('is refused with CATZ_TASKS_LOG_CORRUPT, whichever bit it is', async () => {
    const folder = await killed(4);
    const path = segmentPath(folder, 1);
    const bytes = readFileSync(path);
    const starts = offsets(path);
    // Up to the last commit: damage to that one loses nothing.
    const end = starts.at(-1) as number;
    for (let at = 0; at < end; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] as number) ^ (1 << (at & 7));
      writeFileSync(path, damaged);
      expect(() => jobsOf(folder), `byte ${String(at)}`).toThrow(expect.objectContaining(CORRUPT));
    }
    for (let at = end; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] as number) ^ (1 << (at & 7));
      writeFileSync(path, damaged);
      expect(jobsOf(folder), `byte ${String(at)}`).toBe(4);
    }
  });

  test('is refused as long as the machine runs, and cut after a power failure, when nothing proves a flush', async () => {
    const folder = await killed(5, { durability: 'none' });
    const path = segmentPath(folder, 1);
    const bytes = readFileSync(path);
    const at = (offsets(path)[3] as number) + 20;
    bytes[at] = (bytes[at] as number) ^ 1;
    writeFileSync(path, bytes);
    expect(() => jobsOf(folder, bootId())).toThrow(expect.objectContaining(CORRUPT));
    expect(jobsOf(folder, 'another start')).toBe(2);
  });

  test('is refused when a record is missing between whole ones', async () => {
    const folder = await killed(4);
    const path = segmentPath(folder, 1);
    const bytes = readFileSync(path);
    const [from, to] = offsets(path).slice(2, 4) as [number, number];
    writeFileSync(path, Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]));
    expect(() => jobsOf(folder)).toThrow(expect.objectContaining(CORRUPT));
  });

  test('is refused in a segment before the last', async () => {
    const folder = await killed(6, { segmentBytes: 200 });
    const path = segmentPath(folder, 2);
    truncateSync(path, readFileSync(path).length - 1);
    expect(() => jobsOf(folder)).toThrow(/segment 2 cannot be read/);
  });

  test('is refused when a segment is missing', async () => {
    const folder = await killed(6, { segmentBytes: 200 });
    rmSync(segmentPath(folder, 2));
    expect(() => jobsOf(folder)).toThrow(/segment 2 is missing/);
  });

  test('is refused when a segment is another one under its name', async () => {
    const folder = await killed(6, { segmentBytes: 200 });
    copyFileSync(segmentPath(folder, 1), segmentPath(folder, 2));
    expect(() => jobsOf(folder)).toThrow(expect.objectContaining(CORRUPT));
  });
});

describe('a snapshot', () => {
  async function compacted(): Promise<[folder: string, path: string]> {
    const folder = await killed(9, { segmentBytes: 300 });
    const last = listFolder(folder).segments.at(-1) as number;
    compact(folder, last, commands);
    return [folder, snapshotPath(folder, last)];
  }

  test('that is damaged anywhere is refused', async () => {
    const [folder, path] = await compacted();
    const bytes = readFileSync(path);
    for (let at = 0; at < bytes.length; at += 7) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] as number) ^ 0x10;
      writeFileSync(path, damaged);
      expect(() => jobsOf(folder), `byte ${String(at)}`).toThrow(expect.objectContaining(CORRUPT));
    }
  });

  test('that is cut between two records is refused', async () => {
    const [folder, path] = await compacted();
    truncateSync(path, offsets(path).at(-1) as number);
    expect(() => jobsOf(folder)).toThrow(/is not whole/);
  });

  test('without the segment behind it is refused', async () => {
    const [folder] = await compacted();
    rmSync(segmentPath(folder, listFolder(folder).segments.at(-1) as number));
    expect(() => jobsOf(folder)).toThrow(/is missing/);
  });

  test('of a later format is refused, not guessed at', async () => {
    const [folder, path] = await compacted();
    const { writeRecords } = await import('../../../src/embedded/log/record-file.ts');
    const header = { version: 99, kind: 'snapshot', segment: 1, sequence: 1 };
    writeRecords(path, [[0x48, JSON.stringify(header)]], () => undefined, folder);
    expect(() => jobsOf(folder)).toThrow(/format 99/);
  });
});

test('segments that a damaged snapshot should replace are still there after the refusal', async () => {
  const folder = await killed(9, { segmentBytes: 300 });
  const last = listFolder(folder).segments.at(-1) as number;
  compact(folder, last, commands);
  const path = snapshotPath(folder, last);
  truncateSync(path, readFileSync(path).length - 30);
  await expect(makeJournal(folder).open()).rejects.toMatchObject(CORRUPT);
  rmSync(path);
  expect(jobsOf(folder)).toBe(9);
});

describe('repair', () => {
  test('keeps a copy of the folder and what is readable', async () => {
    const folder = await killed(6, { segmentBytes: 400 });
    const path = segmentPath(folder, 1);
    const bytes = readFileSync(path);
    const at = (offsets(path)[1] as number) + 20;
    bytes[at] = (bytes[at] as number) ^ 0xff;
    writeFileSync(path, bytes);
    const refused = makeJournal(folder);
    await expect(refused.open()).rejects.toMatchObject(CORRUPT);

    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const journal = await openJournal(folder, { repair: true });
    expect(warned).toHaveBeenCalledWith(expect.stringContaining('.damaged-'), {
      code: 'CATZ_WARN_TASKS_LOG_REPAIRED',
    });
    warned.mockRestore();
    expect(journal.store.jobCount).toBe(5);
    const { copy, gaps } = journal.stats()['recovered'] as { copy: string; gaps: number };
    expect(gaps).toBe(1);
    expect(readFileSync(segmentPath(copy, 1))).toEqual(bytes);
    expect(readdirSync(copy).filter((name) => name.startsWith('lock'))).toEqual([]);
    expect(statSync(copy).mode & 0o777).toBe(statSync(folder).mode & 0o777);
    await add(journal, 'after');
    await journal.close();
    expect(jobsOf(folder)).toBe(6);
    expect(dirname(copy)).toBe(dirname(folder));
  });

  test('goes around a missing segment and a snapshot that is cut', async () => {
    const folder = await killed(9, { segmentBytes: 300 });
    const { segments } = listFolder(folder);
    const third = segments[2] as number;
    compact(folder, third, commands);
    const path = snapshotPath(folder, third);
    truncateSync(path, readFileSync(path).length - 30);
    rmSync(segmentPath(folder, segments[3] as number));
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const journal = await openJournal(folder, { repair: true });
    warned.mockRestore();
    const { gaps } = journal.stats()['recovered'] as { gaps: number };
    expect(gaps).toBeGreaterThanOrEqual(2);
    expect(journal.store.jobCount).toBeGreaterThan(0);
    const { jobCount } = journal.store;
    await journal.close();
    expect(jobsOf(folder)).toBe(jobCount);
  });

  test('changes nothing of a folder that is whole', async () => {
    const folder = await killed(3);
    const copy = `${folder}-before`;
    cpSync(folder, copy, { recursive: true });
    const journal = await openJournal(folder, { repair: true });
    expect(journal.stats()['recovered']).toMatchObject({ gaps: 0, copy: undefined, jobs: 3 });
    rmSync(copy, { recursive: true });
  });
});
