// Jobs whose workers are gone wait again. Which they are says the caller: who lives is not part of the state.
import { stall } from './_stall.ts';
import type { Command } from '../engine/command.ts';

/** Answers the ids of those that were active. */
export const moveStalledJobsToWait: Command<
  [jobIds: readonly string[], maxStalled: number],
  string[]
> = {
  acknowledgement: 'direct',
  run(context, jobIds, maxStalled) {
    const stalled: string[] = [];
    for (const id of jobIds) {
      const job = context.queue.active.get(id);
      if (job === undefined) continue;
      stall(context, job, maxStalled);
      stalled.push(id);
    }
    context.changed = stalled.length > 0;
    return stalled;
  },
};
