// Takes a folder up: claims it, loads it, cuts a torn tail, and opens the log for writing behind what is good.
// Invariant: a crash at any point here leaves a folder that opens again with the same state; what is cut was never acknowledged,
// and is reported. A repair first copies the folder, then makes what was readable a snapshot, so that the log begins anew.
import { cpSync, realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { bootId } from '@catzilla/cache-core/os';
import type { Claim } from '@catzilla/cache-core/os';
import { errors } from '../../errors.ts';
import { makeStore } from '../engine/make-store.ts';
import { claimFolder } from './claim-folder.ts';
import { makeFolder } from './files.ts';
import { listFolder, removeLeftovers, snapshotPath } from './folder.ts';
import { load } from './load.ts';
import { LogWriter, NoRoom } from './log-writer.ts';
import { writeRecords } from './record-file.ts';
import { snapshotRecords } from './snapshot.ts';
import type { Commands } from '../engine/journal.ts';
import type { StoreState } from '../engine/store-state.ts';
import type { LogFiles } from './files.ts';
import type { Loaded } from './load.ts';
import type { DiskOptions } from './options.ts';

/** How opening went. Times in ms. */
export interface Recovery {
  readonly tookMs: number;
  /** Commands that were run again. */
  readonly commands: number;
  readonly jobs: number;
  /** Whether the process before had closed the log. */
  readonly wasClosed: boolean;
  /** Bytes of a torn tail that were cut. */
  readonly tornBytes: number;
  /** Places that could not be read, with `repair`. */
  readonly gaps: number;
  /** Where the copy of a repaired folder is. */
  readonly copy: string | undefined;
}

/** A log that is open. */
export interface OpenLog {
  /** Its real path. */
  readonly folder: string;
  readonly store: StoreState;
  readonly writer: LogWriter;
  readonly recovery: Recovery;
  /** Bytes of the segments before the current one. */
  readonly sealedBytes: number;
  /** Prepared commands that the replay ran without a commit in the log: up to which number, and at what time. */
  readonly unfinished: { readonly upTo: number; readonly now: number } | undefined;
  /** Lets the folder go. */
  release(): void;
}

/** Opens the log of a folder, which is made when it is not there.
 * @param wake  see StoreState.wake; told during the replay, too
 * @throws CATZ_TASKS_LOCKED, CATZ_TASKS_LOG_CORRUPT, CATZ_TASKS_STORAGE_FULL, what else the file system says */
export async function openLog(
  options: DiskOptions,
  { commands, files }: { readonly commands: Commands; readonly files: LogFiles },
  wake: StoreState['wake'],
): Promise<OpenLog> {
  let claim: Claim | undefined;
  try {
    makeFolder(options.dir);
    const folder = realpathSync(options.dir);
    claim = claimFolder(folder);
    return await take(folder, claim, options, commands, files, wake);
  } catch (error) {
    claim?.release();
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof NoRoom || code === 'ENOSPC' || code === 'EDQUOT') {
      throw new errors.STORAGE_FULL(options.dir, (error as Error).message, { cause: error });
    }
    throw error;
  }
}

async function take(
  folder: string,
  claim: Claim,
  options: DiskOptions,
  commands: Commands,
  files: LogFiles,
  wake: StoreState['wake'],
): Promise<OpenLog> {
  const from = performance.now();
  const boot = bootId();
  const { store, loaded, copy } = loadOrRepair(folder, options, commands, boot, wake);
  const now = Date.now();
  const upTo = loaded.replay.finish(now);
  const isRepaired = copy !== undefined;
  const last = loaded.segment ?? loaded.snapshot ?? 1;
  const segment = isRepaired ? last + 1 : last;
  if (isRepaired) {
    const { sequence } = loaded;
    const records = snapshotRecords(store, { segment, sequence }, []);
    writeRecords(snapshotPath(folder, segment), records, files.flushFolder, folder);
  }
  const { sequence, end, tornBytes, gaps } = loaded;
  const writer = await LogWriter.open(folder, files, boot, {
    segment,
    end: isRepaired ? 0 : end,
    sequence,
  });
  // Only now: had the snapshot been damaged, what it replaces would have been of use.
  removeLeftovers(folder, listFolder(folder));
  if (loaded.segment === undefined) flushParent(folder, files);
  const recovery: Recovery = {
    tookMs: performance.now() - from,
    commands: loaded.replay.count,
    jobs: store.jobCount,
    wasClosed: loaded.replay.isClosed,
    tornBytes,
    gaps,
    copy,
  };
  warn(folder, recovery);
  return {
    folder,
    store,
    writer,
    recovery,
    sealedBytes: isRepaired ? 0 : loaded.logBytes - end,
    unfinished: upTo === undefined || isRepaired ? undefined : { upTo, now },
    release: () => {
      claim.release();
    },
  };
}

interface Opened {
  readonly store: StoreState;
  readonly loaded: Loaded;
  readonly copy: string | undefined;
}

function loadOrRepair(
  folder: string,
  { repair }: DiskOptions,
  commands: Commands,
  boot: string,
  wake: StoreState['wake'],
): Opened {
  const store = makeStore(wake);
  try {
    const loaded = load(folder, store, commands, { boot, skip: false });
    return { store, loaded, copy: undefined };
  } catch (error) {
    if (!repair || !(error instanceof errors.LOG_CORRUPT)) throw error;
    const copy = `${folder}.damaged-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
    // Without the lock: the copy is nobody's.
    const filter = (path: string): boolean => !basename(path).startsWith('lock');
    cpSync(folder, copy, { recursive: true, errorOnExist: true, force: false, filter });
    const fresh = makeStore(wake);
    const loaded = load(folder, fresh, commands, { boot, skip: true });
    return { store: fresh, loaded, copy };
  }
}

/** So that a folder just made is there after a power failure. */
function flushParent(folder: string, files: LogFiles): void {
  try {
    files.flushFolder(dirname(folder));
  } catch (error) {
    // One that may be passed but not read; the system flushes it in its time.
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
  }
}

function warn(folder: string, { tornBytes, gaps, copy }: Recovery): void {
  if (copy !== undefined) {
    process.emitWarning(
      `${folder} was damaged at ${String(gaps)} places; a copy is ${copy}, what could be read is kept`,
      { code: 'CATZ_WARN_TASKS_LOG_REPAIRED' },
    );
  } else if (tornBytes > 0) {
    process.emitWarning(
      `the log of ${folder} ended with ${String(tornBytes)} bytes of a record that was never acknowledged; they were cut off`,
      { code: 'CATZ_WARN_TASKS_LOG_TAIL' },
    );
  }
}
