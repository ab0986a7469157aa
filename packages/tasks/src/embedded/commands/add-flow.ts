// Adds trees of jobs, over any queues, at once: parents before their children, each of which finds its parent there.
// Invariant: no parent goes on before the whole flow is in; one whose children were there before, and done, goes on at the end.
import type { Command, CommandContext } from '../engine/command.ts';
import type { NewJob } from '../engine/job.ts';
import { CODES } from './_failure.ts';
import { insertJob } from './_insert-job.ts';
import { releaseParentIfReady } from './_release-parent.ts';

/** One job of a flow, and the queue that gets it. */
export type FlowEntry = {
  readonly name: string;
  readonly prefix: string;
  readonly job: NewJob;
};

/** What became of an entry: its id, or BullMQ's code of why it was left out. */
export type FlowResult = [error: null, idOrCode: string | number];

export const addFlow: Command<[entries: readonly FlowEntry[]], FlowResult[]> = {
  acknowledgement: 'durable',
  run(context, entries) {
    const parents = new Set<string>();
    // BullMQ leaves a parent alone to which a child could not be given, for it belongs to another.
    const refused = new Set<string>();
    const results = entries.map(({ name, prefix, job }): FlowResult => {
      const queue = context.store.queueOf(name, prefix);
      if (job.parentKey !== undefined) parents.add(job.parentKey);
      const outcome = insert({ ...context, queue }, job);
      if (outcome === CODES.parentJobCannotBeReplaced && job.parentKey !== undefined) {
        refused.add(job.parentKey);
      }
      return [null, outcome];
    });
    for (const parentKey of parents) {
      if (!refused.has(parentKey)) releaseParentIfReady(context, parentKey);
    }
    return results;
  },
};

function insert(context: CommandContext, job: NewJob): string | number {
  try {
    return insertJob(context, job, true);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (typeof code === 'number') return code;
    throw error;
  }
}
