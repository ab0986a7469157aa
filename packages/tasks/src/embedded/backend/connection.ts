// A backend as a connection: its identity, its life, and its two ways to the store. What it does there is embedded-backend.ts.
// Invariant: once closing has begun it takes no job; what it holds is stalled from then on, and another worker's check returns it.
// A sibling (forQueue) shares the life of the one it came from, and ends nothing when it closes.
import { errors } from '../../errors.ts';
import { Named } from './named.ts';
import type * as commands from '../commands/index.ts';
import type { CommandContext } from '../engine/command.ts';
import type { Json } from '../engine/command.ts';
import type { LockOwner } from '../engine/job.ts';
import type { QueueName } from '../engine/journal.ts';
import type { QueueState } from '../engine/queue.ts';
import type { BackendOptions } from './arguments.ts';
import type { SharedStore, User } from './shared-store.ts';

/** Names of commands, with their arguments and results. */
export type Registry = typeof commands;
type ArgumentsOf<N extends keyof Registry> = Registry[N] extends {
  run(context: CommandContext, ...args: infer A): unknown;
}
  ? A
  : never;
type ResultOf<N extends keyof Registry> = Registry[N] extends {
  run(context: CommandContext, ...args: never): infer R;
}
  ? R
  : never;

/** Between two attempts of a worker to open a store, ms: BullMQ's asks again at once after an error, and would leave no turn of the
 * event loop to others. */
const REOPEN_PAUSE = 1_000;

export class Connection extends Named implements LockOwner, User {
  readonly options: BackendOptions;
  readonly id: number;
  /** Of the client, as `setName` gave it. */
  name = '';
  readonly since: number = Date.now();
  protected readonly shared: SharedStore;
  readonly #root: Connection;
  readonly #place: QueueName;
  #hasJoined = false;
  #isInterrupted = false;
  #reads = new AbortController();
  /** The attempt of a worker to open the store, and when the last one ended, by performance.now(). */
  #opening: Promise<void> | undefined;
  #triedAt = -Infinity;
  /** Ends the pause before it, if there is one. */
  #endPause: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(shared: SharedStore, queueName: string, options: BackendOptions, root?: Connection) {
    super(queueName, options.prefix);
    this.shared = shared;
    this.options = options;
    this.#place = { name: queueName, prefix: this.prefix };
    this.#root = root ?? this;
    this.id = root?.id ?? shared.nextId();
  }

  /** Whether its locks hold. */
  get isOpen(): boolean {
    return this.#root.#closing === undefined;
  }

  get closing(): Promise<void> | undefined {
    return this.#closing;
  }

  async waitUntilReady(): Promise<void> {
    if (!this.#root.#hasJoined) await this.#root.#join();
  }

  /** Ends what it waits for; the last backend of a store closes it. */
  async close(_force = false): Promise<void> {
    if (this.#root !== this) return;
    this.#closing ??= this.#end();
    await this.#closing;
  }

  disconnect(): Promise<void> {
    if (this.#root === this) this.#interrupt();
    return Promise.resolve();
  }

  setName(name: string): Promise<void> {
    this.#root.name = name;
    return Promise.resolve();
  }

  /** Ends its wait for a job, and those that come until `reconnectBlocking`: a worker that is about to wait as it closes would
   * wait for ever. */
  disconnectBlocking(_wait = true): Promise<void> {
    this.#root.#isInterrupted = true;
    this.#root.#endPause?.();
    this.shared.waiters.cancel(this.#root);
    return Promise.resolve();
  }

  reconnectBlocking(): Promise<void> {
    this.#root.#isInterrupted = false;
    return Promise.resolve();
  }

  /** Whether the store was open for it once. */
  protected get hasJoined(): boolean {
    return this.#root.#hasJoined;
  }

  /** Opens the store for a worker, but not sooner than a while after an attempt that failed; not at all when the worker closes or
   * pauses meanwhile. */
  protected openForWork(): Promise<void> {
    const root = this.#root;
    root.#opening ??= root.#tryToOpen().finally(() => {
      root.#opening = undefined;
    });
    return root.#opening;
  }

  /** Whether it may wait for a job. */
  protected get mayWait(): boolean {
    return this.isOpen && !this.#root.#isInterrupted;
  }

  /** By which the store knows who waits and who holds locks. */
  protected get owner(): Connection {
    return this.#root;
  }

  /** Aborted when reading of events is interrupted. */
  protected get readSignal(): AbortSignal {
    return this.#root.#reads.signal;
  }

  /** The state of the queue. Only once the store is open. */
  protected get queue(): QueueState {
    return this.shared.journal.store.queueOf(this.queueName, this.prefix);
  }

  /** Runs a command, opening the store first where it is not open. HOT: benchmarks/tasks
   * @throws CATZ_TASKS_CLOSING, and what the command throws */
  protected change<N extends keyof Registry>(
    name: N,
    ...args: ArgumentsOf<N>
  ): ResultOf<N> | Promise<ResultOf<N>> {
    const root = this.#root;
    if (root.#closing !== undefined) throw new errors.CLOSING();
    if (!root.#hasJoined) {
      return root.#join().then(() => this.change(name, ...args));
    }
    const { journal } = this.shared;
    return journal.run(name, this.#place, args as readonly Json[], root) as ResultOf<N>;
  }

  /** Reads, opening the store first where it is not open. Works while the backend closes, for its users look back.
   * @throws CATZ_TASKS_CLOSING after the store was left */
  protected async read<R>(read: (queue: QueueState) => R | Promise<R>): Promise<R> {
    if (!this.#root.#hasJoined) await this.#root.#join();
    return read(this.queue);
  }

  /** As an 'error' event, where somebody listens. */
  report(error: Error): void {
    if (this.listenerCount('error') > 0) this.emit('error', error);
  }

  async #join(): Promise<void> {
    if (this.#closing !== undefined) throw new errors.CLOSING();
    await this.shared.join(this);
    if (this.#closing !== undefined) throw new errors.CLOSING();
    if (this.#hasJoined) return;
    this.#hasJoined = true;
    this.emit('ready');
  }

  async #tryToOpen(): Promise<void> {
    const pause = this.#triedAt + REOPEN_PAUSE - performance.now();
    if (pause > 0 && this.mayWait) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause).unref();
        this.#endPause = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    if (!this.mayWait) return;
    try {
      await this.#join();
    } finally {
      this.#triedAt = performance.now();
    }
  }

  async #end(): Promise<void> {
    this.#interrupt();
    await this.shared.leave(this);
    this.emit('close');
  }

  #interrupt(): void {
    this.shared.waiters.cancel(this);
    this.#endPause?.();
    this.#reads.abort();
    this.#reads = new AbortController();
  }
}
