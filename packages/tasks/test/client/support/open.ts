// Tasks for tests, on the embedded backend in memory unless told otherwise, closed after each test.
import { afterEach } from 'vitest';
import { z } from 'zod';
import { embeddedBackend } from '../../../src/embedded/index.ts';
import { createTasks, defineTask } from '../../../src/index.ts';
import type { AnyTask, Logger, Task, Tasks, TasksOptions } from '../../../src/index.ts';

const opened: Tasks[] = [];

afterEach(async () => {
  for (const tasks of opened.splice(0)) await tasks.close({ drainTimeout: 1, abortGrace: 200 });
});

/** Tasks that are not started. A backend is waited for, however busy the machine, where a test does not say how long. */
export function open(tasks: readonly AnyTask[], options: Partial<TasksOptions> = {}): Tasks {
  const own = { backend: embeddedBackend(), enqueueTimeout: 60_000 };
  const made = createTasks({ tasks, ...own, ...options });
  opened.push(made);
  return made;
}

/** Tasks that are started. */
export async function start(
  tasks: readonly AnyTask[],
  options: Partial<TasksOptions> = {},
): Promise<Tasks> {
  const made = open(tasks, options);
  await made.start();
  return made;
}

/** A task that gives back its number. */
export function echo(options: object = {}): Task<{ n: number }, number> {
  return defineTask({
    name: 'echo',
    schema: z.object({ n: z.number() }),
    handler: ({ n }: { n: number }) => n,
    ...options,
  } as never);
}

/** A logger that keeps what it is told. */
export function keeper(): Logger & { readonly lines: readonly (readonly unknown[])[] } {
  const lines: (readonly unknown[])[] = [];
  const log = (...args: readonly unknown[]): void => void lines.push(args);
  return { lines, debug: log, info: log, warn: log, error: log };
}
