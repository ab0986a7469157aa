// What a runner is told, and what it tells. Types only.
import type { BackendFactory, Queue, Telemetry } from 'bullmq';
import type { Enqueue, Logger, TaskMeta } from '../define/context.ts';
import type { QueuePlan } from '../define/registry.ts';
import type { AnyTask } from '../define/types.ts';
import type { TaskEvents } from '../monitor/events.ts';

/** Which kind of store stands behind the queues: it decides what becomes of jobs that do not end in time at a shutdown. */
export type BackendKind = 'embedded' | 'redis' | 'postgres';

/** What an attempt is run in: what `app.di.runInScope` of @catzilla/di takes. */
export interface ScopeRequest {
  readonly kind: 'task';
  readonly signal: () => AbortSignal;
  /** The name of the task. */
  readonly label: string;
  readonly log: Logger;
}

/** Opens a scope, runs the work in it, closes it, and gives what the work gave. */
export type RunInScope = <T>(
  info: ScopeRequest,
  work: (scope: unknown) => T | Promise<T>,
) => Promise<T>;

/** Jobs that waited long move up. */
export interface AgingOptions {
  /** ms of waiting after which a job moves up one class; again after as much more. */
  readonly after: number;
  /** The best priority that aging gives, 1 to 2,097,151. */
  readonly ceiling: number;
}

/** How often a runner looks after things, in ms. Tests shorten it. */
export interface RunnerIntervals {
  /** Concurrency is looked at. Default: 1,000. */
  readonly scaling?: number;
  /** Jobs that waited long move up. Default: 5,000. */
  readonly aging?: number;
  /** Old dead letters are removed. Default: 600,000. */
  readonly deadLetters?: number;
}

/** How long dead letters are kept. */
export interface DeadLetterRetention {
  /** ms. Default: 30 days. */
  readonly age?: number;
  /** For each queue. Default: 100,000. */
  readonly count?: number;
}

/** The threads of tasks with `file`. */
export interface ThreadOptions {
  /** Of the heap of one thread; beyond it the attempt fails, and only that. Default: Node's own limit. */
  readonly maxHeapBytes?: number;
  /** ms after which a thread without work ends. Default: 10,000. */
  readonly idleTimeout?: number;
}

/** The second argument of a function that runs in a thread. */
export interface ThreadMeta extends TaskMeta {
  /** Stores how far it is, and tells listeners.
   * @param value  a number, or an object that JSON can hold */
  progress(value: number | object): void;
}

/** What createRunner needs. All of it is checked already. */
export interface RunnerOptions {
  readonly queues: readonly QueuePlan[];
  readonly backend: BackendFactory;
  readonly backendKind: BackendKind;
  /** Handed to the backend. The runner sets `maxRetriesPerRequest: null` itself. */
  readonly connection?: unknown;
  /** BullMQ's key prefix. Default: BullMQ's own. */
  readonly prefix?: string;
  readonly telemetry?: Telemetry;
  /** The queue of a name, for what is not a worker's: dead letters, aging, schedules. It stays the caller's. */
  readonly queueOf: (name: string) => Queue | Promise<Queue>;
  /** `enqueue` of the contexts that handlers get. */
  readonly enqueue: Enqueue;
  /** The payload as the handler takes it; rejects with CATZ_TASKS_PAYLOAD. */
  readonly validate: (task: AnyTask, payload: unknown) => unknown;
  readonly events: TaskEvents;
  readonly logger: Logger;
  /** Default: no scopes. */
  readonly runInScope?: RunInScope;
  /** Default: 60,000 ms, to 10 (normal). */
  readonly aging?: AgingOptions | false;
  readonly deadLetters?: DeadLetterRetention;
  /** ms that a lock lives over a network, renewed at half of it: so long a job waits whose process died. Default: 30,000. */
  readonly lockDuration?: number;
  readonly threads?: ThreadOptions;
  /** Whether the process is under pressure: concurrency is then halved. Default: the event loop alone is asked. */
  readonly isUnderPressure?: () => boolean;
  /** p99 of the event loop's delay in ms since it was last asked. Default: `monitorEventLoopDelay`. */
  readonly loopDelay?: () => number;
  readonly intervals?: RunnerIntervals;
}

/** How long a drain waits, in ms. */
export interface DrainOptions {
  /** For attempts to end by themselves. Default: 10,000. */
  readonly drainTimeout?: number;
  /** After their signals were aborted. Default: 5,000. */
  readonly abortGrace?: number;
}

/** What became of the attempts that ran when a drain began. */
export interface DrainReport {
  /** Ended by themselves, well or not. */
  readonly completed: number;
  /** Ended after their signal was aborted. Unless they ended well, they go back to their queue and no attempt is counted. */
  readonly aborted: number;
  /** Did not end: back in their queue (embedded), or there once their lock expires. */
  readonly returned: number;
  /** Of handlers abandoned before, and never settled: dead letters now. */
  readonly abandoned: number;
}

/** One queue of a runner, now. */
export interface RunnerQueueStats {
  readonly queue: string;
  /** Attempts that run, without the abandoned. */
  readonly running: number;
  readonly concurrency: { readonly now: number; readonly min: number; readonly max: number };
  /** Handlers that ignored their abort and still run. */
  readonly abandoned: number;
  /** Whether the runner takes nothing from it: too many handlers are abandoned, or it drains. */
  readonly paused: boolean;
  /** Threads that run. */
  readonly threads: number;
}

/** How a runner does. */
export interface RunnerHealth {
  readonly state: 'ok' | 'degraded' | 'failed';
  /** Sentences, for people. */
  readonly reasons: readonly string[];
}

/** Runs jobs: one worker for each queue of its tasks. */
export interface Runner extends AsyncDisposable {
  /** Opens the workers. Calling it again changes nothing.
   * @throws CATZ_TASKS_CLOSING after a drain; what the backend throws */
  start(): Promise<void>;
  /** Takes no more jobs, lets those that run end, and closes the workers. The first call decides; others get its report. */
  drain(options?: DrainOptions): Promise<DrainReport>;
  /** Aborts the signal of a job that runs here, with CATZ_TASKS_CANCELLED.
   * @returns whether it runs here */
  cancel(queue: string, id: string, reason: string): boolean;
  queueStats(): readonly RunnerQueueStats[];
  health(): RunnerHealth;
}
