// What a task is: as its author writes it, and as the rest of the package sees it. Types only; define-task.ts makes the one of
// the other. All durations are ms, all sizes bytes.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { TaskContext } from './context.ts';
import type { Priority } from './priority.ts';

/** How failed attempts are repeated. */
export interface RetryOptions {
  /** Runs in all, the first one counted. Default: 3. */
  readonly attempts?: number;
  /** Default: 'exponential': each wait is twice the one before. */
  readonly backoff?: 'fixed' | 'exponential';
  /** ms before the second attempt. Default: 1,000. */
  readonly delay?: number;
  /** The longest wait, in ms. Default: 300,000. */
  readonly maxDelay?: number;
  /** From 0 to 1: which part of each wait is random. Default: 0.2. */
  readonly jitter?: number;
  /** Whether an error is worth another attempt. Default: all are but those of payloads, cancels, and BullMQ's UnrecoverableError. */
  readonly when?: (error: unknown) => boolean;
}

/** RetryOptions with defaults. Off is `attempts: 1`. */
export interface RetrySettings {
  readonly attempts: number;
  readonly backoff: 'fixed' | 'exponential';
  readonly delay: number;
  readonly maxDelay: number;
  readonly jitter: number;
  readonly when: ((error: unknown) => boolean) | undefined;
}

/** How many finished jobs stay readable; `Infinity` is no limit. Applied to the queue as others finish. */
export interface KeepOptions {
  readonly count?: number;
  /** ms, to the second. */
  readonly age?: number;
}

export interface KeepSettings {
  readonly count: number;
  /** ms. */
  readonly age: number;
}

/** How many jobs of a queue run at once; the runner goes between the two by load. */
export interface ConcurrencyRange {
  readonly min: number;
  readonly max: number;
}

export interface RateLimit {
  /** Jobs started. */
  readonly max: number;
  /** Within so many ms. */
  readonly duration: number;
}

/** When a task runs by itself. Exactly one of `cron` and `every`. */
export interface ScheduleTiming {
  /** 5 fields, or 6 with seconds first. */
  readonly cron?: string;
  /** ms from one run to the next; the first is at once, or at `startDate`. */
  readonly every?: number;
  /** IANA time zone of `cron`, for example Europe/Berlin. Default: UTC. */
  readonly tz?: string;
  /** ms: each run starts up to so much later, another time for each run and key, the same in all processes. Default: 0. */
  readonly jitter?: number;
  /** What becomes of a run while the one before it has not ended. Default: 'skip'. */
  readonly overlap?: 'skip' | 'queue' | 'allow';
  /** What becomes of a run whose time went by while nothing ran: it is late, or left out. Default: 'one'. */
  readonly missed?: 'one' | 'skip';
  /** Runs in all. Default: no limit. */
  readonly limit?: number;
  readonly startDate?: Date | number;
  readonly endDate?: Date | number;
}

/** A schedule of a task. */
export interface ScheduleOptions<Input> extends ScheduleTiming {
  /** By which the backend knows it: one of the same key is replaced. Default: the name of the task. Not with `:`. */
  readonly key?: string;
  /** The payload of each run. */
  readonly payload: Input;
}

/** What definitions share; `Input` is the payload as it is enqueued, which is what is stored. */
export interface TaskOptions<Input> {
  /** 1 to 128 of `A-Z a-z 0-9 . _ -`; stored with each job, so that it has to stay. */
  readonly name: string;
  /** Of the payload, stored with it; raise it when a payload of before is no longer valid. Default: 1. */
  readonly version?: number;
  /** Makes a payload of an earlier version one of now, before it is validated. */
  readonly migrate?: (payload: unknown, from: number) => unknown;
  /** Tasks of one queue share its workers, limits and order. Default: 'default'; a queue of its own, named as the task, when
   * `concurrency`, `rateLimit` or `file` is given. */
  readonly queue?: string;
  /** Default: 'normal'. */
  readonly priority?: Priority;
  /** Default: @see RetryOptions. */
  readonly retry?: RetryOptions | false;
  /** ms for one attempt: then its signal aborts, and once the handler has settled it counts as failed. Default: 30,000. */
  readonly timeout?: number | false;
  /** ms that a handler may go on after the abort of its signal, before its slot is given to others. Default: 30,000; false: it keeps
   * the slot. */
  readonly abandonAfter?: number | false;
  /** Of its queue, in this process. Default: { min: 1, max: 50 }; with `file` { min: 1, max: processors - 1 }. */
  readonly concurrency?: number | ConcurrencyRange;
  /** Of its queue, in all processes. Default: none. */
  readonly rateLimit?: RateLimit | false;
  /** Names what a job does: a second enqueue with the same key within `idempotencyTtl` resolves to the first job, also when that has
   * ended. Not together with `unique`. */
  readonly idempotencyKey?: (payload: Input) => string;
  /** ms. Default: 86,400,000, a day. */
  readonly idempotencyTtl?: number;
  /** Names what at most one job may wait for. Not together with `idempotencyKey`. */
  readonly unique?: (payload: Input) => string;
  /** What a second enqueue of the same `unique` does. 'queued' (default): nothing, until the first has ended. 'latest': while the
   * first runs, the last of those that came runs after it. 'debounce': replaces the first, and starts its `debounce` anew. */
  readonly uniqueMode?: 'queued' | 'latest' | 'debounce';
  /** ms that a job waits for others of the same key, in mode 'debounce'. */
  readonly debounce?: number;
  /** Jobs that failed for good are put into the queue `<queue>.dead`. Default: true. */
  readonly deadLetter?: boolean;
  /** Default: completed { count: 1,000, age: 3,600,000 }, failed { count: 10,000, age: 604,800,000 }; false: none. */
  readonly keep?: {
    readonly completed?: KeepOptions | false;
    readonly failed?: KeepOptions | false;
  };
  /** Of the payload as JSON. Default: 1,048,576. */
  readonly maxPayloadBytes?: number;
  /** Runs that come by themselves, registered when the tasks start. */
  readonly schedule?: ScheduleOptions<Input> | readonly ScheduleOptions<Input>[];
}

