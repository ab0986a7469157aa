// One store and the backends that use it: all that one factory makes.
// Invariant: the journal is open while at least one backend has joined, and closed when the last has left; then it may be opened again.
import { errors } from '../../errors.ts';
import { Pace } from './pace.ts';
import { Waiters } from './waiters.ts';
import type { Client } from '../reads/get-client-list.ts';
import type { Journal, JournalStats } from '../engine/journal.ts';
import type { StoreState } from '../engine/store-state.ts';

/** Bounds of a store. */
export interface StoreLimits {
  readonly maxJobs: number;
  readonly maxBytes: number;
}

/** What a store holds, and how its journal does. */
export interface StoreStats extends JournalStats {
  readonly jobs: number;
  readonly bytes: number;
}

/** A backend, as its store knows it. */
export interface User extends Client {
  /** Told when the disk takes no more. */
  report(error: Error): void;
}

export class SharedStore {
  readonly waiters: Waiters = new Waiters();
  readonly pace: Pace = new Pace();
  readonly limits: StoreLimits;
  readonly #journal: Journal;
  readonly #users = new Set<User>();
  #change: Promise<void> = Promise.resolve();
  #isClosing = false;
  #lastId = 0;
  /** What was let in and is not stored yet. */
  readonly #coming = { jobs: 0, bytes: 0 };

  /** @param makeJournal  given what wakes the workers of a queue */
  constructor(makeJournal: (wake: StoreState['wake']) => Journal, limits: StoreLimits) {
    this.#journal = makeJournal(this.waiters.wake);
    this.#journal.onState?.((_state, error) => {
      if (error !== undefined) for (const user of this.#users) user.report(error);
    });
    this.limits = limits;
  }

  get journal(): Journal {
    return this.#journal;
  }

  /** The backends that have joined. */
  get users(): ReadonlySet<User> {
    return this.#users;
  }

  /** A number for a backend, by which it is listed. */
  nextId(): number {
    return ++this.#lastId;
  }

  /** @returns undefined when the store is open already, else what to wait for; it rejects when it cannot be opened */
  join(user: User): Promise<void> | undefined {
    this.#users.add(user);
    if (this.#journal.state === 'open' && !this.#isClosing) return undefined;
    this.#change = this.#change
      // An earlier failure was told to those who waited then.
      .catch(() => undefined)
      .then(() => (this.#journal.state === 'closed' ? this.#journal.open() : undefined));
    return this.#change;
  }

  /** The last one to leave closes the journal. */
  leave(user: User): Promise<void> {
    this.waiters.cancel(user);
    if (!this.#users.delete(user) || this.#users.size > 0) return Promise.resolve();
    this.#change = this.#change
      .catch(() => undefined)
      .then(() => (this.#users.size === 0 ? this.#close() : undefined));
    return this.#change;
  }

  /** Adds where there is room. What is on its way to the log counts until it is answered, so that no burst passes the bounds.
   * Only once the store is open: before, nobody knows what it holds.
   * @param add  rejects or throws, too, when the store is closed
   * @throws CATZ_TASKS_QUEUE_FULL, before anything is stored */
  admitted<R>(jobs: number, bytes: number, add: () => R | Promise<R>): R | Promise<R> {
    const coming = this.#coming;
    if (this.#journal.state !== 'closed') this.#admit(jobs + coming.jobs, bytes + coming.bytes);
    const answer = add();
    if (!(answer instanceof Promise)) return answer;
    coming.jobs += jobs;
    coming.bytes += bytes;
    return answer.finally(() => {
      coming.jobs -= jobs;
      coming.bytes -= bytes;
    });
  }

  stats(): StoreStats {
    const stats = this.#journal.stats();
    // Of a folder that is closed nothing is in memory.
    if (stats.mode === 'durable' && stats.state === 'closed')
      return { ...stats, jobs: 0, bytes: 0 };
    const { store } = this.#journal;
    return { ...stats, jobs: store.jobCount, bytes: store.bytes };
  }

  #admit(jobs: number, bytes: number): void {
    const { store } = this.#journal;
    const { maxJobs, maxBytes } = this.limits;
    if (store.jobCount + jobs > maxJobs) {
      throw new errors.QUEUE_FULL(`${store.jobCount} jobs`, `maxJobs ${maxJobs}`);
    }
    if (store.bytes + bytes > maxBytes) {
      throw new errors.QUEUE_FULL(`${store.bytes} bytes`, `maxBytes ${maxBytes}`);
    }
  }

  async #close(): Promise<void> {
    this.#isClosing = true;
    try {
      await this.#journal.close();
    } finally {
      this.#isClosing = false;
    }
  }
}
