// The journal of a folder as programs have it: on the disk of the machine, with the sizes that it was measured with.
import { DurableJournal } from './durable-journal.ts';
import { systemFiles } from './files.ts';
import type { Commands, Journal } from '../engine/journal.ts';
import type { StoreState } from '../engine/store-state.ts';
import type { DiskOptions } from './options.ts';

/** Of a segment, and of a log that is worth a snapshot. */
const SEGMENT_BYTES = 67_108_864;

/** @param wake  see StoreState.wake; called only while the journal is open
 * @returns closed: `open` reads the folder */
export function journalOfFolder(
  options: DiskOptions,
  commands: Commands,
  wake: StoreState['wake'],
): Journal {
  return new DurableJournal(options, {
    commands,
    wake,
    files: systemFiles,
    segmentBytes: SEGMENT_BYTES,
    compactBytes: SEGMENT_BYTES,
  });
}
