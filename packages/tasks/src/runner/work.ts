// The work of one attempt: the payload brought up to date and validated, then the handler, in a scope or a thread.
// Invariant: a handler gets only what its schema let through, now: a job may be older, or newer, than the code that runs it.
import type { TaskScope } from '../define/context.ts';
import type { StoredData } from '../define/stored.ts';
import type { AnyTask } from '../define/types.ts';
import { payloadError } from '../define/validate.ts';
import type { Attempt } from './attempt.ts';
import { Context, metaOf, storeProgress } from './context.ts';
import type { ContextSource } from './context.ts';
import type { ThreadPool } from './threads/thread-pool.ts';
import type { RunInScope, RunnerOptions } from './types.ts';

/** What the work of a queue's attempts needs. */
export interface WorkSource extends ContextSource {
  readonly validate: RunnerOptions['validate'];
  readonly runInScope: RunInScope | undefined;
  /** The threads of a task with `file`. */
  readonly poolOf: (task: AnyTask) => ThreadPool;
}

/** Does the work of an attempt. HOT: benchmarks/tasks
 * @returns what the handler returned
 * @throws CATZ_TASKS_PAYLOAD, what the handler threw */
export async function work(attempt: Attempt, source: WorkSource): Promise<unknown> {
  const task = attempt.task!;
  const data = attempt.job.data as StoredData;
  const payload =
    data.version < task.version && task.migrate !== undefined
      ? await migrate(task, data)
      : data.payload;
  const input = await source.validate(task, payload);
  const context = new Context(attempt, source);
  if (task.file !== undefined) return runInThread(task, input, context, attempt, source);
  const handler = task.handler!;
  if (source.runInScope === undefined) return handler(input, context);
  return source.runInScope(
    { kind: 'task', signal: () => attempt.signal, label: task.name, log: context.log },
    (scope) => {
      context.scope = scope as TaskScope;
      return handler(input, context);
    },
  );
}

// What cannot be migrated now cannot be later: no attempt more is worth it.
async function migrate(task: AnyTask, { payload, version }: StoredData): Promise<unknown> {
  try {
    return await task.migrate!(payload, version);
  } catch (cause) {
    const message = `could not be migrated from version ${version}`;
    throw Object.assign(payloadError(task.name, [{ path: '', message }]), { cause });
  }
}

async function runInThread(
  task: AnyTask,
  input: unknown,
  context: Context,
  attempt: Attempt,
  source: WorkSource,
): Promise<unknown> {
  let stored: Promise<unknown> = Promise.resolve();
  // One after the other, so that the last that was said is the last that is stored.
  const onProgress = (value: number | object): void => {
    stored = stored
      .then(() => storeProgress(attempt, source, value))
      .catch((error: unknown) => source.logger.warn({ err: error }, 'progress was not stored'));
  };
  const pool = source.poolOf(task);
  try {
    return await pool.run(input, metaOf(context), attempt.signal, onProgress);
  } finally {
    await stored;
  }
}
