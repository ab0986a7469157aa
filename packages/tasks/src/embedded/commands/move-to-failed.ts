// A job failed for good.
import { finish } from './_finish.ts';
import type { Command } from '../engine/command.ts';
import type { NextJob } from './_fetch-next.ts';
import type { AttemptFields, Finish } from './_finish.ts';

export const moveToFailed: Command<
  [jobId: string, failedReason: string, how: Finish, fields: AttemptFields],
  { next: NextJob | undefined; finishedOn: number }
> = {
  acknowledgement: 'direct',
  run(context, jobId, failedReason, how, fields) {
    const next = finish(context, jobId, 'failed', failedReason, how, fields);
    return { next, finishedOn: context.now };
  },
};
