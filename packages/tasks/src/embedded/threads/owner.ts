// The owner of the stores of a process: the thread that outlives the others has them, and they work on them by messages.
// Invariant: a store that was opened stays open until the owner closes, so that threads may come and go, the last one included; stores
// in memory are as old as the owner. What one thread says is served-thread.ts.
import type { MessagePort } from 'node:worker_threads';
import { storeOf } from '../backend/store-of.ts';
import { getCounts } from '../reads/get-counts.ts';
import { ServedThread } from './served-thread.ts';
import type { JobType } from 'bullmq';
import type { SharedStore, User } from '../backend/shared-store.ts';
import type { StoreOptions } from '../backend/store-of.ts';

/** What has the stores. */
export interface TaskStores extends AsyncDisposable {
  /** Serves a thread by a port that it handed over (useTaskStores()). When the port closes, as it does with the thread, the jobs that
   * were active there go back to their queues. */
  connect(port: MessagePort): void;
  /** Lets go of all threads, flushes the logs, and leaves the folders. Call it when no thread is left: their calls reject then.
   * @throws what a log throws that cannot be closed; the others are closed all the same */
  close(): Promise<StoresReport>;
}

/** What became of the stores. */
export interface StoresReport {
  /** Jobs that were only in memory and not finished, by queue. */
  readonly lost: Readonly<Record<string, number>>;
}

/** Has the stores for other threads of the process, in this one: see useTaskStores() for their part. A folder is opened when the first
 * thread asks for it, and stays open; who asks for it with other options gets CATZ_TASKS_OPTIONS. All that ask for a store in memory with
 * the same bounds have the same one. */
export function ownTaskStores(): TaskStores {
  const kept = new Map<SharedStore, User>();
  const inMemory = new Map<string, SharedStore>();
  const threads = new Set<ServedThread>();
  const find = (options: StoreOptions): SharedStore => {
    if (options.disk !== undefined) return storeOf(options);
    const key = JSON.stringify(options.limits);
    const store = inMemory.get(key) ?? storeOf(options);
    inMemory.set(key, store);
    return store;
  };
  const keep = (store: SharedStore): void => {
    if (kept.has(store)) return;
    const keeper = keeperOf(store);
    kept.set(store, keeper);
    // It is open: this only notes another user.
    void store.join(keeper);
  };
  const close = async (): Promise<StoresReport> => {
    await Promise.all([...threads].map((thread) => thread.close()));
    const lost = unfinished(inMemory.values());
    const stores = [...kept];
    kept.clear();
    inMemory.clear();
    const ends = await Promise.allSettled(stores.map(([store, keeper]) => store.leave(keeper)));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return { lost };
  };
  return {
    connect(port) {
      const thread = new ServedThread(port, { find, keep, left: () => threads.delete(thread) });
      threads.add(thread);
    },
    close,
    async [Symbol.asyncDispose]() {
      await close();
    },
  };
}

function keeperOf(store: SharedStore): User {
  // Faults of the disk are reported to the backends.
  return { id: store.nextId(), name: '', since: Date.now(), report: () => undefined };
}

function unfinished(stores: Iterable<SharedStore>): Record<string, number> {
  const byQueue: Record<string, number> = {};
  for (const { journal } of stores) {
    for (const queue of journal.store.queues.values()) {
      const left = getCounts(queue, UNFINISHED).reduce((sum, count) => sum + count, 0);
      if (left > 0) byQueue[queue.name] = (byQueue[queue.name] ?? 0) + left;
    }
  }
  return byQueue;
}

const UNFINISHED: JobType[] = ['wait', 'prioritized', 'delayed', 'active', 'waiting-children'];
