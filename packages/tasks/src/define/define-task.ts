// defineTask(): from what an author writes to a Task, with every option checked and every default filled in.
// Invariant: what it returns is frozen and complete, so that nobody after it has to know a default. It touches no queue.
import {
  bool,
  bytes,
  checkOptions,
  custom,
  duration,
  fn,
  int,
  object,
  oneOf,
  optional,
  orFalse,
  show,
  string,
} from '@catzilla/common';
import type { OptionContext, OptionSpec, OptionSpecs } from '@catzilla/common';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { errors } from '../errors.ts';
import type { JsonOf } from './json.ts';
import { priorities, priorityOf } from './priority.ts';
import { retrySpec } from './retry.ts';
import { checkSchedules } from './schedule.ts';
import { isDeadQueue } from './stored.ts';
import type {
  ConcurrencyRange,
  JsonSchemaTaskDefinition,
  KeepSettings,
  RateLimit,
  Task,
  TaskDefinition,
} from './types.ts';

const BRAND = Symbol.for('catzilla.task');
const HOUR = 3_600_000;

/** Defines a task.
 * @param definition  @see TaskOptions for every option, its unit and default
 * @returns the task, to be listed in `tasks` and given to enqueue()
 * @throws CATZ_TASKS_OPTIONS, CATZ_TASKS_PRIORITY
 * @example
 * const sendMail = defineTask({
 *   name: 'send-mail',
 *   schema: z.object({ to: z.string() }),
 *   handler: async ({ to }, { signal }) => mailer.send(to, { signal }),
 * }); */
export function defineTask<Payload, Result = void>(
  definition: JsonSchemaTaskDefinition<Payload, Result>,
): Task<Payload, JsonOf<Result>>;
export function defineTask<S extends StandardSchemaV1, Result = void>(
  definition: TaskDefinition<S, Result>,
): Task<StandardSchemaV1.InferInput<S>, JsonOf<Result>>;
export function defineTask(definition: object): Task<never> {
  const context = contextOf(definition);
  const { schedule, ...given } = checkOptions(definition, specs, context);
  const { name, handler, file, concurrency, rateLimit } = given;
  const fail = (text: string): Error => context.error(`${text} (task ${name})`);
  if ((handler === undefined) === (file === undefined)) {
    throw fail('expected exactly one of handler and file');
  }
  if (given.idempotencyKey !== undefined && given.unique !== undefined) {
    throw fail('expected at most one of idempotencyKey and unique');
  }
  if ((given.uniqueMode === 'debounce') !== (given.debounce !== undefined)) {
    throw fail("expected debounce exactly where uniqueMode is 'debounce'");
  }
  if (given.uniqueMode !== 'queued' && given.unique === undefined) {
    throw fail('expected unique where uniqueMode is given');
  }
  const isApart = concurrency !== undefined || rateLimit !== false || file !== undefined;
  return Object.freeze({
    [BRAND]: true,
    ...given,
    rateLimit: rateLimit === false ? undefined : rateLimit,
    queue: given.queue ?? (isApart ? name : 'default'),
    schedules: checkSchedules(schedule, { ...context, path: 'schedule' }, name),
  }) as unknown as Task<never>;
}

/** Whether a value is a task, of this copy of the package or another. */
export function isTask(value: unknown): value is Task {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, BRAND);
}

const NAME = {
  maxLength: 128,
  pattern: /^[A-Za-z0-9._-]+$/,
  what: 'a name of 1 to 128 of A-Z a-z 0-9 . _ -',
};

const specs = {
  name: string(NAME),
  schema: custom(
    'a schema',
    (value): value is object =>
      (typeof value === 'object' || typeof value === 'function') && value !== null,
  ),
  version: int({ min: 1, default: 1 }),
  migrate: optional(fn<NonNullable<Task['migrate']>>()),
  handler: optional(fn<NonNullable<Task['handler']>>()),
  file: optional(
    custom(
      'a file: URL',
      (value): value is URL => value instanceof URL && value.protocol === 'file:',
    ),
  ),
  queue: optional(
    custom(
      'a queue of 1 to 128 of A-Z a-z 0-9 . _ - that does not end with .dead',
      (value): value is string =>
        typeof value === 'string' &&
        value.length <= NAME.maxLength &&
        NAME.pattern.test(value) &&
        !isDeadQueue(value),
    ),
  ),
  priority: {
    check: (value: unknown) => priorityOf(value === undefined ? priorities.normal : value),
  },
  retry: retrySpec,
  timeout: orFalse(duration({ default: 30_000 })),
  abandonAfter: orFalse(duration({ default: 30_000, allowZero: true })),
  concurrency: optional(rangeSpec()),
  rateLimit: orFalse<RateLimit>(object({ max: int({ min: 1 }), duration: duration() }), false),
  idempotencyKey: optional(fn<(payload: never) => string>()),
  idempotencyTtl: duration({ default: 24 * HOUR }),
  unique: optional(fn<(payload: never) => string>()),
  uniqueMode: oneOf(['queued', 'latest', 'debounce'], 'queued'),
  debounce: optional(duration()),
  deadLetter: bool(true),
  keep: object({
    completed: keepSpec({ count: 1_000, age: HOUR }),
    failed: keepSpec({ count: 10_000, age: 7 * 24 * HOUR }),
  }),
  maxPayloadBytes: bytes({ min: 1, default: 1_048_576 }),
  schedule: { check: (value: unknown) => value },
} satisfies OptionSpecs<Record<string, unknown>>;

function contextOf(definition: unknown): OptionContext {
  const name = (definition as { readonly name?: unknown } | undefined)?.name;
  const path = typeof name === 'string' && NAME.pattern.test(name) ? `task ${name}` : 'task';
  return { path, error: (message) => new errors.OPTIONS(message) };
}

function keepSpec(defaults: KeepSettings): OptionSpec<KeepSettings | false> {
  return orFalse<KeepSettings>(
    object({
      count: int({ min: 1, allowInfinity: true, default: defaults.count }),
      age: duration({ min: 1_000, allowInfinity: true, default: defaults.age }),
    }),
  );
}

function rangeSpec(): OptionSpec<ConcurrencyRange> {
  const range = object<ConcurrencyRange>({ min: int({ min: 1 }), max: int({ min: 1 }) });
  return {
    check(value, site) {
      if (typeof value === 'number') {
        const fixed = int({ min: 1 }).check(value, site);
        return Object.freeze({ min: fixed, max: fixed });
      }
      const checked = range.check(value, site);
      if (checked.min > checked.max) {
        throw site.error(
          `expected ${site.path}.max to be at least min, ${checked.min}, got ${show(checked.max)}`,
        );
      }
      return checked;
    },
  };
}
