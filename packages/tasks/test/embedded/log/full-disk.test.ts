// A disk without room: intake is refused and comes back by itself, and nothing that was acknowledged or that ran is lost.
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { listFolder } from '../../../src/embedded/log/folder.ts';
import { faultyFiles } from './support/faulty-files.ts';
import { temporaryFolder } from './support/folder.ts';
import { add, complete, makeJournal, openJournal, QUEUE, take } from './support/journal.ts';
import type { JournalState } from '../../../src/embedded/engine/journal.ts';
import type { DurableJournal } from '../../../src/embedded/log/durable-journal.ts';
import type { LogFiles } from '../../../src/embedded/log/files.ts';

function stateOf(journal: DurableJournal, wanted: JournalState): Promise<Error | undefined> {
  return new Promise((resolve) => {
    journal.onState((state, error) => {
      if (state === wanted) resolve(error);
    });
  });
}

const FULL = { code: 'CATZ_TASKS_STORAGE_FULL' };

describe('without room', () => {
  test('an enqueue is rejected with CATZ_TASKS_STORAGE_FULL and never ran', async () => {
    const folder = temporaryFolder();
    const { files, faults } = faultyFiles();
    const journal = await openJournal(folder, { files });
    await add(journal, 'kept');
    faults.room = 40;
    const full = stateOf(journal, 'full');
    const [first, second] = await Promise.allSettled([add(journal, 'lost'), add(journal, 'lost')]);
    expect(first).toMatchObject({ status: 'rejected', reason: FULL });
    expect(second).toMatchObject({ status: 'rejected', reason: FULL });
    expect((await full)?.message).toContain('ENOSPC');
    expect(journal.state).toBe('full');
    expect(journal.store.jobCount).toBe(1);
    faults.room = Infinity;
    await journal.close();
    const reopened = await openJournal(folder);
    expect(reopened.stats()['recovered']).toMatchObject({ jobs: 1, tornBytes: 0 });
  });

  test('those that come later are rejected without a write, until 100 ms have gone', async () => {
    const { files, faults } = faultyFiles();
    const journal = await openJournal(temporaryFolder(), { files });
    faults.room = 0;
    // Time stands, however long the machine takes.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    await expect(add(journal)).rejects.toMatchObject(FULL);
    const { writes } = faults;
    for (let n = 0; n < 20; n++) await expect(add(journal)).rejects.toMatchObject(FULL);
    await vi.advanceTimersByTimeAsync(99);
    await expect(add(journal)).rejects.toMatchObject(FULL);
    expect(faults.writes).toBe(writes);
    await vi.advanceTimersByTimeAsync(1);
    await expect(add(journal)).rejects.toMatchObject(FULL);
    expect(faults.writes).toBeGreaterThan(writes);
    vi.useRealTimers();
    faults.room = Infinity;
  });

  test('intake goes on by itself once there is room, and waiting workers are woken', async () => {
    const { files, faults } = faultyFiles();
    const woken: string[] = [];
    const wake = (queue: { name: string }): unknown => woken.push(queue.name);
    const journal = await openJournal(temporaryFolder(), { files, wake });
    await add(journal);
    faults.room = 0;
    await expect(add(journal)).rejects.toMatchObject(FULL);
    woken.length = 0;
    const open = stateOf(journal, 'open');
    faults.room = Infinity;
    await open;
    expect(woken).toEqual(['q']);
    await expect(add(journal)).resolves.toBe('2');
  });

  test('an enqueue may itself be the attempt, and is then stored', async () => {
    const { files, faults } = faultyFiles();
    const journal = await openJournal(temporaryFolder(), { files });
    faults.room = 0;
    await expect(add(journal)).rejects.toMatchObject(FULL);
    const probed = faults.writes;
    while (faults.writes === probed) await new Promise((resolve) => setTimeout(resolve, 10));
    // That was the attempt of the timer; the next one is 200 ms away.
    faults.room = Infinity;
    await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise((resolve) => setTimeout(resolve, 10));
    await expect(add(journal, 'attempt')).resolves.toBe('1');
    expect(journal.state).toBe('open');
  });

  test('ends of attempts run, stay in line, and are written first when there is room', async () => {
    const folder = temporaryFolder();
    const { files, faults } = faultyFiles();
    const journal = await openJournal(folder, { files });
    for (let n = 0; n < 3; n++) await add(journal, n);
    const ids = [take(journal), take(journal), take(journal)] as string[];
    faults.room = 0;
    await expect(add(journal)).rejects.toMatchObject(FULL);
    for (const id of ids) complete(journal, id);
    const open = stateOf(journal, 'open');
    faults.room = Infinity;
    await open;
    await journal.close();
    const reopened = await openJournal(folder);
    const queue = reopened.store.queues.get('bull:q');
    expect(queue?.completed.size).toBe(3);
    expect(queue?.jobs.size).toBe(3);
  });

  test('in mode none a durable command throws at once', async () => {
    const { files, faults } = faultyFiles();
    const journal = await openJournal(temporaryFolder(), { files, durability: 'none' });
    faults.room = 0;
    const full = stateOf(journal, 'full');
    const job = { name: 'n', data: '1', options: '{}', timestamp: 1 };
    journal.run('addJob', QUEUE, [job]);
    await full;
    expect(() => journal.run('addJob', QUEUE, [job])).toThrow(expect.objectContaining(FULL));
    faults.room = Infinity;
  });

  test('a close loses only what nobody was promised', async () => {
    const folder = temporaryFolder();
    const { files, faults } = faultyFiles();
    const journal = await openJournal(folder, { files });
    await add(journal);
    const id = take(journal) as string;
    faults.room = 0;
    await expect(add(journal)).rejects.toMatchObject(FULL);
    complete(journal, id);
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    await journal.close();
    expect(warned).toHaveBeenCalledWith(expect.stringContaining('may run again'), {
      code: 'CATZ_WARN_TASKS_LOG_CLOSE',
    });
    warned.mockRestore();
    const reopened = await openJournal(folder);
    expect(reopened.store.queues.get('bull:q')?.wait.size).toBe(1);
  });

  test('a new segment is put off, and the old one goes on', async () => {
    const folder = temporaryFolder();
    const { files, faults } = faultyFiles();
    const journal = await openJournal(folder, { files, segmentBytes: 400 });
    faults.openError = 'ENOSPC';
    for (let n = 0; n < 10; n++) await add(journal, n);
    faults.openError = undefined;
    await add(journal, 'after');
    await journal.close();
    const reopened = await openJournal(folder);
    expect(reopened.store.jobCount).toBe(11);
  });

  test('a new segment that could not be begun leaves no file behind', async () => {
    const folder = temporaryFolder();
    const { files, faults } = faultyFiles();
    let attempts = 0;
    const withoutSecond: LogFiles = {
      ...files,
      async open(path) {
        const file = await files.open(path);
        if (!path.endsWith('2')) return file;
        attempts++;
        const noRoom = Object.assign(new Error('no room'), { code: 'ENOSPC' });
        return { ...file, write: () => Promise.reject(noRoom) };
      },
    };
    const journal = await openJournal(folder, { files: withoutSecond, segmentBytes: 400 });
    for (let n = 0; n < 5; n++) await add(journal, 'x'.repeat(100));
    while (attempts === 0) await new Promise((resolve) => setImmediate(resolve));
    await journal.close();
    expect(listFolder(folder).segments).toEqual([1]);
    expect(faults.writes).toBeGreaterThan(5);
    const reopened = await openJournal(folder);
    expect(reopened.store.jobCount).toBe(5);
  });

  test('a folder that cannot be taken up says so', async () => {
    const { files, faults } = faultyFiles();
    faults.room = 10;
    const journal = makeJournal(temporaryFolder(), { files });
    await expect(journal.open()).rejects.toMatchObject(FULL);
    faults.room = Infinity;
    await journal.open();
    await expect(add(journal)).resolves.toBe('1');
  });
});

