// One store per folder and thread, however many factories name it.
// Invariant: two that are in use at once never have one folder: by its real path the second gets the first. Other threads and
// processes are kept out by the claim on the folder (claim-folder.ts).
import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { errors } from '../../errors.ts';

/** What is shared: a store, in use while it has users. */
export interface InUse {
  readonly users: { readonly size: number };
}

/** What names a folder, and all that has to be the same for who shares it. */
export interface FolderOptions {
  readonly dir: string;
  readonly [other: string]: string | number | boolean;
}

interface Entry {
  readonly options: FolderOptions;
  readonly store: InUse;
}

const stores = new Map<string, Entry>();

/** The store of a folder in this thread.
 * @param make  makes it when there is none, or when the one that was there is not in use and had other options
 * @throws CATZ_TASKS_OPTIONS when it is in use with other options */
export function storeOfFolder<S extends InUse>(options: FolderOptions, make: () => S): S {
  const path = realPathOf(options.dir);
  const known = stores.get(path);
  if (known !== undefined) {
    const other = differing(known.options, options);
    // Only embedded.ts calls this, so that it is its kind of store.
    if (other === undefined) return known.store as S;
    if (known.store.users.size > 0) {
      throw new errors.OPTIONS(
        `expected options.${other} to be ${String(known.options[other])}, with which ${path} is open, got ${String(options[other])}`,
      );
    }
  }
  const store = make();
  stores.set(path, { options, store });
  return store;
}

function differing(known: FolderOptions, given: FolderOptions): string | undefined {
  return Object.keys(known).find((name) => name !== 'dir' && known[name] !== given[name]);
}

function realPathOf(dir: string): string {
  try {
    return realpathSync(dir);
  } catch {
    // Not there yet; it is made when the store opens. What it will lie in may have a link on its way.
    const path = resolve(dir);
    const above = dirname(path);
    return above === path ? path : join(realPathOf(above), basename(path));
  }
}
