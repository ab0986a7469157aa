// Whether a run of a schedule may begin: overlap, missed and jitter, which BullMQ's schedulers do not know.
// Invariant: with overlap 'skip' and 'queue' no two runs of one schedule are begun while both are active, on any number of
// machines: the one that was started first wins, whoever asks. BullMQ plans the next run when the present one starts, so that
// a long run and the next one would else overlap.
import type { Job, Queue } from 'bullmq';
import type { StoredSchedule } from '../define/stored.ts';
import { jitterOf } from '../define/stored.ts';

/** What is to be done with a run. */
export type Gate =
  | { readonly go: true }
  | { readonly skip: 'overlap' | 'missed' }
  /** Epoch ms at which it is asked again. */
  | { readonly at: number };

/** How long a run waits before it looks again whether the one before it has ended, in ms. */
const RETRY = 500;
/** A run that is later than this, of a runner that was not there when it was due, counts as missed; in ms. */
const TOLERANCE = 1_000;

/** What BullMQ's schedulers put into the options of a run, without a type for it. */
interface RepeatedOptions {
  readonly repeat?: { readonly every?: number };
}

const go: Gate = { go: true };

/** @param startedAt  epoch ms since which this runner takes jobs
 * @param queue  of the job */
export async function gateOf(
  job: Job,
  schedule: StoredSchedule,
  startedAt: number,
  queue: () => Queue | Promise<Queue>,
): Promise<Gate> {
  const now = Date.now();
  const due = dueAt(job);
  const isFirst = job.attemptsMade === 0;
  if (isFirst) {
    const start = due + jitterOf(job.id!, schedule.jitter);
    if (start > now) return { at: start };
    if (schedule.missed === 'skip' && isMissed(job, start, startedAt, now)) {
      return { skip: 'missed' };
    }
  }
  if (schedule.overlap === 'allow') return go;
  const active = await (await queue()).getActive();
  if (!active.some((other) => other?.repeatJobKey === job.repeatJobKey && isBefore(other, job))) {
    return go;
  }
  // What is repeated after a failure has begun already: it waits, even where a new run would be left out.
  return isFirst && schedule.overlap === 'skip' ? { skip: 'overlap' } : { at: now + RETRY };
}

/** Epoch ms for which the schedule planned it. */
function dueAt(job: Job): number {
  return job.opts.prevMillis ?? job.timestamp + (job.opts.delay ?? 0);
}

// Nothing ran when it was due, or its successor is due as well.
function isMissed(job: Job, start: number, startedAt: number, now: number): boolean {
  if (now - start < TOLERANCE) return false;
  const { every } = (job.opts as RepeatedOptions).repeat ?? {};
  return start < startedAt || (every !== undefined && now - start >= every);
}

function isBefore(other: Job, job: Job): boolean {
  if (other.id === job.id) return false;
  const difference = (other.processedOn ?? 0) - (job.processedOn ?? 0);
  return difference === 0 ? other.id! < job.id! : difference < 0;
}
