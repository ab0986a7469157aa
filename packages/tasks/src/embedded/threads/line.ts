// The line of a thread to the owner of the stores: calls out, answers in.
// Invariant: every call is answered or, once the line is closed, rejected. What one turn of the event loop asks for goes out as one message,
// in the order of the calls. The line keeps the thread alive only while an answer is due that is no wait for something to happen.
import type { MessagePort } from 'node:worker_threads';
import { errors } from '../../errors.ts';
import { unpackError } from './crossed-error.ts';
import { packArguments } from './plain-arguments.ts';
import { PROTOCOL } from './protocol.ts';
import type { StoreStats } from '../backend/shared-store.ts';
import type { Call, Control, Forwarded, Reply } from './protocol.ts';

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly isWait: boolean;
}

/** Who hears what a backend reports by itself. */
export interface Listener {
  report(error: Error): void;
}

const WAITS: ReadonlySet<string> = new Set<Forwarded>(['waitForJob', 'readEvents']);

export class Line {
  /** Of stores, as the owner said last. */
  readonly stats: Map<number, StoreStats> = new Map();
  readonly #port: MessagePort;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<number, Listener>();
  #calls: Call[] = [];
  #lastCall = 0;
  #lastNumber = 0;
  #due = 0;
  #isOpen = true;

  /** @param port  whose other end the owner has, or gets */
  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (reply: Reply) => this.#hear(reply));
    port.on('close', () => this.#close());
    port.unref();
    port.postMessage(PROTOCOL);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** A number for a store or a backend. */
  nextNumber(): number {
    return ++this.#lastNumber;
  }

  /** Whom to tell of a backend's faults. */
  listen(backend: number, listener: Listener): void {
    this.#listeners.set(backend, listener);
  }

  leave(backend: number): void {
    this.#listeners.delete(backend);
  }

  /** Says something that needs no answer. */
  tell(backend: number, member: Control, ...args: unknown[]): void {
    this.#send([0, backend, member, 0, ...args]);
  }

  /** Has the owner call a member. HOT: benchmarks/tasks
   * @throws what the member throws; CATZ_TASKS_CLOSING when the line is closed */
  call(backend: number, member: Forwarded | Control, given: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (!this.#isOpen) throw closed();
      const { json, args } = packArguments(member, given);
      const id = ++this.#lastCall;
      const isWait = WAITS.has(member);
      this.#pending.set(id, { resolve, reject, isWait });
      if (!isWait && ++this.#due === 1) this.#port.ref();
      this.#send([id, backend, member, json, ...args]);
    });
  }

  #send(call: Call): void {
    // Behind the promises that are settled by now: those who wait for them say what they want next.
    if (this.#calls.push(call) === 1) process.nextTick(this.#flush);
  }

  readonly #flush = (): void => {
    const calls = this.#calls;
    this.#calls = [];
    this.#port.postMessage(calls);
  };

  #hear({ answers, stats, faults }: Reply): void {
    for (const [store, now] of stats ?? []) this.stats.set(store, now);
    for (const [id, value, error] of answers) {
      const pending = this.#pending.get(id);
      if (pending === undefined) continue;
      this.#pending.delete(id);
      if (!pending.isWait && --this.#due === 0) this.#port.unref();
      if (error === undefined) pending.resolve(value);
      else pending.reject(unpackError(error));
    }
    for (const [backend, error] of faults ?? []) {
      this.#listeners.get(backend)?.report(unpackError(error));
    }
  }

  #close(): void {
    this.#isOpen = false;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(closed());
  }
}

function closed(): Error {
  return new errors.CLOSING({ cause: new Error('the thread that has the stores lets go of them') });
}
