// Settings of a queue, as BullMQ names them: concurrency, max and duration of the rate limit, opts.maxLenEvents, version.
import { announce } from './_intake.ts';
import type { Command } from '../engine/command.ts';

/** Answers how many of the fields are new. */
export const setQueueMeta: Command<[values: Readonly<Record<string, string>>], number> = {
  acknowledgement: 'durable',
  run({ store, queue }, values) {
    let added = 0;
    for (const [field, value] of Object.entries(values)) {
      if (!queue.meta.has(field)) added++;
      queue.meta.set(field, value);
      if (field === 'opts.maxLenEvents') queue.events.maxLength = Number(value);
    }
    announce(store, queue);
    return added;
  },
};
