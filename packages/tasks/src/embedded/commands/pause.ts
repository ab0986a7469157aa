// A queue gives no jobs out, or does so again. Those that run go on.
import { announce, announceDelayed } from './_intake.ts';
import type { Command } from '../engine/command.ts';

export const pause: Command<[pause: boolean], void> = {
  acknowledgement: 'durable',
  run({ store, queue, now }, pause) {
    if (pause) queue.meta.set('paused', '1');
    else queue.meta.delete('paused');
    queue.events.append({ event: pause ? 'paused' : 'resumed' }, now);
    if (pause) return;
    announce(store, queue);
    announceDelayed(store, queue);
  },
};
