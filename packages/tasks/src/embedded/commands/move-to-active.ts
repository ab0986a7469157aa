// A worker asks for its next job.
import { fetchNext } from './_fetch-next.ts';
import type { Command } from '../engine/command.ts';
import type { NextJob, WorkerSettings } from './_fetch-next.ts';

export const moveToActive: Command<[token: string, worker: WorkerSettings], NextJob> = {
  acknowledgement: 'direct',
  run(context, token, worker) {
    const delayed = context.queue.delayed.size;
    const next = fetchNext(context, token, worker) ?? [null, 0, 0, 0];
    context.changed = next[0] !== null || context.queue.delayed.size !== delayed;
    return next;
  },
};
