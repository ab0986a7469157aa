// The last file cut at every byte of its last records, and every bit of them turned over: what was acknowledged by then is there,
// or the store refuses to open. Never is a job lost in silence.
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { segmentPath } from '../../src/embedded/log/folder.ts';
import { readRecord } from '../../src/embedded/log/record.ts';
import { temporaryFolder } from '../embedded/log/support/folder.ts';
import { add, complete, makeJournal, openJournal, take } from '../embedded/log/support/journal.ts';
import type { Durability } from '../../src/embedded/log/options.ts';

interface Taken {
  /** The bytes of the log. */
  readonly bytes: Buffer;
  /** Size of the log at each acknowledgement, by id. */
  readonly acknowledged: ReadonlyMap<string, number>;
  readonly starts: readonly number[];
}

/** A log as a running process has it, with jobs added, some of them done. */
async function takeLog(durability: Durability): Promise<Taken> {
  const folder = temporaryFolder();
  const journal = await openJournal(folder, { durability });
  const path = segmentPath(folder, 1);
  const acknowledged = new Map<string, number>();
  for (let n = 0; n < 6; n++) {
    const id = await add(journal, `payload ${String(n)}`);
    acknowledged.set(id, statSync(path).size);
    if (n % 2 === 1) complete(journal, take(journal) as string);
  }
  const size = (): number => readFileSync(path).length;
  for (let before = -1; before !== size();) {
    before = size();
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  const bytes = readFileSync(path);
  const starts: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const record = readRecord(bytes, at);
    if (record === undefined) throw new Error('expected whole records');
    starts.push(at);
    at = record.end;
  }
  await journal.close();
  return { bytes, acknowledged, starts };
}

/** Opens a folder with these bytes as its log.
 * @returns the ids of its jobs; undefined when it is refused */
async function idsIn(bytes: Buffer): Promise<Set<string> | undefined> {
  const folder = join(temporaryFolder(), 'store');
  mkdirSync(folder);
  writeFileSync(segmentPath(folder, 1), bytes);
  const journal = makeJournal(folder);
  try {
    await journal.open();
  } catch (error) {
    expect(error).toMatchObject({ code: 'CATZ_TASKS_LOG_CORRUPT' });
    return undefined;
  }
  const { store, state } = { store: journal.store, state: journal.state };
  expect(state).toBe('open');
  const ids = new Set(store.queues.get('bull:q')?.jobs.keys());
  await journal.close();
  return ids;
}

describe.each<Durability>(['every-write', 'interval'])('a log in mode %s', (durability) => {
  test('cut at any byte of its last records opens, with all that was acknowledged before', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const { bytes, acknowledged, starts } = await takeLog(durability);
    let cuts = 0;
    for (let size = starts.at(-4) as number; size <= bytes.length; size++) {
      const ids = await idsIn(bytes.subarray(0, size));
      for (const [id, at] of acknowledged) {
        if (at <= size) expect(ids, `cut at ${String(size)}`).toContain(id);
      }
      cuts++;
    }
    expect(cuts).toBeGreaterThan(200);
    warned.mockRestore();
  });

  test('with any bit of its last records turned over loses nothing, or is refused', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const { bytes, acknowledged, starts } = await takeLog(durability);
    let refused = 0;
    let opened = 0;
    for (let at = starts.at(-4) as number; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] as number) ^ (1 << (at & 7));
      const ids = await idsIn(damaged);
      if (ids === undefined) refused++;
      else {
        opened++;
        expect([...ids].sort(), `byte ${String(at)}`).toEqual([...acknowledged.keys()].sort());
      }
    }
    // The last record is a commit or the end of an attempt: without it nothing is lost.
    expect(opened).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
    warned.mockRestore();
  });
});

test('a log of another process is not touched when the store is refused', async () => {
  const { bytes, starts } = await takeLog('every-write');
  const folder = join(temporaryFolder(), 'store');
  mkdirSync(folder);
  const damaged = Buffer.from(bytes);
  const at = (starts[2] as number) + 20;
  damaged[at] = (damaged[at] as number) ^ 1;
  const path = segmentPath(folder, 1);
  writeFileSync(path, damaged);
  await expect(makeJournal(folder).open()).rejects.toMatchObject({
    code: 'CATZ_TASKS_LOG_CORRUPT',
  });
  expect(readFileSync(path)).toEqual(damaged);
  // Mended, it opens: the refusal had let it go.
  copyFileSync(path, `${path}.kept`);
  writeFileSync(path, bytes);
  expect((await openJournal(folder)).store.jobCount).toBe(6);
});
