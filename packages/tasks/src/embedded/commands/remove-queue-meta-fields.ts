// Settings of a queue go back to what they are without.
import { announce } from './_intake.ts';
import type { Command } from '../engine/command.ts';

/** Answers how many of the fields were there. */
export const removeQueueMetaFields: Command<[fields: readonly string[]], number> = {
  acknowledgement: 'durable',
  run({ store, queue }, fields) {
    let removed = 0;
    for (const field of fields) if (queue.meta.delete(field)) removed++;
    announce(store, queue);
    return removed;
  },
};
