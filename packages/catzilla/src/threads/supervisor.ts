// The main thread of `catzilla start`: threads that run the application, on one port. It serves nothing itself.
// Invariant: as many threads serve as were asked for, or are on their way to; what the port, the caches, background tasks and live
// channels hang on (sockets, handles, stores, the log) belongs to the main thread and outlives each of them. Once `ended` has settled, nothing of it is left.
// What a thread does is serve.ts; how many crashes are too many is crashes.ts.
import { randomUUID } from 'node:crypto';
import { cliErrors } from '../errors.ts';
import { sharingOf, threadCount } from './address.ts';
import type { Sharing } from './address.ts';
import { Crashes, MOST, WINDOW } from './crashes.ts';
import { KeptBus } from './kept-bus.ts';
import { KeptCaches } from './kept-caches.ts';
import { KeptTasks } from './kept-tasks.ts';
import { errorFields } from './log.ts';
import type { ThreadLog } from './log.ts';
import { SharedPort } from './shared-port.ts';
import { AppThread } from './thread.ts';
import type { ThreadEnd } from './thread.ts';

/** What is to run. */
export interface SupervisorOptions {
  /** Absolute path of the application module. */
  readonly file: string;
  /** Address or name to listen at; of a name, the first address the system gives. */
  readonly host: string;
  /** 0: the system chooses one. */
  readonly port: number;
  /** 'auto': as many as there are cores for this process. One, where the system cannot spread connections. */
  readonly threads: number | 'auto';
  /** ms; undefined: as the application says. */
  readonly shutdownDelay: number | undefined;
  /** Environment of the threads. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: ThreadLog;
  /** Longest time to the end of a thread's start, ms. Default: 60_000. */
  readonly startLimit?: number;
  /** The module that runs in the threads. Default: ours. */
  readonly entry?: URL;
  /** Default: as the system has it. */
  readonly sharing?: Sharing;
}

/** What runs. */
export interface Started {
  /** `http://127.0.0.1:3000`. */
  readonly address: string;
  readonly port: number;
  readonly threads: number;
}

/** A place for one thread: the one that serves, until another takes over. */
interface Slot {
  readonly number: number;
  thread: AppThread | undefined;
  restart: NodeJS.Timeout | undefined;
}

/** Ends the wait for the end. */
interface Settle {
  readonly resolve: (isOrderly: boolean) => void;
  readonly reject: (error: Error) => void;
}

const START_LIMIT = 60_000;
/** What a thread gets beyond its own limit before it is ended, ms: its loop may be blocked. */
const MARGIN = 2_000;

/** Starts, watches, replaces and ends the threads. */
export class Supervisor {
  /** Settles when all has ended: true, when in good order. Rejects with CATZ_CLI_CRASHES where crashes were the reason. */
  readonly ended: Promise<boolean>;
  readonly #program: string = randomUUID();
  readonly #options: SupervisorOptions;
  readonly #log: ThreadLog;
  readonly #sharing: Sharing;
  readonly #port: SharedPort;
  readonly #slots: readonly Slot[];
  readonly #alive: Set<AppThread> = new Set();
  readonly #crashes: Crashes = new Crashes();
  readonly #caches: KeptCaches = new KeptCaches();
  readonly #tasks: KeptTasks;
  readonly #bus: KeptBus;
  readonly #settle: Settle;
  #state: 'starting' | 'serving' | 'stopping' = 'starting';
  #stopLimit = 0;
  #stops = 0;
  #isOrderly = true;
  #failure: Error | undefined;
  #reloading: Promise<void> | undefined;
  #reloadAgain = false;

