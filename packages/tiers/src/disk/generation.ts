// What a generation is to the store: a part of the files, written until it is full, then read until it is the oldest.
// Invariant: its files never take more than the cap it was made with. It knows nothing of other generations, of states, or
// of what bytes mean. Implementations: lmdb/ and fs/.
import type { DiskRecord, DiskVerdict } from './disk-store.ts';
import type { Mark, Seal } from './manifest.ts';
import type { Hiding } from './record.ts';

/** What a batch is made of when it comes to a generation. */
export type Item = DiskRecord | Hiding;

export interface Generation {
  readonly number: number;
  /** Of its files now. */
  bytes(): number;
  /** @returns null: hidden, older ones are not to be asked; undefined: not here
   * @throws or rejects when there is something that cannot be read */
  get(id: string): Buffer | null | undefined | Promise<Buffer | null | undefined>;
  /** Whether `get` would give bytes or null. */
  has(id: string): boolean | Promise<boolean>;
  /** Writes in order, from an index on, as many as there is room for.
   * @returns the index of the first that was not written; the batch's length: all were
   * @throws (rejects) when the file system refused; then none or some of them are written */
  write(batch: readonly Item[], from: number): Promise<number>;
  /** Ids that begin with a prefix, by pages, those with null left out; ends early once closed. */
  ids(prefix: string): AsyncIterable<string[]>;
  /** Reads all of it. */
  verify(): Promise<DiskVerdict>;
  /** Ends writing. */
  finish(): Promise<void>;
  /** What it is now; after `finish`. */
  seal(): Promise<Seal>;
  /** Ends all use. Idempotent. */
  close(): Promise<void>;
}

/** How generations lie in a folder. */
export interface Format {
  readonly backend: 'lmdb' | 'fs';
  /** Whether `open` compares a seal with the files: else a seal says nothing of what was never flushed. */
  readonly provesSeals: boolean;
  /** Of a record, id included: what is sure to find room in an empty generation. */
  readonly maxRecordBytes: number;
  create(number: number): Promise<Generation>;
  /** Opens what another opener left.
   * @param isNewest  it will be written
   * @returns undefined when it is not what it should be, or not there */
  open(mark: Mark, isNewest: boolean): Promise<Generation | undefined>;
  /** Removes its files; it is closed. */
  remove(number: number): Promise<void>;
  /** Whether an error of its own means that the file system has no room. */
  saysFull(error: unknown): boolean;
  /** Ends threads. */
  close(): Promise<void>;
}

/** What a format is made with. */
export interface FormatContext {
  readonly folder: string;
  /** Of a generation's files. */
  readonly cap: number;
  readonly flushed: boolean;
}

/** Names of all files of generations begin with it. */
export const GENERATION = 'g-';

/** Name of a generation's file or folder. */
export function generationName(number: number): string {
  return GENERATION + String(number).padStart(8, '0');
}
