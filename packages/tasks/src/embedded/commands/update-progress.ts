// How far a job is. The event is what most listen for; the value stays with the job until the next.
import { resize } from '../engine/size.ts';
import type { Command } from '../engine/command.ts';
import { CODES, failure } from './_failure.ts';

/** Notes how far a job is (JSON), and tells so. */
export const updateProgress: Command<[jobId: string, progress: string], void> = {
  acknowledgement: 'direct',
  run({ store, queue, now }, jobId, progress) {
    const job = queue.jobs.get(jobId);
    if (job === undefined) throw failure(CODES.jobNotExist, { command: 'updateProgress', jobId });
    resize(store, job, () => {
      job.progress = progress;
    });
    queue.events.append({ event: 'progress', jobId, data: progress }, now);
  },
};
