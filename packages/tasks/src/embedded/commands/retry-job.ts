// A failed attempt is followed by another at once.
import { endAttempt } from './_end-attempt.ts';
import { enqueue } from './_enqueue.ts';
import { promoteDue } from './_fetch-next.ts';
import { announce } from './_intake.ts';
import type { Command } from '../engine/command.ts';
import type { AttemptFields } from './_finish.ts';

export const retryJob: Command<
  [jobId: string, lifo: boolean, token: string, fields: AttemptFields],
  void
> = {
  acknowledgement: 'direct',
  run(context, jobId, lifo, token, fields) {
    const { queue, store, now } = context;
    // Those whose time has come go first: they have waited longer.
    if (promoteDue(context) > 0) announce(store, queue);
    const job = endAttempt(context, jobId, token, 'retryJob', fields);
    job.attemptsMade++;
    enqueue(context, queue, job, lifo);
    queue.events.append({ event: 'waiting', jobId, prev: 'active' }, now);
  },
};
