// Another payload for a job, in whatever state it is.
import { resize } from '../engine/size.ts';
import type { Command } from '../engine/command.ts';
import { CODES, failure } from './_failure.ts';

/** Replaces the payload of a job (JSON); undefined, which is no JSON, stands for `{}`, as it does on Redis. */
export const updateData: Command<[jobId: string, data: string | undefined], void> = {
  acknowledgement: 'durable',
  run({ store, queue }, jobId, data) {
    const job = queue.jobs.get(jobId);
    if (job === undefined) throw failure(CODES.jobNotExist, { command: 'updateData', jobId });
    resize(store, job, () => {
      job.data = data ?? '{}';
    });
  },
};
