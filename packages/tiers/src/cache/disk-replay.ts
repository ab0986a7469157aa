// Brings a disk that was away up to date before it is read: keys deleted elsewhere meanwhile must not come back.
// The place in the shared log is noted beside the records (log-notes.ts); from there the log is replayed onto them; a log
// that no longer reaches back that far empties the disk. Without a shared log there is nothing to have missed.
import type { Bus } from '@catzilla/bus';
import { decodeInvalidation } from '../invalidation/message.ts';
import { topicOf } from '../invalidation/announcer.ts';
import type { Core, DiskSide } from './core.ts';
import { clearDisk } from './clear-disk.ts';
import { loadEpochs } from './disk-side.ts';
import { receiveOnDisk } from './receive.ts';

/** Makes the disk ready to be read. Never rejects. */
export async function bringUpToDate(core: Core, disk: DiskSide): Promise<void> {
  await disk.store.ready;
  const { announcer, remote } = core;
  try {
    await loadEpochs(core, disk);
    // Heard from now on first, so that nothing falls between what is replayed and what is heard.
    if (announcer?.bus.kind === 'redis') {
      await announcer.ready;
      await replay(core, disk, announcer.bus);
    } else if (announcer !== undefined && remote !== undefined) await clearDisk(core);
  } catch {
    await clearDisk(core); // what cannot be read through cannot be trusted
  }
  disk.isLive = true;
}

async function replay(core: Core, disk: DiskSide, bus: Bus): Promise<void> {
  const from = disk.store.note;
  if (from === undefined) {
    await clearDisk(core);
    return;
  }
  const work: Promise<unknown>[] = [];
  await new Promise<void>((resolve) => {
    const subscription = bus.subscribe(
      topicOf(core.name),
      ({ payload }) => {
        const change = decodeInvalidation(payload);
        work.push(change === undefined ? clearDisk(core) : receiveOnDisk(core, change));
      },
      {
        from,
        onGap: () => work.push(clearDisk(core)),
        onLive(isLive) {
          if (isLive) end();
        },
      },
    );
    const end = (): void => {
      subscription.close();
      resolve();
    };
    core.closing.signal.addEventListener('abort', end, { once: true });
  });
  await Promise.all(work);
}
