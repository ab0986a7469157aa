// A worker puts its job off: a retry with backoff, or by its own wish.
import { endAttempt } from './_end-attempt.ts';
import { enqueueDelayed } from './_enqueue.ts';
import { fetchNext } from './_fetch-next.ts';
import { announce } from './_intake.ts';
import type { Command } from '../engine/command.ts';
import type { NextJob, WorkerSettings } from './_fetch-next.ts';
import type { AttemptFields } from './_finish.ts';

/** How a job is put off. */
export type PutOff = {
  /** Epoch ms from which the delay counts. */
  readonly timestamp: number;
  /** ms. */
  readonly delay: number;
  readonly token: string;
  /** Whether this attempt does not count. */
  readonly skipAttempt: boolean;
  readonly fetchNext: boolean;
  readonly worker: WorkerSettings;
};

export const moveToDelayed: Command<
  [jobId: string, how: PutOff, fields: AttemptFields],
  NextJob | undefined
> = {
  acknowledgement: 'direct',
  run(context, jobId, how, fields) {
    const { queue, store } = context;
    const job = endAttempt(context, jobId, how.token, 'moveToDelayed', fields);
    if (!how.skipAttempt) job.attemptsMade++;
    enqueueDelayed(context, queue, job, how.timestamp, how.delay);
    const next = how.fetchNext ? fetchNext(context, how.token, how.worker) : undefined;
    if (next !== undefined && next[0] !== null) return next;
    if (queue.meta.has('concurrency')) announce(store, queue);
    return undefined;
  },
};
