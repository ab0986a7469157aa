// What a thread and the owner of the stores say to each other, over one MessagePort for all backends of the thread.
// Order: the thread's first message is PROTOCOL; from then on each of its messages is what one turn of its event loop had to say, calls
// in the order in which they were made. Answers come in the order in which they are known.
import type { MessagePort } from 'node:worker_threads';
import type { IQueueBackend } from 'bullmq';
import type { EmbeddedBackend } from '../backend/embedded-backend.ts';
import type { Named } from '../backend/named.ts';
import type { StoreStats } from '../backend/shared-store.ts';
import type { CrossedError } from './crossed-error.ts';

/** Raised with each change of what is said. The owner is as old as the process, a thread may have loaded a newer release. */
export const PROTOCOL = 1;

/** Under which a thread finds how to reach the owner: of `globalThis`, since two copies of this package may be loaded, and whoever starts
 * the thread should not have to load any. */
export const OWNER: unique symbol = Symbol.for('@catzilla/tasks.owner') as never;

/** Hands one end of a channel to whoever has the stores. */
export type HandOver = (port: MessagePort) => void;

/** Members of a backend that the owner runs: all of the contract that are not about names, and ours for statistics. */
export const FORWARDED = [
  'addFlow',
  'addJob',
  'addJobScheduler',
  'addJobs',
  'addLog',
  'changeDelay',
  'changePriority',
  'cleanJobsByState',
  'clearLogs',
  'deleteDeduplicationKey',
  'disconnect',
  'disconnectBlocking',
  'drain',
  'extendLock',
  'extendLocks',
  'getClientList',
  'getCounts',
  'getCountsByName',
  'getCountsPerPriority',
  'getDeduplicationJobId',
  'getDependencies',
  'getDependencyCounts',
  'getIgnoredChildrenFailures',
  'getJobData',
  'getJobLogs',
  'getJobScheduler',
  'getJobSchedulerData',
  'getJobSchedulersCount',
  'getJobSchedulersRange',
  'getMetrics',
  'getProcessedChildrenValues',
  'getQueueMeta',
  'getQueueMetaField',
  'getQueueMetaFields',
  'getRanges',
  'getRateLimitTtl',
  'getState',
  'hasQueueMetaField',
  'isFinished',
  'isJobInState',
  'isJobScheduler',
  'isMaxed',
  'moveJobFromActiveToWait',
  'moveStalledJobsToWait',
  'moveToActive',
  'moveToCompleted',
  'moveToDelayed',
  'moveToFailed',
  'moveToWaitingChildren',
  'obliterate',
  'paginate',
  'pause',
  'promote',
  'promoteJobs',
  'publishEvent',
  'readEvents',
  'reconnectBlocking',
  'remove',
  'removeChildDependency',
  'removeDeduplicationKey',
  'removeDeprecatedPriorityKey',
  'removeJobScheduler',
  'removeOrphanedJobs',
  'removeQueueMetaFields',
  'removeRateLimitKey',
  'removeUnprocessedChildren',
  'retryFinishedJob',
  'retryFinishedJobs',
  'retryJob',
  'setName',
  'setQueueMeta',
  'setRateLimit',
  'trimEvents',
  'updateData',
  'updateJobSchedulerNextMillis',
  'updateProgress',
  'waitForJob',
  'waitUntilReady',
] as const;

export type Forwarded = (typeof FORWARDED)[number];

/** What a remote backend does by itself. */
export type Local =
  keyof Named | 'close' | 'closing' | 'forQueue' | 'maximumBlockTimeout' | 'minimumBlockTimeout';

/** Of the contract, what is neither forwarded nor done locally: nothing, which a test holds. */
export type Forgotten = Exclude<keyof IQueueBackend, Forwarded | Local>;

/** What can be asked besides: about stores and backends themselves.
 * - `store`: number, options of embeddedBackend() (checked); `open`: store, queue name, settings, name of the client or undefined
 * - `sibling`: number of its root, queue name, prefix; `settings`: settings, when they are others; `close`: force; `stats`: store */
export type Control = 'store' | 'open' | 'sibling' | 'settings' | 'close' | 'stats';

/** One call: its number (0: no answer is wanted), the number of the backend, the member, which arguments are JSON, and the arguments.
 * Numbers of backends and stores are the thread's. */
export type Call = readonly [
  id: number,
  backend: number,
  member: Forwarded | Control,
  json: number,
  ...args: unknown[],
];

/** To a thread. */
export interface Reply {
  readonly answers: readonly Answer[];
  /** Of stores, by the thread's number: now and then, and when their state has changed. */
  readonly stats?: readonly (readonly [store: number, stats: StoreStats])[];
  /** What backends report by themselves: the disk takes no more. */
  readonly faults?: readonly (readonly [backend: number, error: CrossedError])[];
}

/** The number of the call, and what came of it: the value, or an error. */
export type Answer = readonly [id: number, value: unknown, error?: CrossedError];

/** As the owner's backends are called. */
export type Callable = Readonly<
  Record<Forwarded, (this: EmbeddedBackend, ...args: unknown[]) => Promise<unknown>>
>;
