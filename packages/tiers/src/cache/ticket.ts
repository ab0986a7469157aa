// Values that were computed outside getOrSet, stored as its loads are: refused when they come too late.
// Invariant: a value computed before a delete, or before an invalidation of one of its tags or guards, is never stored after.
import { errors } from '../errors.ts';
import type { FillTicket } from '../load/host.ts';
import type { Ticket, WriteResult } from '../tiered-cache.ts';
import type { Core } from './core.ts';
import { resultOf, takes } from './job.ts';
import type { Job } from './job.ts';
import type { View } from './view.ts';
import { fill } from './write.ts';

interface KeyTicket extends Ticket {
  readonly fill: FillTicket;
  readonly guards: readonly string[];
}

const LATE: WriteResult = Object.freeze(resultOf('skipped', 'skipped', 'skipped', 'skipped'));

/** Makes a ticket. */
export function makeTicket(core: Core, view: View, key: string, guards: readonly string[]): Ticket {
  const ticket: KeyTicket = {
    key,
    created: core.clock.stamp(),
    fill: core.memory.ticket(view.names.of(key)),
    guards,
  };
  return ticket;
}

/** Stores a value unless its ticket is no longer good. Does not wait for the tiers below, as loads do not.
 * @throws CATZ_TIERS_OPTION when the ticket is not one, or of another key */
export async function setWithTicket(
  core: Core,
  view: View,
  job: Job,
  ticket: Ticket,
): Promise<WriteResult> {
  const { fill: mark, guards } = ticket as KeyTicket;
  if (mark === undefined || ticket.key !== job.key) {
    throw new errors.OPTION('expected options.ticket to be what ticket(key) gave for this key');
  }
  if (view.isInvalid(ticket.created, guards)) {
    core.counters.notStored++;
    return LATE;
  }
  const { isTaken } = fill(core, view, job, mark, undefined);
  if (!isTaken) return LATE;
  const { memory, remote, disk } = core;
  return resultOf(
    memory.cache === undefined ? 'off' : takes(job.envelope, 'memory') ? 'ok' : 'skipped',
    remote === undefined ? 'off' : takes(job.envelope, 'remote') ? 'queued' : 'skipped',
    disk === undefined ? 'off' : takes(job.envelope, 'disk') ? 'queued' : 'skipped',
    'skipped',
  );
}
