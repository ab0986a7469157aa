// Writes the snapshot of the state before a segment, from the files alone: in a thread of its own, whose engine starts empty.
// So every compaction proves that the log can be replayed, and that the snapshot loads; one that cannot leaves all files as they are.
import { bootId } from '@catzilla/cache-core/os';
import { makeStore } from '../engine/make-store.ts';
import { systemFiles } from './files.ts';
import { snapshotPath } from './folder.ts';
import { load, loadSnapshot } from './load.ts';
import { writeRecords } from './record-file.ts';
import { snapshotRecords } from './snapshot.ts';
import type { Commands } from '../engine/journal.ts';

/** @param segment  the first that is not in the snapshot; those before it are whole
 * @returns bytes of the snapshot
 * @throws CATZ_TASKS_LOG_CORRUPT, what the file system says */
export function compact(folder: string, segment: number, commands: Commands): number {
  const records = stateBefore(folder, segment, commands);
  const path = snapshotPath(folder, segment);
  return writeRecords(path, records, systemFiles.flushFolder, folder, (draft) => {
    loadSnapshot(folder, draft, makeStore());
  });
}

// A generator, so that the state is let go before the snapshot is loaded.
function* stateBefore(
  folder: string,
  segment: number,
  commands: Commands,
): ReturnType<typeof snapshotRecords> {
  const store = makeStore();
  const loaded = load(folder, store, commands, { boot: bootId(), skip: false, before: segment });
  const { sequence, replay } = loaded;
  yield* snapshotRecords(store, { segment, sequence }, replay.pending);
}
