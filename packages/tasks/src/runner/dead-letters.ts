// Writes dead letters, and removes old ones.
// Invariant: the letter is written before its job is failed, under an id that follows from the job and its attempts: a crash
// between the two repeats the write, which then changes nothing. Nobody runs the queue of dead letters; its jobs just wait there.
import type { Job, Queue } from 'bullmq';
import type { DeadData, StoredData } from '../define/stored.ts';
import { deadQueueOf } from '../define/stored.ts';
import { codeOf, errorChain } from './error-texts.ts';
import { reasonOf, timesIn } from './failure.ts';
import type { AttemptTimes } from './failure.ts';
import type { DeadLetterRetention } from './types.ts';

const DAY = 86_400_000;
const DEFAULT_AGE = 30 * DAY;
const DEFAULT_COUNT = 100_000;
/** At most so many are removed by one sweep, so that a sweep stays short. */
const SWEEP = 10_000;
const CHUNK = 100;

/** Where the queue of a name is to be had. */
type QueueOf = (name: string) => Queue | Promise<Queue>;

/** Puts a job to the dead letters of its queue.
 * @param times  of the attempt that was the last; undefined when none ran
 * @throws what the backend throws */
export async function writeDeadLetter(
  queueOf: QueueOf,
  queue: string,
  job: Job,
  error: unknown,
  times: AttemptTimes | undefined,
): Promise<void> {
  const dead = await queueOf(deadQueueOf(queue));
  const attemptsMade = job.attemptsMade + (times === undefined ? 0 : 1);
  const stored = (job.data ?? {}) as Partial<StoredData>;
  const attempts = timesIn(job.stacktrace).map(({ startedAt, endedAt }) => ({
    startedAt,
    endedAt,
  }));
  if (times !== undefined) attempts.push(times);
  const data: DeadData = {
    task: job.name,
    queue,
    id: job.id!,
    version: stored.version ?? 1,
    payload: stored.payload,
    reason: reasonOf(error),
    code: codeOf(error),
    errors: errorChain(error),
    attempts,
    attemptsMade,
    enqueuedAt: job.timestamp,
    deadAt: Date.now(),
    priority: job.opts.priority ?? 1,
  };
  // Runs of schedules have ids with colons, which no id of a caller may have.
  const jobId = `${queue}.${job.id!.replaceAll(':', '.')}.${attemptsMade}`;
  await dead.add(job.name, data, { jobId });
}

/** Removes dead letters that are too old or too many.
 * @returns how many went */
export async function sweepDeadLetters(
  queueOf: QueueOf,
  queue: string,
  { age = DEFAULT_AGE, count = DEFAULT_COUNT }: DeadLetterRetention,
): Promise<number> {
  const dead = await queueOf(deadQueueOf(queue));
  const oldest = Date.now() - age;
  let excess = (await dead.getWaitingCount()) - count;
  let removed = 0;
  while (removed < SWEEP) {
    // Ascending, the oldest come first: those behind the first that may stay are left unread.
    const letters = await dead.getJobs(['waiting'], 0, CHUNK - 1, true);
    const due = letters.filter((letter) => {
      excess -= 1;
      return letter !== undefined && (excess >= 0 || letter.timestamp < oldest);
    });
    for (const letter of due) await letter.remove();
    removed += due.length;
    if (due.length < CHUNK) break;
  }
  return removed;
}
