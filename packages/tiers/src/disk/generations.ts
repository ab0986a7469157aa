// The generations of a folder: reads ask the newest first, writes go to the newest, room is made by dropping the oldest.
// Invariants: the oldest are gone before a new one is made, so the bound holds at any moment; a new one is named by the
// manifest before it is written, so what the manifest does not name is rubbish; a generation in doubt takes all OLDER ones
// with it, for they hold what it may have hidden. One call that writes at a time (file-store.ts sees to it).
import { bootId } from '@catzilla/cache-core/os';
import type { DiskVerdict } from './disk-store.ts';
import { errorWindow } from './error-window.ts';
import type { Format, Generation, Item } from './generation.ts';
import { readManifest, writeManifest } from './manifest.ts';
import type { Mark, Seal } from './manifest.ts';
import { removeRubbish } from './remove-rubbish.ts';
import { saysFull } from './room.ts';

/** Of what is not in generations: manifest, lock, folders. */
const FIXED_BYTES = 32 * 1024;

/** Most bytes of each generation. */
export function capOf(maxBytes: number, generations: number): number {
  return Math.floor((maxBytes - FIXED_BYTES) / generations);
}

interface Part {
  readonly generation: Generation;
  seal: Seal | undefined;
  readonly isTooMuch: (now: number) => boolean;
}

export interface GenerationsOptions {
  /** Of the cache. */
  readonly name: string;
  readonly folder: string;
  readonly maxBytes: number;
  /** How many at most. */
  readonly limit: number;
  readonly flushed: boolean;
  readonly format: Format;
  /** Told when a generation had too many errors; `dropDoubtful` is then to be called. */
  readonly onDoubt: () => void;
}

export class Generations {
  readonly #options: GenerationsOptions;
  readonly #format: Format;
  /** Newest first. */
  #parts: Part[] = [];
  /** Whether the newest takes writes. */
  #isOpen = false;
  #last = 0;
  #note: string | undefined;
  readonly #doubtful: Part[] = [];

  constructor(options: GenerationsOptions) {
    this.#options = options;
    this.#format = options.format;
  }

  /** The note as it is stored. */
  get note(): string | undefined {
    return this.#note;
  }

