// Listening to other processes: changes are applied, gaps make this one forget, and the place in the log is noted where
// something here outlives the process (a disk, a memory of scope 'machine').
// Invariant: what was copied up before the log was first heard is forgotten then: a change in between was heard by nobody.
import type { Bus } from '@catzilla/bus';
import { Announcer } from '../invalidation/announcer.ts';
import type { Opening } from './core.ts';
import { LogNotes } from './log-notes.ts';
import { forgetEverything, receive } from './receive.ts';

/** Begins to tell and hear. */
export function listen(core: Opening, bus: Bus): void {
  const { memory } = core;
  const notes = new LogNotes(core);
  let hasHeard = false;
  const from = memory.outlives && bus.kind === 'redis' ? memory.note : undefined;
  if (memory.outlives && from === undefined) memory.clearNamespace('');
  const announcer = new Announcer(
    bus,
    core.name,
    {
      onChange(change, position) {
        receive(core, change);
        notes.heard(position);
      },
      onOwn: (position) => notes.heard(position),
      onGap: (reason) => forgetEverything(core, reason),
      onLive(isLive) {
        if (!isLive || hasHeard) return;
        hasHeard = true;
        // Not an empty one: that would refuse the loads under way for nothing.
        if (from === undefined && hasAny(memory.keys())) memory.clearNamespace('');
      },
      witness: (stamp) => core.clock.witness(stamp),
      stamp: () => core.clock.stamp(),
    },
    from,
  );
  core.announcer = announcer;
  void announcer.ready.then(() => {
    if (announcer.position !== undefined) notes.heard(announcer.position);
  });
  core.stops.push(() => notes.close());
}

function hasAny(items: Iterable<unknown>): boolean {
  return items[Symbol.iterator]().next().done !== true;
}
