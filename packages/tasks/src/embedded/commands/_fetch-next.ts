// Gives the next job to a worker: delayed ones whose time has come first become available, then limits are looked at, then one is taken.
// Invariant: a job given out is active, locked by its token, and counted against the rate limit.
import { ACTIVE, WAITING_AFTER_DELAY } from './_job-events.ts';
import { announce, hasAvailable, isPausedOrMaxed } from './_intake.ts';
import { toJobJson } from '../engine/job-json.ts';
import type { JobJson } from 'bullmq';
import type { CommandContext } from '../engine/command.ts';
import type { Job } from '../engine/job.ts';
import type { QueueState } from '../engine/queue.ts';

/** As BullMQ's worker takes it: the job or null, its id, ms until the rate limit ends, epoch ms of the next delayed job. */
export type NextJob = [job: JobJson | null, id: string | 0, limitDelay: number, delayUntil: number];

/** What a worker says of itself. */
export type WorkerSettings = {
  readonly name?: string;
  /** Jobs per `limitDuration` ms. */
  readonly limitMax?: number;
  readonly limitDuration?: number;
};

/** BullMQ moves no more at once, so that a call stays short. */
const MAX_PROMOTED = 1_000;

/** @returns undefined when there is none, now or later */
export function fetchNext(
  context: CommandContext,
  token: string,
  worker: WorkerSettings,
): NextJob | undefined {
  const { queue, store, now } = context;
  const promoted = promoteDue(context);
  const { meta } = queue;
  const max = meta.get('max');
  const limit = max === undefined ? worker.limitMax : Number(max);
  const limitDelay = limit === undefined ? 0 : rateLimitTtl(queue, limit, now);
  if (limitDelay > 0) {
    // A worker with another limit may have what this one may not.
    if (promoted > 0) announce(store, queue);
    // This one may be gone by then.
    if (hasAvailable(queue)) store.wake(queue, now + limitDelay);
    return [null, 0, limitDelay, 0];
  }
  if (isPausedOrMaxed(queue)) return [null, 0, 0, 0];
  const job = queue.wait.shift() ?? queue.prioritized.shift();
  if (job === undefined) {
    const { nextDueAt } = queue.delayed;
    return nextDueAt === Infinity ? undefined : [null, 0, 0, Math.floor(nextDueAt)];
  }
  if (limit !== undefined && job.rare?.deferredFailure === undefined) {
    countAgainstLimit(queue, worker.limitDuration ?? Number(meta.get('duration')), now);
  }
  start(context, job, token, worker.name);
  announce(store, queue);
  return [toJobJson(job), job.id, 0, 0];
}

/** ms until the present window of a rate limit ends, 0 when there is room in it. */
export function rateLimitTtl(queue: QueueState, max: number, now: number): number {
  const window = queue.rateWindow;
  if (window === undefined || window.count < max) return 0;
  return Math.max(0, window.endsAt - now);
}

/** Makes delayed jobs available whose time has come; to announce them is left to the caller, who takes one or adds another.
 * @returns how many */
export function promoteDue({ queue, now }: CommandContext): number {
  let count = 0;
  // The fraction of a ms that BullMQ's scores leave room for.
  while (count < MAX_PROMOTED && queue.delayed.nextDueAt < now + 1) {
    const job = queue.delayed.shift() as Job;
    job.delay = 0;
    if (job.priority === 0) {
      job.state = 'wait';
      queue.wait.pushBack(job);
    } else {
      job.state = 'prioritized';
      queue.prioritized.push(job);
    }
    queue.events.appendJob(WAITING_AFTER_DELAY, job.id, now);
    count++;
  }
  return count;
}

function start(
  { queue, now, owner }: CommandContext,
  job: Job,
  token: string,
  workerName: string | undefined,
): void {
  job.state = 'active';
  queue.active.set(job.id, job);
  if (token !== '0') job.lock = { token, owner };
  if (workerName !== undefined) {
    job.rare ??= {};
    job.rare.processedBy = workerName;
  }
  job.processedOn = now;
  job.attemptsStarted++;
  queue.events.appendJob(ACTIVE, job.id, now);
}

function countAgainstLimit(queue: QueueState, duration: number, now: number): void {
  const window = queue.rateWindow;
  if (window !== undefined && window.endsAt > now) window.count++;
  else queue.rateWindow = { count: 1, endsAt: now + Math.floor(Math.abs(duration)) };
}