describe('a flush that fails', () => {
  test('is final: CATZ_TASKS_STORAGE_FAILED for what waits and what comes, reads go on', async () => {
    const { files, faults } = faultyFiles();
    const journal = await openJournal(temporaryFolder(), { files, durability: 'every-write' });
    await add(journal, 'kept');
    faults.flushError = 'EIO';
    const failed = stateOf(journal, 'failed');
    const refused = { code: 'CATZ_TASKS_STORAGE_FAILED' };
    await expect(add(journal)).rejects.toMatchObject(refused);
    expect((await failed)?.message).toContain('EIO');
    faults.flushError = undefined;
    await expect(add(journal)).rejects.toMatchObject(refused);
    expect(journal.state).toBe('failed');
    expect(journal.stats()).toMatchObject({ state: 'failed', error: expect.stringMatching(/EIO/) });
    expect(journal.store.jobCount).toBe(1);
  });

  test('lets running attempts end, in memory', async () => {
    const { files, faults } = faultyFiles();
    const journal = await openJournal(temporaryFolder(), { files, durability: 'every-write' });
    await add(journal);
    const id = take(journal) as string;
    faults.flushError = 'EIO';
    await expect(add(journal)).rejects.toThrow(/EIO/);
    expect(complete(journal, id)).toMatchObject({ next: undefined });
    await journal.close();
  });

  test('at the close is told, for nobody waits for it', async () => {
    const { files, faults } = faultyFiles();
    const journal = await openJournal(temporaryFolder(), { files, flushInterval: 60_000 });
    await add(journal);
    faults.flushError = 'EIO';
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    await journal.close();
    expect(warned).toHaveBeenCalledWith(expect.stringContaining('EIO'), {
      code: 'CATZ_WARN_TASKS_LOG_CLOSE',
    });
    warned.mockRestore();
  });

  test('of the timer in mode interval is final, too', async () => {
    const { files, faults } = faultyFiles();
    const journal = await openJournal(temporaryFolder(), { files, flushInterval: 1 });
    const failed = stateOf(journal, 'failed');
    faults.flushError = 'EIO';
    await add(journal);
    await failed;
  });
});

describe('a write that fails otherwise', () => {
  test.each([
    ['EIO of the write', { writeError: 'EIO' }],
    ['no room, and a truncation that fails', { room: 3, truncateError: 'EIO' }],
  ])('is final: %s', async (_, wrong) => {
    const { files, faults } = faultyFiles();
    const journal = await openJournal(temporaryFolder(), { files });
    Object.assign(faults, wrong);
    await expect(add(journal)).rejects.toMatchObject({ code: 'CATZ_TASKS_STORAGE_FAILED' });
    expect(journal.state).toBe('failed');
  });

  test('of a new segment is final', async () => {
    const { files, faults } = faultyFiles();
    const journal = await openJournal(temporaryFolder(), { files, segmentBytes: 100 });
    faults.openError = 'EACCES';
    const failed = stateOf(journal, 'failed');
    await add(journal, 'x'.repeat(200));
    expect((await failed)?.message).toContain('EACCES');
  });
});
