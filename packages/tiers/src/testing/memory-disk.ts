// A disk tier without a disk: for tests of what stands above one, and the smallest thing that keeps its contract.
// What it holds lasts as long as the tier, so that a store opened again finds it.
import type { DiskRecord, DiskState, DiskStore, DiskTier } from '../disk/disk-store.ts';

/** A disk tier in memory.
 * @param options.maxBytes  above it the records written first go; default: none */
export function memoryDisk({ maxBytes = Infinity }: { maxBytes?: number } = {}): DiskTier {
  const caches = new Map<string, Shelf>();
  return {
    kind: 'memory',
    open({ name, onState }) {
      const shelf = caches.get(name) ?? { records: new Map(), bytes: 0, note: undefined };
      caches.set(name, shelf);
      return new MemoryDisk(shelf, maxBytes, onState);
    },
  };
}

interface Shelf {
  readonly records: Map<string, Buffer>;
  bytes: number;
  note: string | undefined;
}

class MemoryDisk implements DiskStore {
  readonly backend = 'memory' as const;
  readonly ready: Promise<void> = Promise.resolve();
  readonly lastError: string | undefined = undefined;
  note: string | undefined;
  readonly #shelf: Shelf;
  readonly #maxBytes: number;
  readonly #onState: (state: DiskState) => void;
  #state: DiskState = 'ready';

  constructor(shelf: Shelf, maxBytes: number, onState: (state: DiskState) => void) {
    this.#shelf = shelf;
    this.#maxBytes = maxBytes;
    this.#onState = onState;
    this.note = shelf.note;
  }

  get state(): DiskState {
    return this.#state;
  }

  get(id: string): Buffer | undefined {
    if (this.#state === 'closed') return undefined;
    const bytes = this.#shelf.records.get(id);
    return bytes === undefined ? undefined : Buffer.from(bytes);
  }

  putMany(batch: readonly DiskRecord[]): Promise<void> {
    if (this.#state === 'closed') return Promise.reject(new Error('the disk is closed'));
    for (const { id, bytes } of batch) {
      this.#remove(id);
      this.#shelf.records.set(id, Buffer.from(bytes));
      this.#shelf.bytes += Buffer.byteLength(id) + bytes.length;
    }
    for (const id of this.#shelf.records.keys()) {
      if (this.#shelf.bytes <= this.#maxBytes) break;
      this.#remove(id);
    }
    this.#shelf.note = this.note;
    return Promise.resolve();
  }

  // oxlint-disable-next-line require-await -- the interface is that of stores that wait
  async *scan(prefix: string): AsyncGenerator<string> {
    for (const id of this.#shelf.records.keys()) if (id.startsWith(prefix)) yield id;
  }

  clear(): Promise<void> {
    this.#shelf.records.clear();
    this.#shelf.bytes = 0;
    return Promise.resolve();
  }

  readonly maxBytes: number = Infinity;

  bytes(): number {
    return this.#shelf.bytes;
  }

  verify(): Promise<{ records: number; bytes: number; damaged: number }> {
    const { records, bytes } = this.#shelf;
    return Promise.resolve({ records: records.size, bytes, damaged: 0 });
  }

  close(): Promise<void> {
    if (this.#state === 'closed') return Promise.resolve();
    this.#shelf.note = this.note;
    this.#state = 'closed';
    this.#onState('closed');
    return Promise.resolve();
  }

  #remove(id: string): void {
    const before = this.#shelf.records.get(id);
    if (before === undefined) return;
    this.#shelf.bytes -= Buffer.byteLength(id) + before.length;
    this.#shelf.records.delete(id);
  }
}
