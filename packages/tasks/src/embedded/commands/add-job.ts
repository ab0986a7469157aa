// Adds a job.
import { insertJob } from './_insert-job.ts';
import type { Command } from '../engine/command.ts';
import type { NewJob } from '../engine/job.ts';

export const addJob: Command<[job: NewJob], string> = {
  acknowledgement: 'durable',
  run: (context, job) => insertJob(context, job, false),
};
