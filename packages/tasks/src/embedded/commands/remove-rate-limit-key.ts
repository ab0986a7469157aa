// The present window of a rate limit ends at once.
import { announce } from './_intake.ts';
import type { Command } from '../engine/command.ts';

/** Answers 1 when there was one. */
export const removeRateLimitKey: Command<[], number> = {
  acknowledgement: 'durable',
  run({ store, queue, now }) {
    const window = queue.rateWindow;
    queue.rateWindow = undefined;
    announce(store, queue);
    return window !== undefined && window.endsAt > now ? 1 : 0;
  },
};
