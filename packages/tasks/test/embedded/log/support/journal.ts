// A durable journal as a test wants it: in a folder, with small segments where that matters.
import { onTestFinished } from 'vitest';
import * as commands from '../../../../src/embedded/commands/index.ts';
import { DurableJournal } from '../../../../src/embedded/log/durable-journal.ts';
import { systemFiles } from '../../../../src/embedded/log/files.ts';
import type { Json } from '../../../../src/embedded/engine/command.ts';
import type { DurableParts } from '../../../../src/embedded/log/durable-journal.ts';
import type { DiskOptions } from '../../../../src/embedded/log/options.ts';

export const QUEUE = { name: 'q', prefix: 'bull' };

const MANY = 1_000_000_000;

export type Setup = Partial<Omit<DiskOptions, 'dir'>> & Partial<Omit<DurableParts, 'commands'>>;

/** Not open yet. Closed at the end of the test, if it still is open. */
export function makeJournal(dir: string, setup: Setup = {}): DurableJournal {
  const { wake, files, segmentBytes, compactBytes, ...rest } = setup;
  const options: DiskOptions = {
    dir,
    durability: 'interval',
    flushInterval: 20,
    awaitCompletion: false,
    repair: false,
    maxStalled: 3,
    ...rest,
  };
  const journal = new DurableJournal(options, {
    commands,
    wake: wake ?? (() => undefined),
    files: files ?? systemFiles,
    segmentBytes: segmentBytes ?? MANY,
    compactBytes: compactBytes ?? MANY,
  });
  onTestFinished(() => journal.close());
  return journal;
}

export async function openJournal(dir: string, setup?: Setup): Promise<DurableJournal> {
  const journal = makeJournal(dir, setup);
  await journal.open();
  return journal;
}

/** Adds a job, and gives its id once it is acknowledged. */
export async function add(
  journal: DurableJournal,
  data: Json = null,
  id?: string,
): Promise<string> {
  const job = { name: 'n', data: JSON.stringify(data), options: '{"attempts":1}', timestamp: 1 };
  return (await journal.run('addJob', QUEUE, [id === undefined ? job : { ...job, id }])) as string;
}

/** Takes the next job; its id. */
export function take(journal: DurableJournal, token = 't'): string | undefined {
  const [job, id] = journal.run('moveToActive', QUEUE, [token, {}]) as [unknown, string];
  return job === null ? undefined : id;
}

/** Ends a job well. */
export function complete(journal: DurableJournal, id: string, token = 't'): unknown {
  const how = { token, fetchNext: false, worker: {} };
  return journal.run('moveToCompleted', QUEUE, [id, '"done"', how]);
}
