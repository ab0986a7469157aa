// Builds a store from a folder: the newest snapshot, then the segments behind it.
// Invariant: nothing in the folder is changed, and a folder that is damaged anywhere but at its very end is refused, unless
// what is readable is asked for. Cutting the tail and taking the log up again is left to open-log.ts.
import { basename } from 'node:path';
import { errors } from '../../errors.ts';
import { listFolder, segmentPath, snapshotPath } from './folder.ts';
import { readSegment } from './read-log.ts';
import { readRecords } from './record-file.ts';
import { Replay } from './replay.ts';
import { SnapshotLoader } from './snapshot.ts';
import type { Commands } from '../engine/journal.ts';
import type { StoreState } from '../engine/store-state.ts';
import type { SnapshotHeader } from './snapshot.ts';

/** How to load. */
export interface LoadOptions {
  /** Which start of the machine it is. */
  readonly boot: string;
  /** Keep what is readable of a damaged folder, instead of an error. */
  readonly skip: boolean;
  /** Only segments before this one, all of which are whole: for a snapshot of the state before it. */
  readonly before?: number;
}

/** What was found. */
export interface Loaded {
  readonly replay: Replay;
  /** The last segment; undefined: there is none. */
  readonly segment: number | undefined;
  /** Where its last good record ends; 0: not even its header is there. */
  readonly end: number;
  /** Bytes behind that, which are no records. */
  readonly tornBytes: number;
  /** Of the last record. */
  readonly sequence: number;
  /** Bytes of the segments, all of them. */
  readonly logBytes: number;
  /** Of the snapshot; undefined: none. */
  readonly snapshot: number | undefined;
  /** Places that could not be read (with `skip`). */
  readonly gaps: number;
}

/** Loads a folder into an empty store.
 * @throws CATZ_TASKS_LOG_CORRUPT, what the file system says */
export function load(
  folder: string,
  store: StoreState,
  commands: Commands,
  options: LoadOptions,
): Loaded {
  const { snapshot, segments: found } = listFolder(folder);
  const segments = found.filter((segment) => segment < (options.before ?? Infinity));
  const corrupt = corruptOf(folder);
  const start =
    snapshot === undefined
      ? NO_SNAPSHOT
      : readSnapshot(snapshotPath(folder, snapshot), store, options.skip, corrupt);
  const replay = new Replay(store, commands, start.pending);
  let { gaps } = start;
  let sequence = start.header?.sequence;
  let end = 0;
  let tornBytes = 0;
  let logBytes = 0;
  let expected = snapshot ?? segments[0] ?? 0;
  if (snapshot !== undefined && found.length === 0 && !options.skip) {
    throw corrupt(`segment ${String(snapshot)} is missing`);
  }
  for (const segment of segments) {
    if (segment !== expected) {
      if (!options.skip) throw corrupt(`segment ${String(expected)} is missing`);
      gaps++;
      sequence = undefined;
    }
    expected = segment + 1;
    const isLast = segment === segments.at(-1) && options.before === undefined;
    const read = orCorrupt(`segment ${String(segment)}`, corrupt, () =>
      readSegment(
        segmentPath(folder, segment),
        { segment, sequence, boot: options.boot, skip: options.skip },
        (record) => replay.take(record),
      ),
    );
    if (read.damage === 'inside' || (read.damage === 'tail' && !isLast)) {
      throw corrupt(`segment ${String(segment)} cannot be read from byte ${String(read.end)} on`);
    }
    ({ sequence, end } = read);
    tornBytes = read.size - read.end;
    logBytes += read.end;
    gaps += read.gaps;
  }
  const segment = segments.at(-1);
  return { replay, segment, end, tornBytes, sequence: sequence ?? 0, logBytes, snapshot, gaps };
}

/** Loads a snapshot that does not have its name yet into an empty store: whether it will load.
 * @throws CATZ_TASKS_LOG_CORRUPT, what the file system says */
export function loadSnapshot(folder: string, path: string, store: StoreState): void {
  readSnapshot(path, store, false, corruptOf(folder));
}

type Corrupt = (why: string, cause?: unknown) => Error;

function corruptOf(folder: string): Corrupt {
  return (why, cause) => new errors.LOG_CORRUPT(folder, why, { cause });
}

interface Start {
  readonly header: SnapshotHeader | undefined;
  readonly pending: SnapshotLoader['pending'];
  readonly gaps: number;
}

const NO_SNAPSHOT: Start = { header: undefined, pending: [], gaps: 0 };

function readSnapshot(path: string, store: StoreState, skip: boolean, corrupt: Corrupt): Start {
  const what = basename(path);
  const loader = new SnapshotLoader(store);
  let gaps = 0;
  const onGap = (offset: number): void => {
    if (!skip) throw corrupt(`${what} cannot be read from byte ${String(offset)} on`);
    gaps++;
  };
  for (const record of readRecords(path, skip, onGap)) {
    orCorrupt(what, corrupt, () => {
      loader.take(record);
    });
  }
  if (!loader.isWhole) {
    if (!skip) throw corrupt(`${what} is not whole`);
    gaps++;
  }
  return { header: loader.header, pending: loader.pending, gaps };
}

function orCorrupt<R>(what: string, corrupt: Corrupt, run: () => R): R {
  try {
    return run();
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw error;
    throw corrupt(`${what}: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}
