// The options of createTasks(), and of the Fastify plugin, which hands them on.
import {
  bool,
  checkOptions,
  custom,
  duration,
  fn,
  int,
  object,
  oneOf,
  optional,
  orFalse,
  string,
} from '@catzilla/common';
import type { OptionSpec, OptionSpecs } from '@catzilla/common';
import type { Telemetry } from 'bullmq';
import type { TaskBackend } from './client/bullmq.ts';
import type { Logger } from './define/context.ts';
import { priorityOf } from './define/priority.ts';
import type { Priority } from './define/priority.ts';
import type { AnyTask } from './define/types.ts';
import type { Validate } from './define/validate.ts';
import { errors } from './errors.ts';
import type { DrainOptions, RunInScope } from './runner/types.ts';

/** How tasks run. */
export interface TasksOptions {
  /** All that may be enqueued or run here, of defineTask(). */
  readonly tasks: readonly AnyTask[];
  /** embeddedBackend(), or createRedisBackend or createPostgresBackend of BullMQ. Default: embeddedBackend(), in memory. */
  readonly backend?: TaskBackend;
  /** Of a backend over the network: what BullMQ takes as `connection`. PostgreSQL gets its tables with `migrate: true` in it. */
  readonly connection?: unknown;
  /** Of all keys in Redis. Default: BullMQ's own, 'bull'. */
  readonly keyPrefix?: string;
  /** Whether this process runs jobs, or enqueues only. Default: 'here'. */
  readonly run?: 'here' | 'off';
  /** Jobs that waited `after` ms (default 60,000) move up one class, and again after as much more, up to `ceiling` (default
   * 'normal'). */
  readonly aging?: AgingOptions | false;
  /** Checks payloads against schemas that are no Standard Schema: `validate` of @catzilla/validation fits. */
  readonly validate?: Validate;
  /** ms that a backend over the network has for an answer. Default: 2,000. */
  readonly enqueueTimeout?: number;
  /** ms that close() leaves to the jobs that run. Default: 10,000; 0: none. */
  readonly drainTimeout?: number;
  /** ms that it leaves them after it has aborted their signals. Default: 5,000; 0: none. */
  readonly abortGrace?: number;
  /** Which dead letters stay: of age `age` ms (default 30 days) and at most `count` (default 100,000) in each queue. */
  readonly deadLetters?: { readonly age?: number; readonly count?: number };
  /** Threads of tasks with `file`. */
  readonly threads?: { readonly maxHeapBytes?: number; readonly idleTimeout?: number };
  /** Events hold payloads. Default: false. */
  readonly exposePayloads?: boolean;
  /** Handed to BullMQ: bullmq-otel, for example. */
  readonly telemetry?: Telemetry;
  /** Whether the process is under pressure: fewer jobs are then run at once. Default: the delay of the event loop alone tells. */
  readonly isUnderPressure?: () => boolean;
  /** Default: says nothing. */
  readonly logger?: Logger;
  /** Runs each job in a scope: `app.di.runInScope`. */
  readonly runInScope?: RunInScope;
}

export interface AgingOptions {
  /** ms. */
  readonly after?: number;
  readonly ceiling?: Priority;
}

/** TasksOptions, checked and with defaults. */
export interface TasksSettings {
  readonly tasks: unknown;
  readonly backend: TaskBackend | undefined;
  readonly connection: unknown;
  readonly keyPrefix: string | undefined;
  readonly run: 'here' | 'off';
  readonly aging: { readonly after: number; readonly ceiling: number } | false;
  readonly validate: Validate | undefined;
  readonly enqueueTimeout: number;
  readonly drainTimeout: number;
  readonly abortGrace: number;
  readonly deadLetters: { readonly age: number; readonly count: number };
  readonly threads: {
    readonly maxHeapBytes: number | undefined;
    readonly idleTimeout: number | undefined;
  };
  readonly exposePayloads: boolean;
  readonly telemetry: Telemetry | undefined;
  readonly isUnderPressure: (() => boolean) | undefined;
  readonly logger: Logger;
  readonly runInScope: RunInScope | undefined;
}

/** Checks the options.
 * @throws CATZ_TASKS_OPTIONS, CATZ_TASKS_PRIORITY */
export function checkTasksOptions(options: unknown): TasksSettings {
  return checkOptions<TasksSettings>(options, specs, {
    path: 'options',
    error: (message) => new errors.OPTIONS(message),
  });
}

/** Checks the options of drain() and close(); what they leave out is that of createTasks().
 * @throws CATZ_TASKS_OPTIONS */
export function checkDrainOptions(
  options: unknown,
  { drainTimeout, abortGrace }: Required<DrainOptions>,
): Required<DrainOptions> {
  return checkOptions<Required<DrainOptions>>(
    options,
    { drainTimeout: drainTime(drainTimeout), abortGrace: drainTime(abortGrace) },
    { path: 'options', error: (message) => new errors.OPTIONS(message) },
  );
}

function drainTime(ms: number): OptionSpec<number> {
  return duration({ allowZero: true, default: ms, max: 2 ** 31 - 1 });
}

const nothing = (): void => undefined;
const silent: Logger = Object.freeze({
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
});

const DAY = 86_400_000;

/** ms that close() leaves to jobs, and to replies that jobs wait for. */
export const DRAIN_TIMEOUT = 10_000;

const specs: OptionSpecs<TasksSettings> = {
  tasks: { check: (value) => value },
  backend: optional(
    fn<(...args: never[]) => never>(),
  ) as unknown as OptionSpecs<TasksSettings>['backend'],
  connection: { check: (value) => value },
  keyPrefix: optional(string({ maxLength: 128 })),
  run: oneOf(['here', 'off'], 'here'),
  aging: orFalse(
    object({
      after: duration({ default: 60_000 }),
      ceiling: { check: (value: unknown) => priorityOf(value === undefined ? 'normal' : value) },
    }),
  ),
  validate: optional(fn<Validate>()),
  enqueueTimeout: duration({ default: 2_000, max: 2 ** 31 - 1 }),
  drainTimeout: drainTime(DRAIN_TIMEOUT),
  abortGrace: drainTime(5_000),
  deadLetters: object({
    age: duration({ default: 30 * DAY, allowInfinity: true }),
    count: int({ min: 1, default: 100_000, allowInfinity: true }),
  }),
  threads: object({
    maxHeapBytes: optional(int({ min: 1_048_576 })),
    idleTimeout: optional(duration({ allowZero: true })),
  }),
  exposePayloads: bool(false),
  telemetry: optional(
    custom(
      "BullMQ's Telemetry",
      (value): value is Telemetry => typeof value === 'object' && value !== null,
    ),
  ),
  isUnderPressure: optional(fn<() => boolean>()),
  logger: custom(
    'a logger with debug, info, warn and error',
    (value): value is Logger =>
      typeof value === 'object' &&
      value !== null &&
      (['debug', 'info', 'warn', 'error'] as const).every(
        (level) => typeof (value as Partial<Logger>)[level] === 'function',
      ),
    silent,
  ),
  runInScope: optional(fn<RunInScope>()),
};
