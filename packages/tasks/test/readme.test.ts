// The tables of the README against the options that are really checked.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineTask } from '../src/define/define-task.ts';
import { diskSpecs } from '../src/embedded/log/options.ts';
import { taskEventNames } from '../src/monitor/events.ts';
import { checkTasksOptions } from '../src/tasks-options.ts';

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');

/** Names in the first column of the table that follows a line. */
function tableAfter(line: string): string[] {
  const [, after] = readme.split(line);
  const table = /(?:^\|.*\n)+/m.exec(after!)![0];
  const cells = table
    .split('\n')
    .slice(2, -1)
    .map((row) => row.split('|')[1]!);
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)/g)].map((match) => match[1]!)).sort();
}

test('the options of the plugin are all there', () => {
  const given = Object.keys(checkTasksOptions({ tasks: [] }));
  const application = new Set(['logger', 'runInScope']);
  const own = given.filter((name) => !application.has(name));
  expect(tableAfter('Of the plugin `tasks`')).toEqual([...own, 'autoStart'].sort());
});

test('the options of defineTask() are all there', () => {
  const task = defineTask({ name: 'x', schema: z.object({}), handler: () => undefined });
  const own = Object.keys(task).map((name) => (name === 'schedules' ? 'schedule' : name));
  expect(
    tableAfter('Of `defineTask()`').filter((name) => !['payload', 'from'].includes(name)),
  ).toEqual(own.sort());
});

test('the options of embeddedBackend() are all there', () => {
  const own = [...Object.keys(diskSpecs), 'maxJobs', 'maxBytes'];
  expect(tableAfter('Of `embeddedBackend()`')).toEqual(own.sort());
});

test('the guide names every event', async () => {
  const guide = await readFile(new URL('../../../docs/guide/tasks.md', import.meta.url), 'utf8');
  const [, list] = /^- Events: ([^]*?), by/m.exec(guide)!;
  expect([...list!.matchAll(/`(\w+)`/g)].map((match) => match[1])).toEqual(taskEventNames);
});
