// All queues of a store, and what is counted over all of them.
// Invariant: `jobCount` and `bytes` are the sums over all jobs, and `bytes` over deduplication keys, at any time between two commands; 0
// once all queues are obliterated.
import type { QueueState } from './queue.ts';
import type { SharedOptions } from './job.ts';

export interface StoreState {
  readonly queues: Map<string, QueueState>;
  /** The queue of `<prefix>:<name>`, made on first use. */
  queueOf(name: string, prefix: string): QueueState;
  /** Options that are shared: the same object for the same JSON. */
  share(json: string): SharedOptions;
  jobCount: number;
  /** Payloads, results, logs, keys, and an allowance for each job. */
  bytes: number;
  /** Told after a job became available, or the time of the next delayed one changed; `dueAt` 0 is now. */
  wake(queue: QueueState, dueAt: number): void;
}
