// A thread that runs the application, as the main thread sees it: what it was told, what it has said, and how it ended.
// Invariant: whoever waits for it hears of its end; no wait is left open. It is started once and ends once.
import { setEnvironmentData, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { cliErrors } from '../errors.ts';
import { errorOf } from './protocol.ts';
import type {
  Failure,
  FromThread,
  ListenAt,
  Ready,
  StopKind,
  ThreadData,
  ToThread,
} from './protocol.ts';

/** How a thread ended. */
export interface ThreadEnd {
  /** 0 of one that was asked to end, and did so in order; else its exit code, or 1. */
  readonly code: number;
  /** What nobody caught in it. */
  readonly error: Error | undefined;
}

/** How far it is. */
export type ThreadState = 'starting' | 'serving' | 'stopping' | 'ended';

/** What the main thread has for a thread that sends a port for it. */
export interface Services {
  /** The stores of background tasks. */
  tasks(port: MessagePort): void;
  /** The log of live channels. */
  bus(port: MessagePort): void;
}

interface Wait {
  readonly type: FromThread['type'];
  readonly id?: number;
  readonly resolve: (message: FromThread) => void;
  readonly reject: (error: Error) => void;
}

/** How long a thread that has stopped is given to end by itself, ms: its last lines of output go through the main thread. */
const LAST_WORDS = 500;

/** One thread. */
export class AppThread {
  readonly number: number;
  /** Resolves when it has ended, however it did. */
  readonly ended: Promise<ThreadEnd>;
  /** Resolves when the application is there; rejects with what it failed with. */
  readonly loaded: Promise<void>;
  readonly #worker: Worker;
  readonly #services: Services;
  readonly #waits: Set<Wait> = new Set();
  #state: ThreadState = 'starting';
  #error: Error | undefined;
  #asked = 0;
  #hasStopped = false;

  /** @param entry  the module that runs in it
   * @param env  its environment
   * @param services  given ports when the thread has use for them */
  constructor(
    entry: URL,
    data: ThreadData,
    env: Readonly<Record<string, string | undefined>>,
    services: Services,
  ) {
    this.number = data.thread;
    this.#services = services;
    // Where the monitor looks for it; what stands there when the thread is made is the thread's for good.
    setEnvironmentData('catzilla.threads', data.program);
    this.#worker = new Worker(entry, {
      workerData: data,
      name: `catzilla ${data.thread}`,
      // What is undefined would become a text.
      env: Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)),
    });
    this.#worker.on('message', (message: FromThread) => this.#hear(message));
    this.#worker.on('error', (error: unknown) => {
      this.#error ??= error instanceof Error ? error : new Error('what was thrown is no error');
    });
    this.ended = new Promise((resolve) => {
      this.#worker.once('exit', (code) => resolve(this.#end(code)));
    });
    this.loaded = this.#next('loaded').then(() => undefined);
    // Whoever waits for it sees it; nobody need.
    this.loaded.catch(() => undefined);
  }

  get state(): ThreadState {
    return this.#state;
  }

  /** Lets it listen.
   * @throws what it failed with */
  async listen(at: ListenAt): Promise<Ready> {
    const ready = this.#next('ready');
    this.#tell({ type: 'listen', at });
    const message = await ready;
    // Its last message and its end are told in one go.
    if (this.#state === 'ended') throw this.#error ?? this.#gone();
    this.#state = 'serving';
    return message;
  }

  /** Asks it to end in order; `ended` tells when it has. */
  stop(reason: string, kind: StopKind): void {
    if (this.#state !== 'serving') return;
    this.#state = 'stopping';
    this.#tell({ type: 'stop', reason, kind });
  }

  /** Lets it wait no longer while it stops. */
  hurry(): void {
    this.#tell({ type: 'hurry' });
  }

  /** Has it answer a question, by its table of answers.
   * @param payload  plain data
   * @param timeout  ms
   * @throws what the answer threw; CATZ_CLI_THREAD where none came in time; that the thread has ended */
  async ask(name: string, payload: unknown, timeout: number): Promise<unknown> {
    const id = ++this.#asked;
    const answer = this.#next('answer', id);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const error = new cliErrors.THREAD(`thread ${this.number}`, `none within ${timeout} ms`);
      timer = setTimeout(() => reject(error), timeout);
    });
    this.#tell({ type: 'ask', id, name, payload });
    try {
      return (await Promise.race([answer, late])).value;
    } finally {
      clearTimeout(timer);
      answer.catch(() => undefined); // it may still come, or the thread may end
    }
  }

  /** Ends it wherever it is. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
    await this.ended;
  }

  #tell(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #next<T extends FromThread['type']>(
    type: T,
    id?: number,
  ): Promise<Extract<FromThread, { type: T }>> {
    if (this.#state === 'ended') return Promise.reject(this.#gone());
    return new Promise((resolve, reject) => {
      const wait: Wait = { type, resolve: resolve as Wait['resolve'], reject, ...(id && { id }) };
      this.#waits.add(wait);
    });
  }

  #hear(message: FromThread): void {
    if (message.type === 'stopped') return this.#noteStop(message.failure);
    if (message.type === 'tasks' || message.type === 'bus') {
      this.#services[message.type](message.port);
      return;
    }
    for (const wait of this.#waits) {
      const id = 'id' in message ? message.id : undefined;
      if (wait.id !== id) continue;
      if (message.type === 'failed' || message.type === 'refusal') {
        wait.reject(errorOf(message.failure));
      } else if (wait.type === message.type) wait.resolve(message);
      else continue;
      this.#waits.delete(wait);
    }
  }

  // Something the application left open would keep it for ever.
  #noteStop(failure: Failure | undefined): void {
    this.#hasStopped = failure === undefined;
    const timer = setTimeout(() => void this.#worker.terminate(), LAST_WORDS);
    this.#worker.once('exit', () => clearTimeout(timer));
  }

  #end(code: number): ThreadEnd {
    this.#state = 'ended';
    for (const wait of this.#waits) wait.reject(this.#error ?? this.#gone(code));
    this.#waits.clear();
    if (this.#hasStopped) return { code: 0, error: this.#error };
    return { code: code === 0 ? 1 : code, error: this.#error };
  }

  #gone(code?: number): Error {
    const how = code === undefined ? '' : `, with exit code ${code}`;
    return new Error(`thread ${this.number} has ended${how}`);
  }
}
