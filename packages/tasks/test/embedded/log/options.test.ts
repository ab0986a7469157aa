// The options of embeddedBackend() that concern the disk: each of them changes something that can be seen.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Queue, Worker } from 'bullmq';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { embeddedBackend } from '../../../src/embedded/index.ts';
import { segmentPath } from '../../../src/embedded/log/folder.ts';
import { errors } from '../../../src/errors.ts';
import { readRecord, RECORD } from '../../../src/embedded/log/record.ts';
import { temporaryFolder } from './support/folder.ts';
import type {
  EmbeddedBackend,
  EmbeddedFactory,
  EmbeddedOptions,
} from '../../../src/embedded/index.ts';

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

function open(options: EmbeddedOptions): { queue: EmbeddedQueue; backend: EmbeddedFactory } {
  const backend = embeddedBackend(options);
  const queue: EmbeddedQueue = new Queue('q', { connection }, backend);
  onTestFinished(() => queue.close());
  return { queue, backend };
}

test.each(['durability', 'flushInterval', 'awaitCompletion', 'repair', 'maxStalled'] as const)(
  '%s without a folder is an error, not a promise that nobody keeps',
  (name) => {
    const value = { durability: 'every-write', flushInterval: 5, maxStalled: 1 } as const;
    const options = { awaitCompletion: true, repair: true, ...value };
    expect(() => embeddedBackend({ [name]: options[name] })).toThrow(
      `expected options.dir to be a path where options.${name} is given`,
    );
    expect(() => embeddedBackend({ dir: undefined, [name]: options[name] } as never)).toThrow(
      expect.objectContaining({ code: 'CATZ_TASKS_OPTIONS' }),
    );
  },
);

function recordsOf(dir: string): { type: number; body: string }[] {
  const bytes = readFileSync(segmentPath(dir, 1));
  const found: { type: number; body: string }[] = [];
  for (let at = 0; ;) {
    const record = readRecord(bytes, at);
    if (record === undefined) return found;
    found.push(record);
    at = record.end;
  }
}

describe('embeddedBackend', () => {
  test.each([
    [{ dir: '' }, /options\.dir/],
    [{ dir: 'x', durability: 'always' }, /options\.durability to be "every-write" or/],
    [{ dir: 'x', flushInterval: 0 }, /options\.flushInterval/],
    [{ dir: 'x', awaitCompletion: 1 }, /options\.awaitCompletion/],
    [{ dir: 'x', repair: 'yes' }, /options\.repair/],
    [{ dir: 'x', maxStalled: -1 }, /options\.maxStalled/],
    [{ directory: 'x' }, /unknown option options\.directory/],
  ])('refuses %j with CATZ_TASKS_OPTIONS', (options, message) => {
    expect(() => embeddedBackend(options as EmbeddedOptions)).toThrow(
      expect.objectContaining({
        code: 'CATZ_TASKS_OPTIONS',
        message: expect.stringMatching(message),
      }),
    );
  });

  test('without a dir writes nothing', async () => {
    const { queue, backend } = open({});
    await queue.add('n', 1);
    expect(backend.stats()).toMatchObject({ mode: 'memory', logBytes: 0 });
  });

  test('makes the dir with the first call, not before', async () => {
    const dir = join(temporaryFolder(), 'a', 'b');
    const backend = embeddedBackend({ dir });
    expect(existsSync(dir)).toBe(false);
    const queue = new Queue('q', { connection }, backend);
    onTestFinished(() => queue.close());
    await queue.add('n', 1);
    expect(readdirSync(dir).length).toBeGreaterThan(0);
  });

  test('flushes before it answers, unless durability says otherwise', async () => {
    const prepared = async (options: EmbeddedOptions): Promise<number[]> => {
      const { queue } = open(options);
      await queue.add('n', 1);
      await queue.close();
      return recordsOf(options.dir as string).map(({ type }) => type);
    };
    expect(await prepared({ dir: temporaryFolder() })).toContain(RECORD.prepare);
    const none = await prepared({ dir: temporaryFolder(), durability: 'none' });
    expect(none).not.toContain(RECORD.prepare);
    expect(open({ dir: temporaryFolder() }).backend.stats().durability).toBe('every-write');
  });

  test('flushes within flushInterval in mode interval', async () => {
    const flushedWithin = async (flushInterval: number, commits: number): Promise<boolean> => {
      const dir = temporaryFolder();
      const { queue } = open({ dir, durability: 'interval', flushInterval });
      await queue.add('n', 1);
      const covered = (): boolean =>
        recordsOf(dir).some(({ type, body }) => {
          return type === RECORD.commit && (JSON.parse(body) as number[])[0] === 0;
        });
      for (let turn = 0; turn < commits && !covered(); turn++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return covered();
    };
    expect(await flushedWithin(1, 3_000)).toBe(true);
    expect(await flushedWithin(60_000, 10)).toBe(false);
  });

  test.each([true, false])('with awaitCompletion %s', async (awaitCompletion) => {
    const { queue, backend } = open({ dir: temporaryFolder(), awaitCompletion });
    const worker = new Worker('q', null, { connection, autorun: false }, backend);
    onTestFinished(() => worker.close());
    await queue.add('n', 1);
    const job = await worker.getNextJob('t');
    const size = backend.stats().logBytes;
    await job?.moveToCompleted('done', 't', false);
    // The record of the end is written by then, or is not yet.
    expect(backend.stats().logBytes > size).toBe(awaitCompletion);
  });

  test.each([{ maxJobs: 1 }, { maxBytes: 1_000 }, { durability: 'none' }] as EmbeddedOptions[])(
    'refuses a dir that is open to who asks for it with %j, with both values',
    async (other) => {
      const dir = temporaryFolder();
      const { queue } = open({ dir });
      await queue.add('n', 1);
      const [name] = Object.keys(other) as [keyof EmbeddedOptions];
      const wanted = new RegExp(`options\\.${name} to be .*, got ${String(other[name])}`);
      expect(() => embeddedBackend({ dir, ...other })).toThrow(wanted);
      expect(() => embeddedBackend({ dir, ...other })).toThrow(errors.OPTIONS);
      await queue.close();
      expect(() => embeddedBackend({ dir, ...other })).not.toThrow();
    },
  );

  test('opens a damaged dir with repair only', async () => {
    const dir = join(temporaryFolder(), 'store');
    mkdirSync(dir);
    writeFileSync(segmentPath(dir, 1), 'this is no log');
    writeFileSync(segmentPath(dir, 2), 'this is no log');
    const refused = embeddedBackend({ dir })('q', { connection });
    await expect(refused.waitUntilReady()).rejects.toMatchObject({
      code: 'CATZ_TASKS_LOG_CORRUPT',
    });
    await refused.close();
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const { queue, backend } = open({ dir, repair: true });
    await queue.add('n', 1);
    warned.mockRestore();
    expect(backend.stats()['recovered']).toMatchObject({ gaps: 2 });
  });

  test('fails a job that was active at more than maxStalled ends of its process', async () => {
    const dir = temporaryFolder();
    for (let restart = 0; restart <= 2; restart++) {
      const backend = embeddedBackend({ dir, maxStalled: 1 });
      const queue = new Queue('q', { connection }, backend);
      if (restart === 0) await queue.add('poison', 1);
      const worker = new Worker('q', null, { connection, autorun: false }, backend);
      const job = await worker.getNextJob('t');
      expect(job?.stalledCounter).toBe(restart);
      expect(job?.deferredFailure === undefined).toBe(restart < 2);
      await worker.close();
      await queue.close();
    }
  });
});
