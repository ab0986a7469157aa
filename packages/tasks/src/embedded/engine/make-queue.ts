// An empty queue.
import { DelayedJobs } from '../collections/delayed-jobs.ts';
import { EventRing } from '../collections/event-ring.ts';
import { FinishedJobs } from '../collections/finished-jobs.ts';
import { JobDeque } from '../collections/job-deque.ts';
import { PrioritizedJobs } from '../collections/prioritized-jobs.ts';
import { WeighedMap } from '../collections/weighed-map.ts';
import type { Metrics, QueueState } from './queue.ts';

/** @param take  told how many bytes more, or fewer, the queue takes beside its jobs; default: nobody counts */
export function makeQueue(
  name: string,
  prefix: string,
  take: (bytes: number) => void = () => undefined,
): QueueState {
  return {
    name,
    prefix,
    key: `${prefix}:${name}`,
    jobs: new Map(),
    wait: new JobDeque(),
    prioritized: new PrioritizedJobs(),
    delayed: new DelayedJobs(),
    active: new Map(),
    waitingChildren: new Map(),
    completed: new FinishedJobs(),
    failed: new FinishedJobs(),
    meta: new Map(),
    deduplication: new WeighedMap(({ jobId }) => jobId.length, take),
    deduplicationNext: new WeighedMap((json) => json.length, take),
    schedulers: new Map(),
    rateWindow: undefined,
    metrics: { completed: noMetrics(), failed: noMetrics() },
    events: new EventRing(),
    lastId: 0,
  };
}

function noMetrics(): Metrics {
  return { count: 0, previousCount: 0, previousAt: -1, points: [] };
}
