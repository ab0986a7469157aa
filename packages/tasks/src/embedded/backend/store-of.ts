// The store that options of embeddedBackend() name: of a folder the one of this thread, in memory a new one.
import * as commands from '../commands/index.ts';
import { memoryJournal } from '../engine/journal.ts';
import { makeStore } from '../engine/make-store.ts';
import { journalOfFolder } from '../log/journal-of-folder.ts';
import { storeOfFolder } from '../log/store-of-folder.ts';
import { SharedStore } from './shared-store.ts';
import type { DiskOptions } from '../log/options.ts';
import type { StoreLimits } from './shared-store.ts';

/** Checked options, as far as they concern a store. Plain data. */
export interface StoreOptions {
  /** undefined: in memory. */
  readonly disk: DiskOptions | undefined;
  readonly limits: StoreLimits;
}

/** @throws CATZ_TASKS_OPTIONS when the folder is in use with others */
export function storeOf({ disk, limits }: StoreOptions): SharedStore {
  if (disk === undefined) {
    return new SharedStore((wake) => memoryJournal(makeStore(wake), { ...commands }), limits);
  }
  return storeOfFolder(
    { ...disk, ...limits },
    () => new SharedStore((wake) => journalOfFolder(disk, { ...commands }, wake), limits),
  );
}