  /** Opens what an earlier opener left, and removes the rest.
   * @param isWanted  false: removes all of it
   * @throws when there is no room, with everything left as it is */
  async open(isWanted: boolean): Promise<void> {
    const { name, folder, maxBytes, limit } = this.#options;
    const manifest = readManifest(folder);
    const isOurs = manifest?.name === name && manifest.backend === this.#format.backend;
    let marks: readonly Mark[] = isOurs && isWanted ? manifest.generations : [];
    // What was not flushed may be there in part, in no order.
    const isLost = manifest?.flushed === false && (manifest.boot || '?') !== bootId();
    if (isLost && !(this.#format.provesSeals && marks[0]?.seal)) marks = [];
    const parts: Part[] = [];
    let bytes = FIXED_BYTES;
    for (const mark of marks.slice(0, limit)) {
      const generation = await this.#reopen(mark, parts.length === 0);
      if (generation === undefined) break;
      parts.push(partOf(generation, parts.length === 0 ? undefined : mark.seal));
      bytes += generation.bytes();
      if (bytes > maxBytes) {
        await parts.pop()?.generation.close();
        break;
      }
    }
    this.#last = Math.max(0, ...(manifest?.generations ?? []).map(({ number }) => number));
    await removeRubbish(folder, new Set(parts.map(({ generation }) => generation.number)));
    this.#note = isOurs ? manifest.note : undefined;
    this.#parts = parts;
    this.#isOpen = parts.length > 0;
    await this.#writeManifest();
  }

  /** @throws or rejects when a generation that may have it cannot be read
   * HOT: each read. */
  get(id: string): Buffer | undefined | Promise<Buffer | undefined> {
    const parts = this.#parts;
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as Part;
      let found: ReturnType<Generation['get']>;
      try {
        found = part.generation.get(id);
      } catch (error) {
        this.#blame(part);
        throw error;
      }
      if (found instanceof Promise) return this.#getLater(id, found, parts.slice(i));
      if (found !== undefined) return found ?? undefined;
    }
    return undefined;
  }

  /** Writes in order.
   * @throws (rejects) what the file system says; then some of it may be written */
  async write(items: readonly Item[]): Promise<void> {
    let from = 0;
    for (let isNew = false; from < items.length;) {
      if (!this.#isOpen) {
        await this.#rotate();
        isNew = true;
      }
      const newest = this.#parts[0] as Part;
      const next = await newest.generation.write(items, from);
      if (next === from && isNew) throw new Error('a record finds no room in an empty generation');
      from = next;
      if (from < items.length) {
        this.#isOpen = false;
        await newest.generation.finish();
      }
    }
  }

  async writeNote(note: string | undefined): Promise<void> {
    this.#note = note;
    await this.#writeManifest();
  }

  /** Whether a generation could be sealed. */
  get isUnsealed(): boolean {
    return this.#parts.some(({ seal }, i) => seal === undefined && i > 0);
  }

  /** Notes what the generations are that are no longer written. */
  async seal(): Promise<void> {
    for (const [i, part] of this.#parts.entries()) {
      if (i > 0) part.seal ??= await part.generation.seal();
    }
    await this.#writeManifest();
  }

  async *scan(prefix: string): AsyncGenerator<string> {
    const parts = this.#parts;
    for (const [i, { generation }] of parts.entries()) {
      const newer = parts.slice(0, i);
      for await (const page of generation.ids(prefix)) {
        for (const id of page) {
          if (!(await isIn(newer, id))) yield id;
        }
      }
    }
  }

  bytes(): number {
    return this.#parts.reduce((sum, { generation }) => sum + generation.bytes(), FIXED_BYTES);
  }

  async verify(): Promise<DiskVerdict> {
    let verdict: DiskVerdict = { records: 0, bytes: FIXED_BYTES, damaged: 0 };
    for (const { generation } of this.#parts) {
      const { records, bytes, damaged } = await generation.verify();
      verdict = {
        records: verdict.records + records,
        bytes: verdict.bytes + bytes,
        damaged: verdict.damaged + damaged,
      };
    }
    return verdict;
  }

  /** Drops everything. */
  async clear(): Promise<void> {
    await this.#drop(0);
  }

  /** Drops the generations that had too many errors, and those before them. */
  async dropDoubtful(): Promise<void> {
    for (const part of this.#doubtful.splice(0)) {
      const index = this.#parts.indexOf(part);
      if (index >= 0) await this.#drop(index);
    }
  }

  /** Seals what was written, and ends all use. */
  async close(): Promise<void> {
    const [newest] = this.#parts;
    try {
      if (this.#isOpen) await newest?.generation.finish();
      this.#isOpen = false;
      for (const part of this.#parts) part.seal ??= await part.generation.seal();
      await this.#writeManifest();
    } finally {
      for (const { generation } of this.#parts.splice(0)) await generation.close();
      await this.#format.close();
    }
  }

  async #reopen(mark: Mark, isNewest: boolean): Promise<Generation | undefined> {
    try {
      return await this.#format.open(mark, isNewest);
    } catch (error) {
      if (saysFull(error)) throw error;
      return undefined;
    }
  }

  async #rotate(): Promise<void> {
    const { limit, maxBytes } = this.#options;
    const cap = capOf(maxBytes, limit);
    while (this.#parts.length >= limit || this.bytes() + cap > maxBytes) {
      const oldest = this.#parts.pop();
      if (oldest === undefined) break;
      await this.#remove(oldest);
    }
    const generation = await this.#format.create(++this.#last);
    this.#parts = [partOf(generation, undefined), ...this.#parts];
    try {
      await this.#writeManifest();
      this.#isOpen = true;
    } catch (error) {
      await generation.finish();
      throw error;
    }
  }

  async #drop(from: number): Promise<void> {
    const isWritten = from === 0 && this.#isOpen;
    const dropped = this.#parts.slice(from);
    this.#parts = this.#parts.slice(0, from);
    if (isWritten) {
      this.#isOpen = false;
      await dropped[0]?.generation.finish();
    }
    // Oldest first: whatever ends this, nothing hidden comes back.
    for (const part of dropped.toReversed()) await this.#remove(part);
    await this.#writeManifest();
  }

  async #remove({ generation }: Part): Promise<void> {
    await generation.close();
    await this.#format.remove(generation.number);
  }

  #writeManifest(): Promise<void> {
    const { name, folder, flushed } = this.#options;
    const generations = this.#parts.map(({ generation, seal }) => ({
      number: generation.number,
      seal,
    }));
    const { backend } = this.#format;
    const manifest = { name, backend, boot: bootId(), flushed, note: this.#note, generations };
    return writeManifest(folder, manifest);
  }

  async #getLater(
    id: string,
    first: Promise<Buffer | null | undefined>,
    parts: readonly Part[],
  ): Promise<Buffer | undefined> {
    for (const [i, part] of parts.entries()) {
      try {
        const found = await (i === 0 ? first : part.generation.get(id));
        if (found !== undefined) return found ?? undefined;
      } catch (error) {
        this.#blame(part);
        throw error;
      }
    }
    return undefined;
  }

  #blame(part: Part): void {
    if (!part.isTooMuch(Date.now())) return;
    this.#doubtful.push(part);
    this.#options.onDoubt();
  }
}

function partOf(generation: Generation, seal: Seal | undefined): Part {
  return { generation, seal, isTooMuch: errorWindow() };
}

async function isIn(parts: readonly Part[], id: string): Promise<boolean> {
  for (const { generation } of parts) {
    if (await generation.has(id)) return true;
  }
  return false;
}
