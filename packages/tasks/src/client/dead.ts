// Dead letters, as people see them: list, enqueue again, discard. The runner puts them into the queue `<queue>.dead`.
// Invariant: a letter is removed only after its job is stored again, under an id that follows from the letter: a repeat after a
// crash finds the job there, and adds no second one.
import { checkOptions, duration, int, optional, string } from '@catzilla/common';
import type { Job, Queue } from 'bullmq';
import { deadQueueOf } from '../define/stored.ts';
import type { DeadData, StoredData } from '../define/stored.ts';
import type { TaskHandle } from '../define/context.ts';
import { errors } from '../errors.ts';
import { ask } from './context.ts';
import type { ClientContext } from './context.ts';
import { tellEnqueued } from './enqueue.ts';
import { handleOf } from './handle.ts';
import { jobOptions } from './job-options.ts';

/** A job that failed for good. */
export interface DeadLetter extends Omit<DeadData, 'id'> {
  /** Of the letter. */
  readonly id: string;
  /** Of the job that failed. */
  readonly jobId: string;
}

/** Which letters. What is left out does not matter. */
export interface DeadFilter {
  /** The queue that the jobs were in. */
  readonly queue?: string;
  /** Name of the task. */
  readonly task?: string;
  /** Code of the error. */
  readonly code?: string;
  /** ms: only those that are older. */
  readonly olderThan?: number;
  /** At most so many, oldest first. Default: 1,000. */
  readonly limit?: number;
}

/** Dead letters. */
export interface DeadLetters {
  /** Oldest first.
   * @throws CATZ_TASKS_OPTIONS */
  list(filter?: DeadFilter): Promise<readonly DeadLetter[]>;
  /** Enqueues jobs again, with all their attempts, and removes the letters. `idempotencyKey` and `unique` are not asked: another job of
   * the same key may be there.
   * @param which  id of a letter, or a filter
   * @returns handles of the new jobs
   * @throws CATZ_TASKS_UNKNOWN_JOB when there is no letter of that id; CATZ_TASKS_UNKNOWN_TASK when the code has the task no more */
  requeue(which: string | DeadFilter): Promise<readonly TaskHandle[]>;
  /** Removes letters.
   * @param which  as in `requeue`
   * @returns how many */
  discard(which: string | DeadFilter): Promise<number>;
}

/** A letter where it is. */
interface Found {
  readonly letter: DeadLetter;
  readonly job: Job;
  readonly queue: Queue;
}

const PAGE = 500;
const STATES = ['waiting', 'prioritized', 'delayed', 'completed', 'failed'] as const;

/** Makes the reading side of dead letters. */
export function deadLetters(client: ClientContext): DeadLetters {
  return Object.freeze({
    async list(filter) {
      return (await findAll(client, filter)).map(({ letter }) => letter);
    },
    async requeue(which) {
      const found = await select(client, which);
      // All of them are known before the first is enqueued.
      for (const { letter } of found) client.registry.get(letter.task);
      const handles: TaskHandle[] = [];
      for (const each of found) handles.push(await requeueOne(client, each));
      return handles;
    },
    async discard(which) {
      const found = await select(client, which);
      await Promise.all(found.map(({ job }) => job.remove()));
      return found.length;
    },
  } satisfies DeadLetters);
}

async function requeueOne(client: ClientContext, { letter, job }: Found): Promise<TaskHandle> {
  const task = client.registry.get(letter.task);
  const data: StoredData = { version: letter.version, payload: letter.payload };
  const { priority } = letter;
  const options = {
    ...jobOptions(task, { priority, retry: task.retry }),
    jobId: nextRunId(letter),
  };
  const added = await ask(client, task.queue, async () =>
    (await client.links.queue(task.queue)).add(task.name, data, options),
  );
  await job.remove();
  const id = added.id ?? options.jobId;
  tellEnqueued(client, task, id, letter.payload, { priority, delayMs: 0, deduplicated: false });
  return handleOf(client, { id, task: task.name, queue: task.queue }, false);
}

// The id of the job that a letter becomes. No id of idMaker() has a dot, so that it is no other job's; the time of the death tells
// it from what an earlier letter of the same job became. Runs of schedules have colons, which ids that are given may not hold.
function nextRunId({ jobId, deadAt }: DeadLetter): string {
  return `${jobId.replaceAll(':', '.')}.${deadAt.toString(36)}`;
}

async function select(client: ClientContext, which: string | DeadFilter): Promise<Found[]> {
  if (typeof which !== 'string') return findAll(client, which);
  const found = await Promise.all(
    client.registry.queues.map(async ({ name }) => {
      const queue = await client.links.queue(deadQueueOf(name));
      const job = await ask(client, queue.name, async () => queue.getJob(which));
      return job === undefined ? undefined : { letter: letterOf(job), job, queue };
    }),
  );
  const letter = found.find((each) => each !== undefined);
  if (letter === undefined) throw new errors.UNKNOWN_JOB(which.slice(0, 64));
  return [letter];
}

async function findAll(client: ClientContext, given: DeadFilter | undefined): Promise<Found[]> {
  const filter = checkOptions(given, filterSpecs, {
    path: 'filter',
    error: (message) => new errors.OPTIONS(message),
  });
  const queues = client.registry.queues.filter(
    ({ name }) => filter.queue === undefined || filter.queue === name,
  );
  const lists = await Promise.all(
    queues.map(async ({ name }) => {
      const queue = await client.links.queue(deadQueueOf(name));
      return ask(client, queue.name, () => lettersIn(queue, filter));
    }),
  );
  return lists
    .flat()
    .toSorted((a, b) => a.letter.deadAt - b.letter.deadAt)
    .slice(0, filter.limit);
}

// Page by page: there may be far more letters than are asked for.
async function lettersIn(queue: Queue, filter: Filter): Promise<Found[]> {
  const found: Found[] = [];
  const now = Date.now();
  for (let start = 0; found.length < filter.limit; start += PAGE) {
    const jobs = await queue.getJobs([...STATES], start, start + PAGE - 1, true);
    for (const job of jobs) {
      // One that was removed since the ids were read is a hole.
      if (job === undefined) continue;
      const letter = letterOf(job);
      if (fits(letter, filter, now)) found.push({ letter, job, queue });
    }
    if (jobs.length < PAGE) break;
  }
  return found;
}

type Filter = Readonly<
  Record<'queue' | 'task' | 'code', string | undefined> & {
    limit: number;
    olderThan: number | undefined;
  }
>;

const filterSpecs = {
  queue: optional(string()),
  task: optional(string()),
  code: optional(string()),
  olderThan: optional(duration({ allowZero: true })),
  limit: int({ min: 1, default: 1_000 }),
};

function fits(letter: DeadLetter, { task, code, olderThan }: Filter, now: number): boolean {
  return (
    (task === undefined || letter.task === task) &&
    (code === undefined || letter.code === code) &&
    (olderThan === undefined || letter.deadAt <= now - olderThan)
  );
}

function letterOf(job: Job): DeadLetter {
  const { id: jobId, ...data } = job.data as DeadData;
  return { ...data, id: job.id ?? '', jobId };
}
