// A job as one record of a snapshot, and back.
// Invariant: every field of Job is here, or is said to be left out: whatever decides what a command does must survive a reload,
// the token of a lock too, for an attempt may end in the log behind the snapshot. The lock's owner is gone by then.
import { dependencyBytes } from '../commands/_dependencies.ts';
import { Job } from '../engine/job.ts';
import { sizeOf } from '../engine/size.ts';
import type { Dependencies, Place, RareFields } from '../engine/job.ts';
import type { QueueState } from '../engine/queue.ts';
import type { StoreState } from '../engine/store-state.ts';

type Text = string | null;

/** Behind the tag: the fields in the order of Job, then those that collections know. */
export type JobRecord = [
  tag: 'job',
  state: Place,
  id: string,
  name: string,
  data: string,
  options: string,
  timestamp: number,
  delay: number,
  priority: number,
  attemptsMade: number,
  attemptsStarted: number,
  stalledCounter: number,
  processedOn: number,
  finishedOn: number,
  progress: Text,
  returnValue: Text,
  failedReason: Text,
  stacktrace: Text,
  rare: StoredRare | null,
  token: Text,
  /** Of a delayed job, epoch ms. */
  dueAt: number,
  /** Put before its equals: pushFront of prioritized jobs, pushFirst of delayed ones. */
  isFirst: 0 | 1,
];

type StoredRare = Omit<RareFields, 'dependencies'> & { dependencies?: StoredDependencies };

interface StoredDependencies {
  readonly pending: string[];
  readonly processed: [string, string][];
  readonly ignored: [string, string][];
  readonly failed: string[];
}

export function storeJob(queue: QueueState, job: Job): JobRecord {
  const { rare } = job;
  return [
    'job',
    job.state,
    job.id,
    job.name,
    job.data,
    job.options.json,
    job.timestamp,
    job.delay,
    job.priority,
    job.attemptsMade,
    job.attemptsStarted,
    job.stalledCounter,
    job.processedOn,
    job.finishedOn,
    job.progress ?? null,
    job.returnValue ?? null,
    job.failedReason ?? null,
    job.stacktrace ?? null,
    rare === undefined ? null : storeRare(rare),
    job.lock?.token ?? null,
    job.state === 'delayed' ? (queue.delayed.dueAtOf(job) ?? 0) : 0,
    isFirst(queue, job) ? 1 : 0,
  ];
}

/** Makes the job again, and puts it behind those of its collection that were loaded before. */
export function loadJob(store: StoreState, queue: QueueState, record: JobRecord): void {
  const job = new Job(record[2], record[3], record[4], store.share(record[5]), record[6]);
  job.state = record[1];
  job.delay = record[7];
  job.priority = record[8];
  job.attemptsMade = record[9];
  job.attemptsStarted = record[10];
  job.stalledCounter = record[11];
  job.processedOn = record[12];
  job.finishedOn = record[13];
  job.progress = record[14] ?? undefined;
  job.returnValue = record[15] ?? undefined;
  job.failedReason = record[16] ?? undefined;
  job.stacktrace = record[17] ?? undefined;
  if (record[18] !== null) job.rare = loadRare(record[18]);
  if (record[19] !== null) job.lock = { token: record[19], owner: undefined };
  queue.jobs.set(job.id, job);
  store.jobCount++;
  store.bytes += sizeOf(job);
  const dependencies = job.rare?.dependencies;
  if (dependencies !== undefined) store.bytes += dependencyBytes(dependencies);
  place(queue, job, record[20], record[21] === 1);
}

/** All jobs of a queue, in an order that loadJob() can take. */
export function* jobsInOrder(queue: QueueState): Generator<Job, void, undefined> {
  yield* queue.wait;
  yield* queue.prioritized;
  yield* queue.delayed.toSorted();
  yield* queue.active.values();
  yield* queue.waitingChildren.values();
  yield* queue.completed;
  yield* queue.failed;
}

function place(queue: QueueState, job: Job, dueAt: number, isFirst: boolean): void {
  switch (job.state) {
    case 'wait':
      queue.wait.pushBack(job);
      return;
    case 'prioritized':
      if (isFirst) queue.prioritized.pushFront(job);
      else queue.prioritized.push(job);
      return;
    case 'delayed':
      if (isFirst) queue.delayed.pushFirst(job, dueAt);
      else queue.delayed.push(job, dueAt);
      return;
    case 'active':
      queue.active.set(job.id, job);
      return;
    case 'waiting-children':
      queue.waitingChildren.set(job.id, job);
      return;
    case 'completed':
      queue.completed.push(job);
      return;
    case 'failed':
      queue.failed.push(job);
  }
}

function isFirst(queue: QueueState, job: Job): boolean {
  if (job.state === 'prioritized') return queue.prioritized.isFront(job);
  return job.state === 'delayed' && queue.delayed.isFirst(job);
}

function storeRare({ dependencies, ...rest }: RareFields): StoredRare {
  if (dependencies === undefined) return rest;
  const { pending, processed, ignored, failed } = dependencies;
  return {
    ...rest,
    dependencies: {
      pending: [...pending],
      processed: [...processed],
      ignored: [...ignored],
      failed: [...failed],
    },
  };
}

function loadRare({ dependencies, ...rest }: StoredRare): RareFields {
  if (dependencies === undefined) return rest;
  const { pending, processed, ignored, failed } = dependencies;
  const loaded: Dependencies = {
    pending: new Set(pending),
    processed: new Map(processed),
    ignored: new Map(ignored),
    failed: new Set(failed),
  };
  return { ...rest, dependencies: loaded };
}
