// One thread, as the owner of the stores sees it: its backends are real ones here, so that locks, waits, bounds and a full disk are what
// they are without threads. Invariant: calls of a backend begin in the order in which they were made; when the line closes, and only
// then, what was active through it goes back to its queue. A call that fails is answered, and disturbs no other.
import type { MessagePort } from 'node:worker_threads';
import { errors } from '../../errors.ts';
import { EmbeddedBackend } from '../backend/embedded-backend.ts';
import { packError } from './crossed-error.ts';
import { unpackArguments } from './plain-arguments.ts';
import { FORWARDED, PROTOCOL } from './protocol.ts';
import type { BackendOptions } from '../backend/arguments.ts';
import type { SharedStore } from '../backend/shared-store.ts';
import type { StoreOptions } from '../backend/store-of.ts';
import type { CrossedError } from './crossed-error.ts';
import type { Answer, Call, Callable, Reply } from './protocol.ts';
import type { Settings } from './settings.ts';

/** What a thread's service needs of the owner. */
export interface Stores {
  /** @throws CATZ_TASKS_OPTIONS */
  find(options: StoreOptions): SharedStore;
  /** Called when a backend has opened it. */
  keep(store: SharedStore): void;
  /** The thread is gone, and its backends are closed. */
  left(): void;
}

/** What came of `store` or `open`: an error is told to all that come to use it. */
type Found<T> = T | Error;

interface Root {
  readonly store: SharedStore;
  readonly backend: EmbeddedBackend;
}

/** How old statistics may get while there is something to say anyway, ms. */
const STATS_AGE = 100;
const MEMBERS: ReadonlySet<string> = new Set(FORWARDED);

export class ServedThread {
  readonly #port: MessagePort;
  readonly #owner: Stores;
  readonly #stores = new Map<number, Found<SharedStore>>();
  readonly #backends = new Map<number, Found<EmbeddedBackend>>();
  readonly #roots = new Map<number, Root>();
  #hasGreeted = false;
  #answers: Answer[] = [];
  #faults: [number, CrossedError][] = [];
  #isFlushing = false;
  #statsAt = -Infinity;
  #end: Promise<void> | undefined;

  constructor(port: MessagePort, owner: Stores) {
    this.#port = port;
    this.#owner = owner;
    port.on('message', (message: number | readonly Call[]) => this.#hear(message));
    port.on('close', () => void this.close());
    // The threads keep the process, and what is being written.
    port.unref();
  }

  /** Closes its backends, and returns what was active in them. Never rejects. */
  close(): Promise<void> {
    this.#end ??= this.#close();
    return this.#end;
  }

  #hear(message: number | readonly Call[]): void {
    if (typeof message !== 'number') {
      for (const call of message) this.#take(call);
    } else if (message === PROTOCOL) this.#hasGreeted = true;
  }

