// What can be done to a pair of queues, as data: so that a run can be printed, cut down and repeated.
// Invariant: an operation names everything it touches; it means something in every state, if only an error.
import type { JobsOptions, RepeatOptions } from 'bullmq';
import type { Reading } from './reading.ts';

export type QueueName = 'alpha' | 'beta';
export const QUEUE_NAMES: readonly QueueName[] = ['alpha', 'beta'];

/** A job, by queue and id. */
export interface JobRef {
  readonly queue: QueueName;
  readonly id: string;
}

export interface NewJob {
  readonly name: string;
  readonly data: unknown;
  readonly opts: JobsOptions;
}

export interface FlowNode {
  readonly queueName: QueueName;
  readonly name: string;
  readonly data: unknown;
  readonly opts: JobsOptions;
  readonly children?: FlowNode[];
}

/** How a worker ends, or puts back, a job it holds; `token` is the one it holds it by, or a wrong one. */
type Held = JobRef & { readonly token: string };

export type Operation =
  | { readonly do: 'add'; readonly queue: QueueName; readonly job: NewJob }
  | { readonly do: 'addBulk'; readonly queue: QueueName; readonly jobs: readonly NewJob[] }
  | { readonly do: 'flow'; readonly flow: FlowNode }
  | { readonly do: 'flows'; readonly flows: readonly FlowNode[] }
  | { readonly do: 'claim'; readonly queue: QueueName; readonly token: string }
  | ({ readonly do: 'complete'; readonly value: unknown; readonly fetch: boolean } & Held)
  | ({
      readonly do: 'fail';
      readonly message: string;
      readonly unrecoverable: boolean;
      readonly fetch: boolean;
    } & Held)
  | ({ readonly do: 'delayActive'; readonly delay: number } & Held)
  | ({ readonly do: 'putBack' | 'extendLock' } & Held)
  | ({ readonly do: 'waitForChildren'; readonly child: JobRef | undefined } & Held)
  | ({
      readonly do:
        | 'promote'
        | 'removeChildDependency'
        | 'removeUnprocessedChildren'
        | 'removeOwnDeduplication';
    } & JobRef)
  | ({
      readonly do: 'retry';
      readonly state: 'failed' | 'completed';
      readonly resetAttemptsMade: boolean;
      readonly resetAttemptsStarted: boolean;
    } & JobRef)
  | ({ readonly do: 'changeDelay'; readonly delay: number } & JobRef)
  | ({ readonly do: 'changePriority'; readonly priority: number; readonly lifo: boolean } & JobRef)
  | ({ readonly do: 'updateData'; readonly data: unknown } & JobRef)
  | ({ readonly do: 'progress'; readonly value: number | object } & JobRef)
  | ({ readonly do: 'log'; readonly row: string; readonly keep: number | undefined } & JobRef)
  | ({ readonly do: 'clearLogs'; readonly keep: number | undefined } & JobRef)
  | ({ readonly do: 'remove'; readonly removeChildren: boolean } & JobRef)
  | {
      readonly do: 'pause' | 'resume' | 'promoteJobs' | 'rateLimit' | 'endRateLimit' | 'loseWorker';
      readonly queue: QueueName;
    }
  | { readonly do: 'drain'; readonly queue: QueueName; readonly delayed: boolean }
  | {
      readonly do: 'clean';
      readonly queue: QueueName;
      readonly grace: number;
      readonly limit: number;
      readonly state:
        'completed' | 'failed' | 'wait' | 'active' | 'paused' | 'prioritized' | 'delayed';
    }
  | {
      readonly do: 'retryJobs';
      readonly queue: QueueName;
      readonly state: 'completed' | 'failed';
      readonly count: number;
    }
  | { readonly do: 'obliterate'; readonly queue: QueueName; readonly force: boolean }
  | { readonly do: 'concurrency'; readonly queue: QueueName; readonly value: number | undefined }
  | { readonly do: 'globalRate'; readonly queue: QueueName; readonly max: number | undefined }
  | { readonly do: 'forgetDeduplication'; readonly queue: QueueName; readonly id: string }
  | {
      readonly do: 'schedule';
      readonly queue: QueueName;
      readonly id: string;
      readonly repeat: Omit<RepeatOptions, 'key'>;
      readonly template: NewJob;
    }
  | { readonly do: 'unschedule'; readonly queue: QueueName; readonly id: string }
  | { readonly do: 'read'; readonly queue: QueueName; readonly reading: Reading };

/** An operation and the ms that pass before it. */
export interface Step {
  readonly wait: number;
  readonly operation: Operation;
}

/** One line each, to be pasted back into a test. */
export function textOf(steps: readonly Step[]): string {
  return steps.map((step) => JSON.stringify(step)).join(',\n');
}
