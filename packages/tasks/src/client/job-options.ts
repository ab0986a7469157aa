// From a task, and how one job differs from it, to the options that BullMQ stores with the job.
// Invariant: a job always has a priority and a number of attempts. Jobs of one task that differ in nothing have equal options,
// which the embedded engine stores once.
import { checkOptions, custom, duration, optional, string } from '@catzilla/common';
import type { OptionContext, OptionSpec } from '@catzilla/common';
import type { JobsOptions } from 'bullmq';
import type { EnqueueOptions } from '../define/context.ts';
import { priorityOf } from '../define/priority.ts';
import { checkRetry } from '../define/retry.ts';
import { deduplicationId, storedBackoff } from '../define/stored.ts';
import type { AnyTask, RetrySettings } from '../define/types.ts';
import { errors } from '../errors.ts';

/** How one job differs from its task, checked. */
export interface Overrides {
  readonly priority: number;
  /** ms. */
  readonly delay: number;
  /** Epoch ms, instead of `delay`. */
  readonly at: number | undefined;
  readonly retry: RetrySettings;
  readonly key: string | undefined;
}

const MAX_KEY = 1_024;
const keySpec = string({ maxLength: MAX_KEY });
const context: OptionContext = {
  path: 'options',
  error: (message) => new errors.OPTIONS(message),
};

/** Checks the options of one enqueue.
 * @throws CATZ_TASKS_OPTIONS, CATZ_TASKS_PRIORITY */
export function checkOverrides(task: AnyTask, options: EnqueueOptions | undefined): Overrides {
  if (options === undefined) {
    const { priority, retry } = task;
    return { priority, retry, delay: 0, at: undefined, key: undefined };
  }
  const { at, delay, ...checked } = checkOptions(
    options,
    {
      priority: {
        check: (value: unknown) => priorityOf(value === undefined ? task.priority : value),
      },
      delay: optional(duration({ allowZero: true })),
      at: optional(
        custom(
          'a valid Date',
          (value): value is Date => value instanceof Date && !Number.isNaN(value.getTime()),
        ),
      ),
      retry: retryOf(task),
      key: optional(keySpec),
    },
    context,
  );
  if (at !== undefined && delay !== undefined) {
    throw new errors.OPTIONS('expected at most one of options.delay and options.at');
  }
  if (checked.key !== undefined && task.unique !== undefined) {
    throw new errors.OPTIONS(
      `expected no options.key for task ${task.name}, which is unique by its payload`,
    );
  }
  if ((at !== undefined || delay !== undefined) && task.uniqueMode === 'debounce') {
    throw new errors.OPTIONS(
      `expected no options.delay and no options.at for task ${task.name}, which waits for its debounce`,
    );
  }
  return { ...checked, delay: delay ?? 0, at: at?.getTime() };
}

function retryOf(task: AnyTask): OptionSpec<RetrySettings> {
  return {
    check: (value, site) =>
      value === undefined ? task.retry : checkRetry(value, task.retry, site),
  };
}

/** The options that every job of a task has. What is to be kept of it the runner says at its end.
 * @param retry  backoff is stored only where it is not the task's own */
export function jobOptions(
  task: AnyTask,
  { priority, retry }: Pick<Overrides, 'priority' | 'retry'>,
): JobsOptions {
  return {
    priority,
    attempts: retry.attempts,
    ...(retry !== task.retry && { backoff: storedBackoff(retry) }),
  };
}

/** The deduplication of a job, and the delay that comes with it; undefined: none.
 * @throws CATZ_TASKS_OPTIONS when a function of the task gives no key */
export function deduplicationOf(
  task: AnyTask,
  payload: unknown,
  key: string | undefined,
): Pick<JobsOptions, 'deduplication' | 'delay'> | undefined {
  const idempotent = key ?? keyBy(task, 'idempotencyKey', payload);
  if (idempotent !== undefined) {
    const id = deduplicationId(task.name, idempotent);
    return { deduplication: { id, ttl: Math.ceil(task.idempotencyTtl) } };
  }
  const unique = keyBy(task, 'unique', payload);
  if (unique === undefined) return undefined;
  const id = deduplicationId(task.name, unique);
  if (task.uniqueMode === 'queued') return { deduplication: { id } };
  if (task.uniqueMode === 'latest') return { deduplication: { id, keepLastIfActive: true } };
  const delay = Math.ceil(task.debounce!);
  return { deduplication: { id, ttl: delay, extend: true, replace: true }, delay };
}

function keyBy(
  task: AnyTask,
  option: 'idempotencyKey' | 'unique',
  payload: unknown,
): string | undefined {
  const make = task[option];
  if (make === undefined) return undefined;
  const site = { ...context, path: `the key of ${option} of task ${task.name}` };
  return keySpec.check(make(payload as never), site);
}