  #take([id, number, member, json, ...given]: Call): void {
    let done: unknown;
    try {
      done = this.#do(number, member, json, given);
    } catch (error) {
      this.#fail(id, error);
      return;
    }
    if (!(done instanceof Promise)) return;
    done.then(
      (value) => this.#answer([id, value]),
      (error: unknown) => this.#fail(id, error),
    );
  }

  #do(number: number, member: Call[2], json: number, given: unknown[]): unknown {
    if (!this.#hasGreeted) throw new errors.UNSUPPORTED('its release of @catzilla/tasks', OLDER);
    switch (member) {
      case 'store':
        return this.#stores.set(
          number,
          found(() => this.#owner.find(given[0] as StoreOptions)),
        );
      case 'open':
        return this.#open(number, ...(given as [number, string, Settings, string | undefined]));
      case 'sibling':
        return this.#sibling(number, ...(given as [number, string, string]));
      case 'settings':
        return this.#set(number, given[0] as Settings);
      case 'stats':
        this.#statsAt = -Infinity;
        return this.#flushSoon();
      case 'close':
        return this.#closeOne(number, given[0] === true);
      default: {
        if (!MEMBERS.has(member))
          throw new errors.UNSUPPORTED(`backend.${String(member)}()`, OLDER);
        const backend = this.#backendOf(number);
        const args = unpackArguments(json, given);
        const value = (backend as unknown as Callable)[member].apply(backend, args);
        return member === 'addFlow' ? value.then(packResults) : value;
      }
    }
  }

  #open(number: number, from: number, name: string, settings: Settings, client?: string): void {
    const backend = found(() => {
      const store = this.#stores.get(from);
      if (store === undefined || store instanceof Error) throw store ?? new errors.CLOSING();
      const made = new EmbeddedBackend(store, name, {
        connection: {},
        ...settings,
      } as BackendOptions);
      if (client !== undefined) made.name = made.clientName(client === '' ? '' : `:w:${client}`);
      made.once('ready', () => {
        this.#owner.keep(store);
        this.#statsAt = -Infinity;
      });
      made.on('error', (error: Error) => this.#report(number, error));
      this.#roots.set(number, { store, backend: made });
      return made;
    });
    this.#backends.set(number, backend);
  }

  #sibling(number: number, root: number, name: string, prefix: string): void {
    this.#backends.set(
      number,
      found(() => this.#backendOf(root).forQueue(name, prefix)),
    );
  }

  #set(number: number, settings: Settings): void {
    Object.assign(this.#backendOf(number).options, settings);
  }

  #backendOf(number: number): EmbeddedBackend {
    const backend = this.#backends.get(number);
    if (backend === undefined || backend instanceof Error) throw backend ?? new errors.CLOSING();
    return backend;
  }

  async #closeOne(number: number, force: boolean): Promise<void> {
    const root = this.#roots.get(number);
    if (root === undefined) return;
    // Until it is closed it answers, as every backend does.
    await root.backend.close(force);
    this.#backends.delete(number);
    // What it still holds may be running there, until the thread ends.
    if (!holds(root)) this.#roots.delete(number);
  }

  #answer(answer: Answer): void {
    this.#answers.push(answer);
    this.#flushSoon();
  }

  #fail(id: number, error: unknown): void {
    if (id !== 0) this.#answer([id, undefined, packError(error)]);
  }

  #report(number: number, error: Error): void {
    this.#faults.push([number, packError(error)]);
    this.#statsAt = -Infinity;
    this.#flushSoon();
  }

  // Once for all that is known by the end of this turn.
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    process.nextTick(this.#flush);
  }

  readonly #flush = (): void => {
    this.#isFlushing = false;
    const now = performance.now();
    const reply: { -readonly [K in keyof Reply]: Reply[K] } = { answers: this.#answers };
    if (now - this.#statsAt >= STATS_AGE) {
      this.#statsAt = now;
      reply.stats = [...this.#stores].flatMap(([number, store]) =>
        store instanceof Error ? [] : [[number, { ...store.stats(), isShared: true }] as const],
      );
    }
    if (this.#faults.length > 0) reply.faults = this.#faults;
    this.#answers = [];
    this.#faults = [];
    this.#port.postMessage(reply);
  };

  async #close(): Promise<void> {
    const roots = [...this.#roots.values()];
    this.#roots.clear();
    this.#backends.clear();
    this.#port.close();
    for (const { backend } of roots) await backend.close(true);
    await returnActive(roots);
    this.#owner.left();
  }
}

const OLDER = 'the thread that owns the stores, which runs another release: start the process anew';

/** Whether jobs are active by a backend. */
function holds({ store: { journal }, backend }: Root): boolean {
  if (journal.state === 'closed') return false;
  const queue = journal.store.queues.get(backend.qualifiedName);
  for (const { lock } of queue?.active.values() ?? []) if (lock?.owner === backend) return true;
  return false;
}

/** Returns to their queues what closed backends hold. */
async function returnActive(roots: readonly Root[]): Promise<void> {
  for (const root of roots) {
    // Once for those of one queue.
    if (!holds(root)) continue;
    const helper = new EmbeddedBackend(root.store, root.backend.queueName, root.backend.options);
    try {
      await helper.moveStalledJobsToWait();
    } catch {
      // The log takes no more: they stay as they are, and are returned at the next start.
      return;
    } finally {
      await helper.close();
    }
  }
}

function found<T>(find: () => T): Found<T> {
  try {
    return find();
  } catch (error) {
    return error as Error;
  }
}

function packResults(results: unknown): unknown {
  return (results as [Error | null, unknown][]).map(([error, id]) => [
    error === null ? null : packError(error),
    id,
  ]);
}
