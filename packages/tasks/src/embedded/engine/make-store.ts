// An empty store, and the sharing of equal options among its jobs.
// Invariant: a queue, once made, stays the same object until the store is dropped: obliteration empties it.
import { makeQueue } from './make-queue.ts';
import type { SharedOptions } from './job.ts';
import type { QueueState } from './queue.ts';
import type { StoreState } from './store-state.ts';

/** Options that differ with each job (ids, parents) would fill a map without end: beyond this many it starts anew. */
const MAX_SHARED = 1_000;

/** @param wake  see StoreState.wake; default: nobody is told, as in a replay */
export function makeStore(wake: StoreState['wake'] = () => undefined): StoreState {
  const queues = new Map<string, QueueState>();
  const byPrefix = new Map<string, Map<string, QueueState>>();
  const shared = new Map<string, SharedOptions>();
  const take = (bytes: number): void => {
    store.bytes += bytes;
  };
  const store: StoreState = {
    queues,
    queueOf(name, prefix) {
      // Two look-ups of texts that are hashed already are cheaper than to join them each time.
      let named = byPrefix.get(prefix);
      if (named === undefined) byPrefix.set(prefix, (named = new Map()));
      let queue = named.get(name);
      if (queue === undefined) {
        queue = makeQueue(name, prefix, take);
        named.set(name, queue);
        queues.set(queue.key, queue);
      }
      return queue;
    },
    share(json) {
      const known = shared.get(json);
      if (known !== undefined) return known;
      if (shared.size >= MAX_SHARED) shared.clear();
      const options = parseOptions(json);
      shared.set(json, options);
      return options;
    },
    jobCount: 0,
    bytes: 0,
    wake,
  };
  return store;
}

function parseOptions(json: string): SharedOptions {
  const value = Object.freeze(JSON.parse(json) as SharedOptions['value']);
  const isFlat = Object.values(value).every(
    (member) => typeof member !== 'object' || member === null,
  );
  return { json, value, isFlat };
}
