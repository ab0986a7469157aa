// Emptying L3: when a namespace of all is cleared, when news may have been missed, and where a removal cannot be noted.
// Invariant: from the moment it is to be emptied until it is, it is not read. No function rejects.
import type { WriteStatus } from '../tiered-cache.ts';
import type { Core, DiskSide } from './core.ts';

/** How often a disk that could not be emptied is tried again, ms. */
const AGAIN_EVERY = 500;

/** Empties the disk, now or as soon as it can be. */
export async function clearDisk(core: Core): Promise<WriteStatus> {
  const { disk } = core;
  if (disk === undefined) return 'off';
  await disk.queue.drain(core.settings.deadline.disk);
  if (await empty(core, disk)) return 'ok';
  if (!disk.mustBeEmptied) {
    disk.mustBeEmptied = true;
    emptyLater(core, disk);
  }
  return 'failed';
}

function emptyLater(core: Core, disk: DiskSide): void {
  const timer = setTimeout(() => {
    void empty(core, disk).then((isEmpty) => {
      if (isEmpty) disk.mustBeEmptied = false;
      else if (!core.isClosed) emptyLater(core, disk);
    });
  }, AGAIN_EVERY).unref();
  core.closing.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
}

// Past the guard: a full disk refuses writes, and emptying it is what helps.
async function empty(core: Core, disk: DiskSide): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, core.settings.deadline.disk, false);
  });
  const isEmpty = await Promise.race([cleared(disk), late]);
  clearTimeout(timer);
  if (isEmpty) disk.dropped.clear();
  return isEmpty;
}

async function cleared(disk: DiskSide): Promise<boolean> {
  try {
    await disk.store.clear();
    return true;
  } catch {
    return false; // its state tells
  }
}
