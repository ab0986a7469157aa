// Runs one check again and again, each time within its deadline, and keeps what came of it.
// Invariant: one run at a time, but for those that do not end: they are given up at their deadline, count as failed, and the next
// begins in its time. Timers keep no process alive. A request never waits for a check.
import type { FastifyInstance } from 'fastify';
import { errors } from '../errors.ts';
import type { CheckedCheck } from './options.ts';

/** What is known of a check. */
export interface CheckState {
  readonly state: 'pending' | 'ok' | 'failed';
  readonly required: boolean;
  /** Message of the error it failed with. */
  readonly reason: string | undefined;
  /** How long the last run took, ms; undefined before its end. */
  readonly ms: number | undefined;
  /** When the state last changed, ms since the epoch. */
  readonly since: number;
}

/** One check with its timer. */
export class CheckRunner {
  readonly #name: string;
  readonly #settings: CheckedCheck;
  readonly #app: FastifyInstance;
  readonly #changed: (name: string, state: CheckState) => void;
  /** Of the last run. One for each: a signal that joins others stays with them for good. */
  #run = new AbortController();
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #last: CheckState;

  /** @param changed  called when the state is another than before */
  constructor(
    name: string,
    settings: CheckedCheck,
    app: FastifyInstance,
    changed: (name: string, state: CheckState) => void,
  ) {
    this.#name = name;
    this.#settings = settings;
    this.#app = app;
    this.#changed = changed;
    const { required } = settings;
    this.#last = {
      state: 'pending',
      required,
      reason: undefined,
      ms: undefined,
      since: Date.now(),
    };
  }

  get last(): CheckState {
    return this.#last;
  }

  /** Runs it now, and then every so often. */
  async start(): Promise<void> {
    const begun = performance.now();
    let reason: string | undefined;
    try {
      await this.#check();
    } catch (error) {
      reason = error instanceof Error ? error.message : 'it threw what is no error';
    }
    if (this.#isClosed) return;
    this.#keep(reason, performance.now() - begun);
    this.#timer = setTimeout(() => void this.start(), this.#settings.every).unref();
  }

  /** Ends it; a run under way sees its signal aborted. */
  close(): void {
    clearTimeout(this.#timer);
    this.#isClosed = true;
    this.#run.abort();
  }

  async #check(): Promise<void> {
    const { check, timeout } = this.#settings;
    const run = new AbortController();
    this.#run = run;
    const { signal } = run;
    const ended = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    const timer = setTimeout(() => {
      run.abort(new errors.CHECK_TIMEOUT(this.#name, timeout));
    }, timeout).unref();
    try {
      await Promise.race([ended, callLater(check, signal, this.#app)]);
    } finally {
      clearTimeout(timer);
    }
  }

  #keep(reason: string | undefined, ms: number): void {
    const { state, required, since } = this.#last;
    const next = reason === undefined ? 'ok' : 'failed';
    const isNew = next !== state;
    this.#last = { state: next, required, reason, ms, since: isNew ? Date.now() : since };
    if (isNew) this.#changed(this.#name, this.#last);
  }
}

// A check that throws before its first await rejects as any other.
async function callLater(
  check: CheckedCheck['check'],
  ...given: Parameters<CheckedCheck['check']>
): Promise<void> {
  await check(...given);
}
