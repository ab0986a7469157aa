// No job of a queue with a rate limit is given out for some time.
import type { Command } from '../engine/command.ts';

export const setRateLimit: Command<[duration: number], void> = {
  acknowledgement: 'durable',
  run({ queue, now }, duration) {
    queue.rateWindow = { count: Number.MAX_SAFE_INTEGER, endsAt: now + duration };
  },
};
