// docs/tasks-backends.md against BullMQ's contract and the class that covers it: the page cannot go stale.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { IQueueBackend } from 'bullmq';
import { expect, onTestFinished, test } from 'vitest';
import { embeddedBackend } from '../../src/embedded/index.ts';

const page = await readFile(new URL('../../../../docs/tasks-backends.md', import.meta.url), 'utf8');

/** Members of IQueueBackend, as its declaration names them. */
async function contract(): Promise<string[]> {
  const main = createRequire(import.meta.url).resolve('bullmq/package.json');
  const file = new URL(
    'dist/esm/interfaces/queue-backend.d.ts',
    pathToFileURL(`${dirname(main)}/`),
  );
  const text = await readFile(file, 'utf8');
  const body = /export interface IQueueBackend \{\n(.*?)^\}/ms.exec(text)![1]!;
  return [
    ...new Set([...body.matchAll(/^ {4}(?:readonly )?(\w+)\??[(<:]/gm)].map((match) => match[1]!)),
  ].sort();
}

/** Members that the page names in its table. */
function named(): string[] {
  const table = page.split(/^## /m).find((part) => part.startsWith("What of BullMQ's contract"))!;
  const cells = [...table.matchAll(/^\| (`.*?`) +\|/gm)].map((match) => match[1]!);
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map((match) => match[1]!)).sort();
}

test('the page names every member of the contract once, and no other', async () => {
  const members = await contract();
  expect(members.length).toBeGreaterThan(80);
  expect(named()).toEqual(members);
});

test('every member that the page names does something', async () => {
  const create = embeddedBackend();
  const backend = create('page', { connection: {} } as never) as unknown as IQueueBackend;
  onTestFinished(() => backend.close());
  await backend.waitUntilReady();
  const codes: Record<string, unknown> = {};
  for (const member of named()) {
    const value: unknown = Reflect.get(backend, member);
    if (typeof value !== 'function') {
      if (!(member in backend)) codes[member] = 'missing';
      continue;
    }
    // The first two end it, the others wait.
    if (['close', 'disconnect', 'waitForJob', 'readEvents'].includes(member)) continue;
    // Arguments that mean nothing: whatever it says of them, it must not say that it is not there.
    try {
      await (value as (...args: unknown[]) => unknown).call(backend, '1', {}, {}, {});
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (code === 'CATZ_TASKS_UNSUPPORTED') codes[member] = code;
    }
  }
  expect(codes).toEqual({});
});
