// Names whose last write did not fit into the disk's queue: what the disk has of them is older, and must not be read. Once
// there is room they are removed there. Invariant: a name is hidden from the moment its write is dropped until a later
// write of it, or its removal, is on disk; more of them than are kept here empty the disk.
import type { Pending } from './pending.ts';

const MAX_NAMES = 10_000;

/** Names with a dropped write. */
export class Dropped {
  readonly #names = new Map<string, Pending>();

  /** @returns false when there is no room for the name: all that is kept here is then forgotten */
  add(name: string, pending: Pending): boolean {
    if (this.#names.size >= MAX_NAMES) {
      this.#names.clear();
      return false;
    }
    this.#names.set(name, pending);
    return true;
  }

  /** Whether what the disk has of a name is older than what was written last. HOT: each read of the disk */
  has(name: string): boolean {
    return this.#names.size > 0 && this.#names.has(name);
  }

  /** The disk is empty. */
  clear(): void {
    this.#names.clear();
  }

  /** A write of the name is on disk. */
  settle(name: string): void {
    if (this.#names.size > 0) this.#names.delete(name);
  }

  /** Some of them, to be removed from the disk. */
  some(count: number): [name: string, pending: Pending][] {
    return [...this.#names].slice(0, count);
  }
}
