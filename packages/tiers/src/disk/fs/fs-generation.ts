// A generation in a folder: a file per record, named by the hash of its id, written aside and renamed.
// Invariant: a file under a record's name is whole, unless the machine ended (then its lengths do not add up: an error);
// bytes are reserved before they are written, by the blocks they may take, so the folder never passes its cap.
import { createHash } from 'node:crypto';
import { access, open, opendir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readId, readRecord, sizeBound, writeRecord } from '../record.ts';
import { flushFolder } from '../flush-folder.ts';
import type { DiskVerdict } from '../disk-store.ts';
import type { Generation, Item } from '../generation.ts';
import type { Seal } from '../manifest.ts';

const BLOCK = 4096;
/** A name in a folder, with what the folder's own blocks leave unused. */
const ENTRY = 80;
/** Files written, or read, at a time: as many as Node has threads for them. */
const WIDTH = 4;
const PAGE = 64;
const DRAFT = '.';

export interface FsLimits {
  readonly cap: number;
  /** Whether a batch is flushed before it counts as written. */
  readonly flushed: boolean;
}

export class FsGeneration implements Generation {
  readonly number: number;
  readonly #folder: string;
  readonly #limits: FsLimits;
  #bytes = BLOCK;
  #drafts = 0;
  #isClosed = false;

  constructor(number: number, folder: string, limits: FsLimits) {
    this.number = number;
    this.#folder = folder;
    this.#limits = limits;
  }

  /** Counts what is there. @param known  bytes, from when it was sealed */
  async count(known: number | undefined): Promise<void> {
    if (known !== undefined) {
      this.#bytes = known;
      return;
    }
    for await (const page of this.#pages()) {
      for (const name of page) {
        const path = join(this.#folder, name);
        // Left by a process that ended.
        if (name.startsWith(DRAFT)) await rm(path, { force: true });
        else this.#bytes += costOf((await stat(path)).size);
      }
    }
  }

  bytes(): number {
    return this.#bytes;
  }

  async get(id: string): Promise<Buffer | null | undefined> {
    if (this.#isClosed) return undefined;
    const content = await this.#read(nameOf(id));
    if (content === undefined) return undefined;
    const bytes = readRecord(content, content.length, id);
    if (bytes !== undefined) return bytes;
    // Another id's record under the same name is none of this id's.
    if (readId(content, content.length) !== undefined) return undefined;
    throw new Error('a file is not the whole of a record');
  }

  async has(id: string): Promise<boolean> {
    try {
      await access(join(this.#folder, nameOf(id)));
      return true;
    } catch {
      return false;
    }
  }

  async write(batch: readonly Item[], from: number): Promise<number> {
    // Files are written beside each other: of several records of one id, only the last.
    const lasts = new Map<string, number>();
    for (let i = from; i < batch.length; i++) lasts.set((batch[i] as Item).id, i);
    let next = from;
    let fault: { error: unknown } | undefined;
    const writeNext = async (): Promise<void> => {
      while (next < batch.length && fault === undefined) {
        const item = batch[next] as Item;
        if (lasts.get(item.id) === next) {
          const cost = costOf(sizeBound(item));
          if (this.#bytes + cost > this.#limits.cap) return;
          this.#bytes += cost;
          next++;
          await this.#put(item, cost).catch((error: unknown) => {
            fault ??= { error };
          });
        } else next++;
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, writeNext));
    if (fault !== undefined) throw fault.error;
    if (this.#limits.flushed) await flushFolder(this.#folder);
    return next;
  }

  async *ids(prefix: string): AsyncIterable<string[]> {
    for await (const page of this.#pages()) {
      const found = await Promise.all(page.map((name) => this.#idOf(name)));
      yield found.flatMap((record) =>
        record !== undefined && !record.hides && record.id.startsWith(prefix) ? [record.id] : [],
      );
    }
  }

  async verify(): Promise<DiskVerdict> {
    let records = 0;
    let damaged = 0;
    for await (const page of this.#pages()) {
      for (const name of page) {
        if (name.startsWith(DRAFT)) continue;
        records++;
        const found = await this.#idOf(name).catch(() => undefined);
        if (found === undefined || nameOf(found.id) !== name) damaged++;
      }
    }
    return { records, bytes: this.#bytes, damaged };
  }

  finish(): Promise<void> {
    return Promise.resolve();
  }

  seal(): Promise<Seal> {
    // Damage in a file is found when it is read, and does no harm before.
    return Promise.resolve({ bytes: this.#bytes, crc: 0 });
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }

  async #put(item: Item, cost: number): Promise<void> {
    const content = Buffer.allocUnsafe(sizeBound(item));
    const size = writeRecord(item, content, 0);
    const draft = join(this.#folder, `${DRAFT}${this.#drafts++}`);
    const path = join(this.#folder, nameOf(item.id));
    try {
      const before = await stat(path).catch(() => undefined);
      const file = await open(draft, 'w', 0o600);
      try {
        await file.writeFile(content.subarray(0, size));
        if (this.#limits.flushed) await file.datasync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
      this.#bytes += costOf(size) - cost;
      if (before !== undefined) this.#bytes -= costOf(before.size);
    } catch (error) {
      await rm(draft, { force: true });
      this.#bytes -= cost;
      throw error;
    }
  }

  async #read(name: string): Promise<Buffer | undefined> {
    try {
      return await readFile(join(this.#folder, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async #idOf(name: string): Promise<ReturnType<typeof readId>> {
    if (name.startsWith(DRAFT)) return undefined;
    const content = await this.#read(name);
    return content === undefined ? undefined : readId(content, content.length);
  }

  async *#pages(): AsyncGenerator<string[]> {
    let page: string[] = [];
    if (this.#isClosed) return;
    for await (const { name } of await opendir(this.#folder)) {
      page.push(name);
      if (page.length < PAGE) continue;
      yield page;
      if (this.#isClosed) return;
      page = [];
    }
    yield page;
  }
}

function nameOf(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 32);
}

function costOf(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK + ENTRY;
}
