// Opens L3, with its deadline, its breaker and the queue of writes that wait. It is read once it is up to date.
import { createGuard } from '../faults/create-guard.ts';
import { WriteBehind } from '../faults/write-behind.ts';
import type { DiskSide, Opening } from './core.ts';
import { bringUpToDate } from './disk-replay.ts';
import { dropFromDisk, flushDisk } from './disk-side.ts';
import { Dropped } from './dropped.ts';
import { sizeOfPending } from './pending.ts';
import type { Pending } from './pending.ts';
import { tellState } from './tell-state.ts';

/** @throws CATZ_TIERS_DISK_ACCESS when the folder cannot be ours */
export function openDisk(core: Opening): DiskSide | undefined {
  const { settings, clock } = core;
  if (settings.disk === undefined) return undefined;
  const store = settings.disk.open({
    name: core.name,
    onState: (state) => tellState(core, 'disk', state, store.lastError),
  });
  const mustWork = async (): Promise<void> => {
    if (store.state !== 'ready') throw new Error(store.lastError ?? `the disk is ${store.state}`);
  };
  const guard = createGuard({
    deadline: settings.deadline.disk,
    faultOf: () => (store.state === 'full' ? 'write' : 'down'),
    ping: mustWork,
    // A full disk is tried again by a real write; there is none that could be taken back.
    probeWrite: async () => {
      if (store.state !== 'full') await mustWork();
    },
    reset: () => undefined,
    mono: () => clock.mono(),
    now: () => clock.now(),
    onChange: () => tellState(core, 'disk', store.state, store.lastError),
  });
  let opened: Promise<void> = Promise.resolve();
  const disk: DiskSide = {
    store,
    guard,
    queue: new WriteBehind<Pending>({
      sizeOf: sizeOfPending,
      flush: (batch) => flushDisk(core, disk, batch),
      onDrop: (id, pending) => dropFromDisk(core, disk, id, pending),
    }),
    dropped: new Dropped(),
    mode: settings.write.disk,
    get ready() {
      return opened;
    },
    isLive: false,
    mustBeEmptied: false,
  };
  core.disk = disk;
  opened = bringUpToDate(core, disk);
  return disk;
}
