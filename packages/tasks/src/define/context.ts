// What a handler is given besides its payload, and what whoever enqueues gets back. Types only: the runner makes the one, the
// client the other, and a handler may enqueue too.
import type { Priority } from './priority.ts';
import type { RetryOptions, Task } from './types.ts';

/** As much of pino's logger as is used here. */
export interface Logger {
  debug(...args: readonly unknown[]): void;
  info(...args: readonly unknown[]): void;
  warn(...args: readonly unknown[]): void;
  error(...args: readonly unknown[]): void;
}

/** Gives services to a handler: a scope of @catzilla/di, where it is registered. */
export interface TaskScope {
  /** The service of a token of @catzilla/di; a promise of it for one of asyncToken(). */
  get<K extends ServiceToken>(token: K): ServiceOf<K>;
}

/** As much of a token as is known here, so that this works without the package. */
interface ServiceToken {
  readonly name: string;
  readonly kind: string;
}

// A token says what it stands for by its one property whose name is a symbol.
type ServiceOf<K> = K[keyof K & symbol] extends () => infer T
  ? K extends { readonly kind: 'async' }
    ? Promise<T>
    : T
  : unknown;

/** What became of a child of a flow. */
export interface ChildResult {
  readonly id: string;
  readonly queue: string;
  /** What its handler returned; undefined when it failed. */
  readonly result?: unknown;
  /** Why it failed, where the flow goes on in spite of it. */
  readonly failedReason?: string;
}

/** What every attempt knows of itself. */
export interface TaskMeta {
  /** Of the job: the same for all its attempts, so that work can be made idempotent by it. */
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  /** From 1. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Epoch ms. */
  readonly enqueuedAt: number;
  /** Epoch ms at which the attempt is aborted; Infinity when `timeout` is off. */
  readonly deadline: number;
}

/** The second argument of a handler. */
export interface TaskContext extends TaskMeta {
  /** Aborts when the time is over (CATZ_TASKS_TIMEOUT), when the job is cancelled (CATZ_TASKS_CANCELLED), and when the application
   * closes (CATZ_TASKS_CLOSING); its reason is the error. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** The scope of this job, disposed when it ended; undefined without @catzilla/di. */
  readonly scope: TaskScope | undefined;
  /** Stores how far it is, and tells listeners.
   * @param value  a number, or an object that JSON can hold */
  progress(value: number | object): Promise<void>;
  /** Enqueues another job. */
  readonly enqueue: Enqueue;
  /** What the children of this job returned, when it is the parent of a flow; else an empty list. */
  children(): Promise<readonly ChildResult[]>;
}

/** How one job differs from what its task says. */
export interface EnqueueOptions {
  /** Default: the task's. */
  readonly priority?: Priority;
  /** ms until it may run. Default: 0. Not together with `at`, and not for tasks of `uniqueMode: 'debounce'`, as `at`. */
  readonly delay?: number;
  /** When it may run; a time that is over means now. */
  readonly at?: Date;
  /** Default: the task's. What is left out here is taken from there. `when` is the task's alone. */
  readonly retry?: Omit<RetryOptions, 'when'> | false;
  /** Idempotency key, instead of what the task's `idempotencyKey` makes of the payload: an enqueue with a key that was used within
   * `idempotencyTtl` stores nothing, and resolves to the first job. 1 to 1024 characters. */
  readonly key?: string;
}

/** Where a job is. `unknown`: it was removed, or never was. */
export type JobState =
  'waiting' | 'delayed' | 'active' | 'waiting-children' | 'completed' | 'failed' | 'unknown';

/** What a cancel did: removed a job that had not started, asked one that runs to stop, came after its end, or found nothing. */
export type CancelOutcome = 'removed' | 'requested' | 'finished' | 'unknown';

/** How long to wait for a result. */
export interface ResultOptions {
  /** ms, or false: no limit. Default: 30,000. */
  readonly timeout?: number | false;
  readonly signal?: AbortSignal;
}

/** A job that was enqueued. */
export interface TaskHandle<out Result = unknown> {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  /** A job with the same key was there already, and this is that one. */
  readonly deduplicated: boolean;
  state(): Promise<JobState>;
  /** Waits for what the handler returned, which went through JSON.
   * @throws CATZ_TASKS_FAILED when it failed for good (its cause is what the handler threw, as far as it was stored),
   *   CATZ_TASKS_CANCELLED, CATZ_TASKS_UNKNOWN_JOB when it was removed, CATZ_TASKS_TIMEOUT when the wait was too long,
   *   CATZ_TASKS_CLOSING, the reason of `signal` */
  result(options?: ResultOptions): Promise<Result>;
  /** @see Tasks.cancel */
  cancel(reason?: string): Promise<CancelOutcome>;
}

/** Enqueues a job: resolves once the backend has acknowledged it, or rejects, and then it does not exist.
 * @throws CATZ_TASKS_PAYLOAD, CATZ_TASKS_PRIORITY, CATZ_TASKS_OPTIONS, CATZ_TASKS_UNKNOWN_TASK, CATZ_TASKS_CLOSING,
 *   CATZ_TASKS_QUEUE_FULL, CATZ_TASKS_STORAGE_FULL, CATZ_TASKS_STORAGE_FAILED, CATZ_TASKS_BACKEND_UNAVAILABLE (of a backend over
 *   the network alone, and then nobody knows) */
export type Enqueue = <Input, Result>(
  task: Task<Input, Result>,
  payload: NoInfer<Input>,
  options?: EnqueueOptions,
) => Promise<TaskHandle<Result>>;
