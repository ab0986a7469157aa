// Frees a deduplication id, unless another job holds it meanwhile.
import { holderOf } from './_deduplicate.ts';
import type { Command } from '../engine/command.ts';

/** Answers 1 when it was freed. */
export const removeDeduplicationKey: Command<[deduplicationId: string, jobId: string], number> = {
  acknowledgement: 'durable',
  run({ queue, now }, deduplicationId, jobId) {
    if (holderOf(queue, deduplicationId, now) !== jobId) return 0;
    queue.deduplication.delete(deduplicationId);
    return 1;
  },
};
