// Frees a deduplication id, whichever job holds it.
import { holderOf } from './_deduplicate.ts';
import type { Command } from '../engine/command.ts';

/** Answers 1 when it was held. */
export const deleteDeduplicationKey: Command<[deduplicationId: string], number> = {
  acknowledgement: 'durable',
  run({ queue, now }, deduplicationId) {
    const isHeld = holderOf(queue, deduplicationId, now) !== undefined;
    queue.deduplication.delete(deduplicationId);
    return isHeld ? 1 : 0;
  },
};
