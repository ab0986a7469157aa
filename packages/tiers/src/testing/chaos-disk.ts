// Any disk tier, made to fail, wait, hang, lose and damage on purpose, or to be full.
// Invariant: a read that nothing makes wait is as synchronous as the tier's own; calls that hang end when it is closed.
import type {
  DiskContext,
  DiskRecord,
  DiskState,
  DiskStore,
  DiskTier,
} from '../disk/disk-store.ts';
import { Chaos } from './chaos.ts';
import type { ChaosOptions, ChaosStart } from './chaos.ts';

/** A disk on which things go wrong. */
export interface ChaosDisk extends DiskTier {
  /** Changes what goes wrong, from the next call on; what is not named stays. Methods: get, putMany, scan, clear, verify.
   * @throws CATZ_TIERS_OPTION */
  set(options: ChaosOptions): void;
  /** Fills or frees it: while it is full the state says so, and nothing is written. */
  setFull(isFull: boolean): void;
  /** Calls that hang now. */
  readonly hanging: number;
}

interface Disk {
  isFull: boolean;
  tell: () => void;
}

/** Wraps a disk tier. Open it once.
 * @throws CATZ_TIERS_OPTION */
export function chaosDisk(tier: DiskTier, options?: ChaosStart): ChaosDisk {
  const chaos = new Chaos(options);
  const disk: Disk = { isFull: false, tell: () => {} };
  return {
    kind: `chaos ${tier.kind}`,
    open: (context) => new ChaosDiskStore(tier, context, chaos, disk),
    set: (changed) => chaos.set(changed),
    setFull(isFull) {
      if (disk.isFull === isFull) return;
      disk.isFull = isFull;
      disk.tell();
    },
    get hanging() {
      return chaos.hanging;
    },
  };
}

class ChaosDiskStore implements DiskStore {
  readonly #store: DiskStore;
  readonly #chaos: Chaos;
  readonly #disk: Disk;
  #lastError: string | undefined;

  constructor(tier: DiskTier, context: DiskContext, chaos: Chaos, disk: Disk) {
    const onState = (): void => context.onState(this.state);
    this.#chaos = chaos;
    this.#disk = disk;
    this.#store = tier.open({ ...context, onState });
    disk.tell = onState;
  }

  get state(): DiskState {
    const { state } = this.#store;
    return this.#disk.isFull && state === 'ready' ? 'full' : state;
  }

  get backend(): DiskStore['backend'] {
    return this.#store.backend;
  }

  get lastError(): string | undefined {
    return this.#lastError ?? this.#store.lastError;
  }

  get ready(): Promise<void> {
    return this.#store.ready;
  }

  get maxBytes(): number {
    return this.#store.maxBytes;
  }

  get note(): string | undefined {
    return this.#store.note;
  }

  set note(note: string | undefined) {
    this.#store.note = note;
  }

  get(id: string): Buffer | undefined | Promise<Buffer | undefined> {
    return this.#chaos.runNow(
      'get',
      () => this.#store.get(id),
      () => undefined,
    );
  }

  async putMany(batch: readonly DiskRecord[]): Promise<void> {
    try {
      await this.#chaos.run(
        'putMany',
        () => {
          if (this.#disk.isFull) throw new Error('no room is left, by chaos');
          return this.#store.putMany(batch);
        },
        () => undefined,
      );
    } catch (error) {
      this.#lastError = error instanceof Error ? error.message : 'putMany failed';
      throw error;
    }
  }

  async *scan(prefix: string): AsyncGenerator<string> {
    for await (const id of this.#store.scan(prefix)) {
      const found = await this.#chaos.run<string | undefined>(
        'scan',
        () => id,
        () => undefined,
      );
      if (found !== undefined) yield found;
    }
  }

  clear(): Promise<void> {
    return this.#chaos.run(
      'clear',
      () => this.#store.clear(),
      () => undefined,
    );
  }

  bytes(): number {
    return this.#store.bytes();
  }

  verify(): ReturnType<DiskStore['verify']> {
    return this.#chaos.run(
      'verify',
      () => this.#store.verify(),
      () => ({ records: 0, bytes: 0, damaged: 0 }),
    );
  }

  async close(): Promise<void> {
    this.#chaos.release();
    await this.#store.close();
  }
}
