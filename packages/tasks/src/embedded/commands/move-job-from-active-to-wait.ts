// A worker gives a job back that it may not run at present, because of a rate limit: it is the next one of its priority.
import { endAttempt } from './_end-attempt.ts';
import { enqueueFirst } from './_enqueue.ts';
import type { Command } from '../engine/command.ts';

/** Answers ms until the present window of the rate limit ends, 0 when there is none. */
export const moveJobFromActiveToWait: Command<[jobId: string, token: string], number> = {
  acknowledgement: 'direct',
  run(context, jobId, token) {
    const { queue, now } = context;
    const job = endAttempt(context, jobId, token, 'moveJobFromActiveToWait');
    enqueueFirst(context, queue, job);
    queue.events.append({ event: 'waiting', jobId, prev: 'active' }, now);
    return Math.max(0, (queue.rateWindow?.endsAt ?? 0) - now);
  },
};
