// All of a store that decides what happens next, as plain values to compare: written apart from the snapshot it checks.
import type { Job } from '../../../../src/embedded/engine/job.ts';
import type { QueueState } from '../../../../src/embedded/engine/queue.ts';
import type { StoreState } from '../../../../src/embedded/engine/store-state.ts';

export function dump(store: StoreState): unknown {
  const queues = [...store.queues.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  return {
    jobCount: store.jobCount,
    bytes: store.bytes,
    queues: queues.map((queue) => dumpQueue(queue)),
  };
}

function dumpQueue(queue: QueueState): unknown {
  const list = (jobs: Iterable<Job>): unknown[] => [...jobs].map((job) => dumpJob(queue, job));
  return {
    key: queue.key,
    size: queue.jobs.size,
    wait: list(queue.wait),
    prioritized: list(queue.prioritized),
    delayed: list(queue.delayed.toSorted()),
    active: list(queue.active.values()),
    waitingChildren: list(queue.waitingChildren.values()),
    completed: list(queue.completed),
    failed: list(queue.failed),
    meta: [...queue.meta].sort(),
    deduplication: [...queue.deduplication],
    deduplicationNext: [...queue.deduplicationNext],
    schedulers: [...queue.schedulers],
    rateWindow: queue.rateWindow,
    metrics: queue.metrics,
    lastId: queue.lastId,
    maxEvents: queue.events.maxLength,
  };
}

/** Of a job that was started; see dumpJob for the others. */
const STARTED = [
  'attemptsMade',
  'attemptsStarted',
  'stalledCounter',
  'processedOn',
  'finishedOn',
  'progress',
  'returnValue',
  'failedReason',
  'stacktrace',
] as const;

function dumpJob(queue: QueueState, job: Job): unknown {
  const { slot: _slot, sinceNear: _near, ran, options, rare, ...fields } = job;
  for (const name of Object.keys(ran ?? {})) {
    // A field that nobody compares is a field that nobody stores.
    if (name !== 'lock' && !STARTED.includes(name as (typeof STARTED)[number])) {
      throw new Error(`expected ${name} to be compared`);
    }
  }
  return {
    ...fields,
    ...Object.fromEntries(STARTED.map((name) => [name, job[name]])),
    timestamp: job.timestamp,
    options: options.json,
    rare: rare === undefined ? undefined : JSON.parse(JSON.stringify(rare, withSets)),
    token: job.lock?.token,
    dueAt: queue.delayed.dueAtOf(job),
    isFirst: queue.prioritized.isFront(job) || queue.delayed.isFirst(job),
  };
}

function withSets(_: string, value: unknown): unknown {
  return value instanceof Set || value instanceof Map ? [...value] : value;
}
