// Writes the snapshot of the state before a segment, from the files alone: in a thread of its own, whose engine starts empty.
// So every compaction proves that the log can be replayed; one that cannot leaves all files as they are.
import { bootId } from '@catzilla/cache-core/os';
import { makeStore } from '../engine/make-store.ts';
import { systemFiles } from './files.ts';
import { snapshotPath } from './folder.ts';
import { load } from './load.ts';
import { writeRecords } from './record-file.ts';
import { snapshotRecords } from './snapshot.ts';
import type { Commands } from '../engine/journal.ts';

/** @param segment  the first that is not in the snapshot; those before it are whole
 * @returns bytes of the snapshot
 * @throws CATZ_TASKS_LOG_CORRUPT, what the file system says */
export function compact(folder: string, segment: number, commands: Commands): number {
  const store = makeStore();
  const loaded = load(folder, store, commands, { boot: bootId(), skip: false, before: segment });
  const { sequence, replay } = loaded;
  const records = snapshotRecords(store, { segment, sequence }, replay.pending);
  return writeRecords(snapshotPath(folder, segment), records, systemFiles.flushFolder, folder);
}
