// Copying up what was found below, without delaying the answer.
// Invariant: a copy keeps the entry's own times; nothing that was deleted or invalidated since the read began is copied up
// (the ticket was taken before), and nothing into a tier that its author keeps it out of.
import type { Envelope } from '../envelope/envelope.ts';
import type { FillTicket } from '../load/host.ts';
import type { Found } from './answer.ts';
import type { Core } from './core.ts';
import { takes } from './job.ts';
import type { View } from './view.ts';
import { fillUp } from './write.ts';

/** Copies an entry up, and gives it. Each copy makes the loads under way come too late, for they cannot tell it from a set:
 * so none of what is stale, which they are to replace, and none of what is there already. */
export function promote(
  core: Core,
  view: View,
  key: string,
  answer: Found,
  ticket: FillTicket,
): Found {
  // Its reader still gets it, but there is nowhere left to keep it.
  if (core.isClosed) return answer;
  const { envelope } = answer.item;
  const name = view.names.of(key);
  if (answer.isStale || isInMemory(core, name, envelope)) return answer;
  const outcome = takes(envelope, 'memory')
    ? core.memory.store(name, view.ns, envelope, core.clock.now(), ticket)
    : 'off';
  if (outcome === 'ok') core.counters[answer.tier].promotions++;
  const goesToRemote = core.remote !== undefined && takes(envelope, 'remote');
  if (answer.tier === 'disk' && goesToRemote && outcome !== 'late') {
    fillUp(core, view, { key, envelope, compress: true });
  }
  if (core.events.has('promote')) {
    core.events.emit('promote', { key, namespace: view.ns, from: answer.tier });
  }
  return answer;
}

function isInMemory(core: Core, name: string, { created, expiresAt }: Envelope): boolean {
  const near = core.memory.peek(name);
  if (near === undefined) return false;
  return near.created > created || (near.created === created && near.expiresAt === expiresAt);
}
