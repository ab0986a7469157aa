// Tells when files change. It watches the folders they stand in, for editors replace files rather than write to them.
// Invariant: a change is one of content: a touched or merely opened file is none, one that comes or goes is. Changes that come
// while nobody waits are kept for who waits next.
import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';

/** How long it waits for more, once something has changed, ms: editors and compilers write several files. */
const QUIET = 80;

/** Watches files, and folders with all that is in them. */
export class FileWatch {
  readonly #files: Map<string, string> = new Map();
  readonly #watchers: Map<string, FSWatcher> = new Map();
  readonly #trees: Set<string> = new Set();
  readonly #touched: Set<string> = new Set();
  readonly #changed: Set<string> = new Set();
  #timer: NodeJS.Timeout | undefined;
  #wake: () => void = () => undefined;
  #looking: Promise<void> = Promise.resolve();

  /** Watches a file from now on, whether it is there or not. Idempotent. */
  async add(file: string): Promise<void> {
    if (this.#files.has(file)) return;
    this.#files.set(file, '?');
    this.#watch(dirname(file), (path) => this.#files.has(path));
    const sign = await signOf(file);
    if (this.#files.get(file) === '?') this.#files.set(file, sign);
  }

  /** Watches a folder with those in it, or a file.
   * @throws what looking at it throws */
  async addTree(path: string): Promise<void> {
    if (!(await stat(path)).isDirectory()) return this.add(path);
    this.#trees.add(path);
    this.#watch(path, (inner) => !/[\\/](node_modules|\.git)[\\/]/.test(inner), true);
  }

  /** Waits for the next change.
   * @returns paths; undefined once it is closed */
  async next(): Promise<readonly string[] | undefined> {
    while (this.#changed.size === 0) {
      if (this.#isClosed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  /** Ends it. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    this.#wake();
  }

  #isClosed = false;

  #watch(folder: string, isWanted: (path: string) => boolean, recursive = false): void {
    const name = recursive ? `${folder}/**` : folder;
    if (this.#watchers.has(name) || this.#isClosed) return;
    try {
      const watcher = watch(folder, { recursive }, (_event, file) => {
        const path = file === null ? folder : join(folder, file);
        if (isWanted(path)) this.#touch(path);
      });
      watcher.on('error', () => this.#drop(name));
      this.#watchers.set(name, watcher);
    } catch {
      // The folder is not there: it is watched once a file in it is added again.
      for (const file of this.#files.keys()) if (dirname(file) === folder) this.#files.delete(file);
    }
  }

  #drop(name: string): void {
    this.#watchers.get(name)?.close();
    this.#watchers.delete(name);
  }

  #touch(path: string): void {
    this.#touched.add(path);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#looking = this.#looking.then(() => this.#look());
    }, QUIET);
  }

  async #look(): Promise<void> {
    const paths = [...this.#touched];
    this.#touched.clear();
    for (const path of paths) {
      const sign = await signOf(path);
      if (this.#files.get(path) === sign) continue;
      this.#files.set(path, sign);
      this.#changed.add(path);
    }
    if (this.#changed.size > 0) this.#wake();
  }
}

async function signOf(file: string): Promise<string> {
  try {
    return createHash('sha1')
      .update(await readFile(file))
      .digest('base64');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable';
  }
}
