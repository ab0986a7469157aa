// How a thread gets to the stores of the thread that owns them: useTaskStores() says how to reach it, embeddedBackend() then asks for
// its store there. Invariant: a thread has one line, which is made when the first backend is.
import { MessageChannel } from 'node:worker_threads';
import { Line } from './line.ts';
import { OWNER } from './protocol.ts';
import { RemoteBackend } from './remote-backend.ts';
import type { BackendOptions } from '../backend/arguments.ts';
import type { StoreOptions } from '../backend/store-of.ts';
import type { StoreStats } from '../backend/shared-store.ts';
import type { HandOver } from './protocol.ts';

/** A store in another thread. */
export interface RemoteStore {
  backend(name: string, options: BackendOptions, isBlocking: boolean): RemoteBackend;
  /** As the owner said last: at most 100 ms old while calls are under way; it is asked for news. */
  stats(): StoreStats;
}

/** From now on, embeddedBackend() of this thread finds its stores with an owner (ownTaskStores(), in the thread that started this one).
 * @param handOver  sends the owner a port, in a transfer list, for its `connect`
 * @returns ends it, for backends that are made later */
export function useTaskStores(handOver: HandOver): () => void {
  const place = globalThis as { [OWNER]?: HandOver | undefined };
  place[OWNER] = handOver;
  return () => {
    if (place[OWNER] === handOver) delete place[OWNER];
  };
}

/** The store that options name, with the owner.
 * @returns undefined where this thread has none */
export function remoteStore(options: StoreOptions): RemoteStore | undefined {
  const handOver = (globalThis as { [OWNER]?: HandOver })[OWNER];
  if (handOver === undefined) return undefined;
  let line: Line | undefined;
  let store = 0;
  // The owner has nothing to do until there is a backend.
  const opened = (): Line => {
    if (line === undefined) {
      line = lineBy(handOver);
      store = line.nextNumber();
      line.tell(store, 'store', options);
    }
    return line;
  };
  return {
    backend(name, backendOptions, isBlocking) {
      const to = opened();
      const client = isBlocking ? (backendOptions.name ?? '') : undefined;
      return new RemoteBackend(to, name, backendOptions, (number, settings) =>
        to.tell(number, 'open', store, name, settings, client),
      );
    },
    stats() {
      if (line?.isOpen === true) line.tell(store, 'stats');
      return line?.stats.get(store) ?? notYet(options);
    },
  };
}

const lines = new WeakMap<HandOver, Line>();

function lineBy(handOver: HandOver): Line {
  let line = lines.get(handOver);
  if (line === undefined) {
    const { port1, port2 } = new MessageChannel();
    line = new Line(port1);
    lines.set(handOver, line);
    handOver(port2);
  }
  return line;
}

function notYet({ disk }: StoreOptions): StoreStats {
  const nothing = { logBytes: 0, flushP99Ms: 0, jobs: 0, bytes: 0, isShared: true };
  return disk === undefined
    ? { mode: 'memory', durability: 'memory', state: 'open', ...nothing }
    : { mode: 'durable', durability: disk.durability, state: 'closed', ...nothing };
}