/** What does the work: exactly one of the two. */
export type TaskWork<Output, Result> =
  | {
      /** @param payload  what the schema made of it
       * @returns what JSON can hold; whoever waits for the result gets it */
      readonly handler: (payload: Output, context: TaskContext) => Result | Promise<Result>;
      readonly file?: undefined;
    }
  | {
      /** An ES module whose default export, `(payload, meta) => result`, runs in a thread: for work that keeps a processor busy. */
      readonly file: URL;
      readonly handler?: undefined;
    };

/** A task whose schema is a Standard Schema: zod, valibot, arktype. */
export type TaskDefinition<S extends StandardSchemaV1, Result> = TaskOptions<
  StandardSchemaV1.InferInput<S>
> &
  TaskWork<StandardSchemaV1.InferOutput<S>, Result> & { readonly schema: S };

/** A task whose schema is JSON Schema or of TypeBox, for which `validate` has to be given where tasks are registered. */
export type JsonSchemaTaskDefinition<Payload, Result> = TaskOptions<Payload> &
  TaskWork<Payload, Result> & {
    // The record is for literals, whose members would else be too many; TypeBox's interfaces are no records.
    readonly schema: (object | Readonly<Record<string, unknown>>) & {
      readonly '~standard'?: never;
    };
  };

/** A schedule as defineTask() leaves it. */
export interface ScheduleSettings {
  readonly key: string;
  readonly payload: unknown;
  readonly cron: string | undefined;
  readonly every: number | undefined;
  readonly tz: string;
  readonly jitter: number;
  readonly overlap: 'skip' | 'queue' | 'allow';
  readonly missed: 'one' | 'skip';
  readonly limit: number | undefined;
  /** Epoch ms. */
  readonly startDate: number | undefined;
  /** Epoch ms. */
  readonly endDate: number | undefined;
}

/** A task, checked and with its defaults; made by defineTask() alone, and frozen.
 * @template Input   the payload as it is enqueued
 * @template Result  what the handler returns, as JSON: what whoever waits for it gets. @see JsonOf */
export interface Task<in Input = never, out Result = unknown> {
  readonly name: string;
  readonly version: number;
  readonly schema: object;
  readonly migrate: ((payload: unknown, from: number) => unknown) | undefined;
  readonly handler: ((payload: unknown, context: TaskContext) => unknown) | undefined;
  readonly file: URL | undefined;
  readonly queue: string;
  /** From 1 to 2,097,151. */
  readonly priority: number;
  readonly retry: RetrySettings;
  readonly timeout: number | false;
  readonly abandonAfter: number | false;
  /** What was given; undefined: @see QueuePlan. */
  readonly concurrency: ConcurrencyRange | undefined;
  readonly rateLimit: RateLimit | undefined;
  readonly idempotencyKey: ((payload: Input) => string) | undefined;
  readonly idempotencyTtl: number;
  readonly unique: ((payload: Input) => string) | undefined;
  readonly uniqueMode: 'queued' | 'latest' | 'debounce';
  readonly debounce: number | undefined;
  readonly deadLetter: boolean;
  readonly keep: {
    readonly completed: KeepSettings | false;
    readonly failed: KeepSettings | false;
  };
  readonly maxPayloadBytes: number;
  readonly schedules: readonly ScheduleSettings[];
  /** Only for types: never there at run time. */
  readonly '~types'?: { input(payload: Input): void; readonly result: Result };
}

/** A task of any payload and result. */
export type AnyTask = Task<never, unknown>;
