// A worker is done with a job.
import { finish } from './_finish.ts';
import type { Command } from '../engine/command.ts';
import type { NextJob } from './_fetch-next.ts';
import type { Finish } from './_finish.ts';

export const moveToCompleted: Command<
  [jobId: string, returnValue: string, how: Finish],
  { next: NextJob | undefined; finishedOn: number }
> = {
  acknowledgement: 'direct',
  run(context, jobId, returnValue, how) {
    return { next: finish(context, jobId, 'completed', returnValue, how), finishedOn: context.now };
  },
};