  constructor(options: SupervisorOptions) {
    const { host, port, threads, log, sharing = sharingOf() } = options;
    this.#options = options;
    this.#log = log;
    this.#sharing = sharing;
    this.#port = new SharedPort(host, port, sharing);
    this.#tasks = new KeptTasks((error) =>
      log.error('the stores of tasks cannot be had', errorFields(error)),
    );
    this.#bus = new KeptBus((error) =>
      log.error('the log of live channels cannot be had', errorFields(error)),
    );
    this.#slots = Array.from({ length: threadCount(threads, sharing) }, (_, i) => ({
      number: i + 1,
      thread: undefined,
      restart: undefined,
    }));
    let settle: Settle | undefined;
    this.ended = new Promise<boolean>((resolve, reject) => {
      settle = { resolve, reject };
    });
    this.ended.catch(() => undefined); // whoever waits for it sees it
    this.#settle = settle!;
  }

  /** Numbers of the threads that serve. */
  get serving(): readonly number[] {
    return this.#serving().map(({ number }) => number);
  }

  /** Starts all threads.
   * @returns when each of them serves; undefined when it was stopped meanwhile
   * @throws CATZ_CLI_START; nothing is left running then */
  async start(): Promise<Started | undefined> {
    try {
      await this.#findPort();
      if (!this.#isStopping()) await this.#startAll();
    } catch (error) {
      if (this.#isStopping()) return undefined;
      this.#state = 'stopping';
      // With the stack of its cause, for the one line that a person gets has none.
      this.#log.fatal((error as Error).message, errorFields((error as Error).cause as Error));
      await this.#finish();
      throw error;
    }
    if (this.#isStopping()) return undefined;
    this.#state = 'serving';
    const { url, port } = this.#port;
    const started = { address: url, port, threads: this.#slots.length };
    this.#tellLimits();
    this.#log.info(`listening at ${url}`, started);
    return started;
  }

  /** Replaces every thread by a new one, one after the other: the new one serves before the old one ends. Called while it
   * runs, it runs once more after that. Where a new thread does not start, the old one stays, and those after it. Never
   * rejects. */
  reload(): Promise<void> {
    if (this.#state !== 'serving') return Promise.resolve();
    this.#reloadAgain = this.#reloading !== undefined;
    this.#reloading ??= this.#reloadAll().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  /** Ends all threads in order. A second call lets them wait no longer, a third one ends them at once.
   * @param reason  for the log: SIGTERM */
  stop(reason: string): void {
    this.#stops++;
    if (this.#stops === 1) {
      this.#log.info(`${reason}: the threads drain and end`, { threads: this.#alive.size });
      void this.#stopAll(reason);
    } else if (this.#stops === 2) {
      this.#log.info(`${reason} again: nothing is waited for any longer`);
      for (const thread of this.#alive) thread.hurry();
    } else void this.#terminate([...this.#alive], `${reason} once more`);
  }

  /** Asks one thread that serves.
   * @param thread   its number; undefined: any
   * @param timeout  ms
   * @throws what AppThread.ask() throws; CATZ_CLI_THREAD where it does not serve */
  ask(name: string, payload: unknown, timeout: number, thread?: number): Promise<unknown> {
    const one = this.#serving().find(({ number }) => thread === undefined || number === thread);
    if (one !== undefined) return one.ask(name, payload, timeout);
    const which = thread === undefined ? 'any thread' : `thread ${thread}`;
    return Promise.reject(new cliErrors.THREAD(which, 'it does not serve now'));
  }

  #serving(): AppThread[] {
    return this.#slots.flatMap(({ thread }) => (thread?.state === 'serving' ? [thread] : []));
  }

  // Behind a function, for the state changes while others are awaited.
  #isStopping(): boolean {
    return this.#state === 'stopping';
  }

  async #findPort(): Promise<void> {
    try {
      await this.#port.find();
    } catch (cause) {
      const { host, port } = this.#options;
      throw startError(`a server at ${host} port ${port}`, cause);
    }
  }

  // All load at once; the first to listen finds the port.
  async #startAll(): Promise<void> {
    const threads = this.#slots.map((slot) => this.#spawn(slot));
    await Promise.all(threads.map((thread) => this.#inTime(thread, thread.loaded)));
    const [first, ...others] = this.#slots;
    await this.#serve(first!, threads[0]!);
    await Promise.all(others.map((slot, i) => this.#serve(slot, threads[i + 1]!)));
  }

  #spawn(slot: Slot): AppThread {
    const { file, shutdownDelay, env, entry } = this.#options;
    const module = entry ?? new URL('./worker.js', import.meta.url);
    const data = { file, thread: slot.number, shutdownDelay, program: this.#program };
    const thread = new AppThread(module, data, env, {
      tasks: (port) => this.#tasks.connect(port),
      bus: (port) => this.#bus.connect(port),
    });
    this.#alive.add(thread);
    void thread.ended.then((end) => this.#hasEnded(slot, thread, end));
    return thread;
  }

  /** Lets a thread that has loaded listen, and gives it the slot. */
  async #serve(slot: Slot, thread: AppThread): Promise<void> {
    const ready = await this.#inTime(thread, this.#listen(thread));
    this.#port.settle(ready.port);
    this.#stopLimit = Math.max(this.#stopLimit, ready.stopLimit);
    this.#caches.keep(ready.caches);
    clearTimeout(slot.restart);
    slot.thread = thread;
  }

  async #listen(thread: AppThread): ReturnType<AppThread['listen']> {
    return thread.listen(this.#port.placeOf(thread.number));
  }

  async #inTime<T>(thread: AppThread, step: Promise<T>): Promise<T> {
    const { startLimit = START_LIMIT } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const words = `it was not ready within ${startLimit} ms`;
      timer = setTimeout(() => reject(new Error(words)), startLimit);
    });
    try {
      return await Promise.race([step, late]);
    } catch (cause) {
      throw startError(`thread ${thread.number}`, cause);
    } finally {
      clearTimeout(timer);
      step.catch(() => undefined); // of what came too late
    }
  }

  #tellLimits(): void {
    const threads = this.#slots.length;
    const { threads: wanted } = this.#options;
    if (wanted !== 'auto' && wanted > threads) {
      const words = `one thread alone: connections are not spread over threads on ${process.platform}`;
      this.#log.warn(words, { threads, wanted });
    }
    const alone = this.#caches.unshared;
    if (threads > 1 && alone.length > 0) {
      this.#log.warn('each thread has a cache of its own', { threads, caches: alone });
    }
  }

  #hasEnded(slot: Slot, thread: AppThread, end: ThreadEnd): void {
    this.#alive.delete(thread);
    // A thread that was starting, or is replaced, is the business of whoever does that.
    if (slot.thread !== thread || this.#isStopping()) return;
    slot.thread = undefined;
    this.#hasCrashed(slot, end.error ?? new Error(`exit code ${end.code}`));
  }

  #hasCrashed(slot: Slot, error: Error): void {
    const { number } = slot;
    const wait = this.#crashes.note();
    const fields = { thread: number, ...errorFields(error) };
    if (wait === false) {
      this.#log.fatal(`thread ${number} has ended by itself, too often to go on`, fields);
      const reason = error.message;
      this.#failure ??= new cliErrors.CRASHES(MOST, WINDOW / 1000, reason, { cause: error });
      void this.#stopAll('crashes');
      return;
    }
    this.#log.fatal(`thread ${number} has ended by itself, a new one starts`, {
      ...fields,
      waitMs: wait,
    });
    // Connections would wait at its socket for the new one, while others could take them; where there are no others, they shall.
    if (this.#serving().length > 0) this.#port.release(number);
    // Not unref'd: with the last thread gone, nothing else keeps the process.
    slot.restart = setTimeout(() => void this.#restart(slot), wait);
  }

  async #restart(slot: Slot): Promise<void> {
    const thread = this.#spawn(slot);
    try {
      await this.#inTime(thread, thread.loaded);
      if (slot.thread !== undefined) throw new Error('a reload was faster');
      await this.#serve(slot, thread);
      this.#log.info(`thread ${slot.number} serves again`, { thread: slot.number });
    } catch (error) {
      await thread.terminate();
      if (slot.thread === undefined && !this.#isStopping()) this.#hasCrashed(slot, error as Error);
    }
  }

  async #reloadAll(): Promise<void> {
    do {
      this.#reloadAgain = false;
      this.#log.info('reloading', { threads: this.#slots.length });
      for (const slot of this.#slots) {
        if (this.#isStopping() || !(await this.#reloadOne(slot))) return;
      }
      this.#log.info('reloaded', { threads: this.#slots.length });
    } while (this.#reloadAgain);
  }

  /** @returns false where the old one had to stay */
  async #reloadOne(slot: Slot): Promise<boolean> {
    const old = slot.thread;
    if (old === undefined) return true; // it has crashed: the next one is new anyway
    const thread = this.#spawn(slot);
    try {
      await this.#inTime(thread, thread.loaded);
      // Where two cannot listen, the old one ends first; that the new one loads is known by then.
      if (this.#sharing === 'none') await this.#leave(slot, old);
      await this.#serve(slot, thread);
    } catch (error) {
      await thread.terminate();
      if (this.#isStopping()) return false;
      const fields = { thread: slot.number, ...errorFields(error as Error) };
      this.#log.error('reload failed: threads that are not replaced yet stay', fields);
      if (slot.thread === undefined && this.#sharing === 'none') {
        this.#hasCrashed(slot, error as Error);
      }
      return false;
    }
    if (old.state === 'serving') await this.#leave(undefined, old);
    return true;
  }

  /** Ends a thread whose place another takes. */
  async #leave(slot: Slot | undefined, thread: AppThread): Promise<void> {
    if (slot !== undefined) slot.thread = undefined;
    thread.stop('reload', 'reload');
    await this.#endInTime([thread]);
  }

  async #stopAll(reason: string): Promise<void> {
    this.#state = 'stopping';
    for (const slot of this.#slots) clearTimeout(slot.restart);
    const threads = [...this.#alive];
    for (const thread of threads) {
      if (thread.state === 'starting') void thread.terminate();
      else thread.stop(reason, 'shutdown');
    }
    await this.#endInTime(threads.filter(({ state }) => state !== 'starting'));
    await this.#finish();
  }

  async #endInTime(threads: readonly AppThread[]): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = this.#stopLimit + MARGIN;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), limit);
    });
    const ends = await Promise.race([Promise.all(threads.map(({ ended }) => ended)), late]);
    clearTimeout(timer);
    if (ends === 'late') await this.#terminate(threads, `not ended within ${limit} ms`);
    else if (ends.some(({ code }) => code !== 0)) this.#isOrderly = false;
  }

  async #terminate(threads: readonly AppThread[], why: string): Promise<void> {
    const left = threads.filter(({ state }) => state !== 'ended');
    if (left.length === 0) return;
    this.#isOrderly = false;
    this.#log.error(`${why}: cut off`, { threads: left.map(({ number }) => number) });
    await Promise.all(left.map((thread) => thread.terminate()));
  }

  /** Ends what is left, and settles `ended`. */
  async #finish(): Promise<void> {
    await Promise.all([...this.#alive].map((thread) => thread.terminate()));
    this.#port.close();
    this.#caches.close();
    await this.#closeTasks();
    await this.#bus.close();
    if (this.#failure !== undefined) this.#settle.reject(this.#failure);
    else this.#settle.resolve(this.#isOrderly);
  }

  async #closeTasks(): Promise<void> {
    try {
      const queues = await this.#tasks.close();
      if (Object.keys(queues).length > 0) {
        this.#log.warn('jobs that were only in memory are lost', { queues });
      }
    } catch (error) {
      this.#isOrderly = false;
      this.#log.error('a store of tasks did not close in order', errorFields(error as Error));
    }
  }
}

function startError(what: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new cliErrors.START(what, reason, { cause });
}
