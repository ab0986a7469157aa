// A DiskStore over the generations of a folder: which state it is in, who may do what meanwhile, one job after the other.
// Invariant: nothing here rejects but what a caller was given; reads wait for no job. What a state means for health stands
// in disk-store.ts; which files there are is generations.ts.
import type { DiskSettings } from './disk-options.ts';
import type { DiskRecord, DiskState, DiskStore, DiskVerdict } from './disk-store.ts';
import { errors } from '../errors.ts';
import { errorWindow } from './error-window.ts';
import type { Format, FormatContext, Item } from './generation.ts';
import { capOf, Generations } from './generations.ts';
import { sizeBound } from './record.ts';
import { hasRoom, saysFull } from './room.ts';
import type { Slot } from './slots.ts';

/** How long what was refused (no room, no slot) is not tried again, ms. */
const RETRY = 500;

export interface FileStoreOptions {
  readonly name: string;
  readonly backend: 'lmdb' | 'fs';
  readonly makeFormat: (context: FormatContext) => Format;
  readonly settings: DiskSettings;
  readonly onState: (state: DiskState) => void;
  /** Takes a folder; undefined: none is free. */
  readonly claim: () => Slot | undefined;
}

export class FileStore implements DiskStore {
  readonly backend: 'lmdb' | 'fs';
  readonly ready: Promise<void>;
  note: string | undefined;
  readonly #options: FileStoreOptions;
  readonly #isFailing: (now: number) => boolean = errorWindow();
  #state: DiskState = 'opening';
  #lastError: string | undefined;
  #slot: Slot | undefined;
  #format: Format | undefined;
  #generations: Generations | undefined;
  #retryAt = 0;
  /** Calls of `clear` that are not done: what they will drop is not to be seen. */
  #clearing = 0;
  #isUnwanted = false;
  #jobs: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(options: FileStoreOptions) {
    this.#options = options;
    this.backend = options.backend;
    this.ready = this.#job(() => this.#open());
  }

  get state(): DiskState {
    return this.#state;
  }

  get lastError(): string | undefined {
    return this.#lastError;
  }

  get(id: string): Buffer | undefined | Promise<Buffer | undefined> {
    if (this.#generations === undefined || this.#clearing > 0) return undefined;
    try {
      const found = this.#generations.get(id);
      if (!(found instanceof Promise)) return found;
      return found.catch((error: unknown) => {
        throw this.#readError(error);
      });
    } catch (error) {
      throw this.#readError(error);
    }
  }

  /** As DiskStore says; the bytes must not change until then.
   * @throws (rejects) CATZ_TIERS_DISK_WRITE */
  putMany(batch: readonly DiskRecord[]): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(this.#writeError('it is closed'));
    return this.#job(() => this.#write(batch));
  }

  async *scan(prefix: string): AsyncGenerator<string> {
    if (this.#generations === undefined || this.#clearing > 0) return;
    try {
      yield* this.#generations.scan(prefix);
    } catch (error) {
      throw this.#readError(error);
    }
  }

  clear(): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(this.#writeError('it is closed'));
    this.#clearing++;
    return this.#job(async () => {
      try {
        this.#isUnwanted = this.#generations === undefined;
        await this.#generations?.clear();
      } catch (error) {
        throw this.#writeError(messageOf(error), error);
      } finally {
        this.#clearing--;
      }
    });
  }

  get maxBytes(): number {
    return this.#options.settings.maxBytes;
  }

  bytes(): number {
    return this.#generations?.bytes() ?? 0;
  }

  async verify(): Promise<DiskVerdict> {
    return (await this.#generations?.verify()) ?? { records: 0, bytes: 0, damaged: 0 };
  }

  close(): Promise<void> {
    this.#closed ??= this.#job(async () => {
      const generations = this.#generations;
      try {
        if (generations !== undefined && generations.note !== this.note) {
          await generations.writeNote(this.note);
        }
      } catch (error) {
        this.#lastError = messageOf(error);
      }
      await this.#letGo();
      this.#become('closed');
    });
    return this.#closed;
  }

  /** Runs when all jobs before it have ended, however they did. */
  #job<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#jobs.then(work);
    this.#jobs = result.catch(() => undefined);
    return result;
  }

  // Never rejects.
  async #open(): Promise<void> {
    const { name, claim, makeFormat, settings } = this.#options;
    const maxBytes = Math.floor(settings.maxBytes / settings.slots);
    const cap = capOf(maxBytes, settings.generations);
    const flushed = settings.durability === 'system';
    try {
      this.#slot = claim();
      if (this.#slot === undefined) return this.#refuse('busy', 'another has the folder');
      const { folder } = this.#slot;
      this.#format = makeFormat({ folder, cap, flushed });
      const generations = new Generations({
        name,
        folder,
        maxBytes,
        limit: settings.generations,
        flushed,
        format: this.#format,
        onDoubt: () => this.#dropDoubtful(),
      });
      await generations.open(!this.#isUnwanted);
      this.note ??= generations.note;
      this.#isUnwanted = false;
      this.#generations = generations;
      this.#become('ready');
    } catch (error) {
      const state = this.#isFull(error) ? 'full' : 'failed';
      await this.#letGo();
      this.#refuse(state, messageOf(error));
    }
  }

  async #write(batch: readonly DiskRecord[]): Promise<void> {
    if (this.#state === 'failed') throw this.#writeError(this.#lastError ?? 'it failed');
    if (this.#state !== 'ready' && Date.now() < this.#retryAt) {
      throw this.#writeError(this.#lastError ?? this.#state);
    }
    if (this.#generations === undefined) await this.#open();
    const generations = this.#generations;
    if (generations === undefined) throw this.#writeError(this.#lastError ?? this.#state);
    const items = this.#itemsOf(batch);
    try {
      await this.#checkRoom();
      await generations.write(items);
      if (generations.note !== this.note) await generations.writeNote(this.note);
    } catch (error) {
      await this.#afterFailedWrite(error);
      throw this.#writeError(messageOf(error), error);
    }
    this.#become('ready');
    if (generations.isUnsealed) this.#seal(generations);
    if (items !== batch)
      throw this.#writeError('a record is larger than a quarter of a generation');
  }

  // A record that is too large hides the older ones of its id instead.
  #itemsOf(batch: readonly DiskRecord[]): readonly Item[] {
    const most = this.#format?.maxRecordBytes ?? 0;
    if (!batch.some((record) => sizeBound(record) > most)) return batch;
    return batch.map((record) =>
      sizeBound(record) > most ? { id: record.id, bytes: null } : record,
    );
  }

  async #checkRoom(): Promise<void> {
    if (this.#slot === undefined) return;
    if (await hasRoom(this.#slot.folder, this.#options.settings.minFree)) return;
    throw Object.assign(new Error('the file system has less than minFree bytes left'), {
      code: 'ENOSPC',
    });
  }

  async #afterFailedWrite(error: unknown): Promise<void> {
    if (this.#isFull(error)) return this.#refuse('full', messageOf(error));
    this.#lastError = messageOf(error);
    if (!this.#isFailing(Date.now())) return;
    await this.#generations?.clear().catch(() => {
      // The errors that led here; what is left is in doubt, and the next opener finds out.
    });
    await this.#letGo();
    this.#refuse('failed', messageOf(error));
  }

  // Checksums take a while: after the batch, before the next one.
  #seal(generations: Generations): void {
    this.#job(async () => {
      if (this.#generations === generations) await generations.seal();
    }).catch((error: unknown) => {
      this.#lastError = messageOf(error);
    });
  }

  #dropDoubtful(): void {
    this.#job(async () => this.#generations?.dropDoubtful()).catch((error: unknown) => {
      this.#lastError = messageOf(error);
    });
  }

  // Never rejects.
  async #letGo(): Promise<void> {
    const generations = this.#generations;
    this.#generations = undefined;
    try {
      await (generations ?? this.#format)?.close();
    } catch (error) {
      this.#lastError = messageOf(error);
    }
    this.#format = undefined;
    this.#slot?.release();
    this.#slot = undefined;
  }

  #refuse(state: DiskState, why: string): void {
    this.#lastError = why;
    this.#retryAt = Date.now() + RETRY;
    this.#become(state);
  }

  #become(state: DiskState): void {
    if (this.#state === state) return;
    this.#state = state;
    try {
      this.#options.onState(state);
    } catch (error) {
      this.#lastError = messageOf(error);
    }
  }

  #isFull(error: unknown): boolean {
    return saysFull(error) || (this.#format?.saysFull(error) ?? false);
  }

  #readError(cause: unknown): Error {
    this.#lastError = messageOf(cause);
    return new errors.DISK_READ(this.#options.name, messageOf(cause), { cause });
  }

  #writeError(why: string, cause?: unknown): Error {
    const { name } = this.#options;
    return cause === undefined
      ? new errors.DISK_WRITE(name, why)
      : new errors.DISK_WRITE(name, why, { cause });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
