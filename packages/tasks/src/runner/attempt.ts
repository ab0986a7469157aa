// One run of a handler: its time, its signal, and how it ends.
// Invariant: run() settles when the handler has settled, and not before, unless somebody ends the attempt; so the job stays active
// as long as its handler works, and its next attempt cannot begin. What the end means for the job is for others to say.
import type { Job } from 'bullmq';
import type { AnyTask } from '../define/types.ts';
import { errors } from '../errors.ts';
import type { Timed } from './deadline-clock.ts';
import type { AttemptTimes } from './failure.ts';
import type { Verdict } from './verdict.ts';

/** Why the signal of an attempt was aborted. */
export type AbortKind = 'timeout' | 'cancelled' | 'closing' | 'lost';

/** What becomes of the job of an attempt that did not settle before its application closed: back to the queue, to the dead letters,
 * or left to its lock. */
export type Ending = 'returned' | 'dead' | 'left';

/** Who has attempts: keeps their time, and hears what the clock does to them. */
export interface AttemptOwner {
  /** Calls tick() at that time, in ms of performance.now(). */
  expect(due: number): void;
  timedOut(attempt: Attempt): void;
  abandoned(attempt: Attempt): void;
}

export class Attempt implements Timed {
  readonly job: Job;
  readonly task: AnyTask | undefined;
  readonly token: string;
  /** From 1. */
  readonly number: number;
  /** Epoch ms. */
  readonly startedAt: number;
  /** Whether its handler was begun; some fail before. */
  isStarted = false;
  /** What its failure meant; undefined while it runs, and when it ended well. */
  verdict: Verdict | undefined = undefined;
  readonly #owner: AttemptOwner;
  readonly #begin = performance.now();
  #end: ((error: Error) => void) | undefined;
  #due = Infinity;
  #runMs = -1;
  #controller: AbortController | undefined;
  #abortKind: AbortKind | undefined;
  #abortError: Error | undefined;
  #isAbandoned = false;
  #ending: Ending | undefined;

  constructor(job: Job, task: AnyTask | undefined, token: string, owner: AttemptOwner) {
    this.job = job;
    this.task = task;
    this.token = token;
    this.number = job.attemptsMade + 1;
    this.startedAt = Date.now();
    this.#owner = owner;
  }

  get id(): string {
    return this.job.id!;
  }

  /** Epoch ms; Infinity when there is no timeout. */
  get deadline(): number {
    const { task } = this;
    return task === undefined || task.timeout === false ? Infinity : this.startedAt + task.timeout;
  }

  /** Made on first use: most handlers never ask for it. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortError !== undefined) this.#controller.abort(this.#abortError);
    }
    return this.#controller.signal;
  }

  /** Why it was aborted; undefined while it was not. */
  get abortKind(): AbortKind | undefined {
    return this.#abortKind;
  }

  /** The reason of the signal. */
  get abortError(): Error | undefined {
    return this.#abortError;
  }

  /** Whether the handler went on for `abandonAfter` after its abort. */
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  /** How it was ended, when its handler did not settle in time. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  get due(): number {
    return this.#due;
  }

  /** ms from its start to now, or to its end. */
  get runMs(): number {
    return this.#runMs < 0 ? performance.now() - this.#begin : this.#runMs;
  }

  get times(): AttemptTimes {
    return { startedAt: this.startedAt, endedAt: this.startedAt + Math.round(this.runMs) };
  }

  /** Begins its time, and does the work. HOT: benchmarks/tasks
   * @returns what the work gives; settle() is for whoever waited for it */
  run(work: (attempt: this) => Promise<unknown>): Promise<unknown> {
    this.isStarted = true;
    const timeout = this.task?.timeout ?? false;
    if (timeout !== false) this.#expect(this.#begin + timeout);
    return new Promise((resolve, reject) => {
      this.#end = reject;
      // After end() neither changes anything; yet the rejection of a handler that comes late has been heard.
      work(this).then(resolve, reject);
    });
  }

  /** Stops its clock. */
  settle(): void {
    this.#due = Infinity;
    if (this.#runMs < 0) this.#runMs = performance.now() - this.#begin;
  }

  /** Aborts the signal. The first abort is the reason of the signal, and decides what becomes of the job; only a cancel counts also
   * after others, for a job that is cancelled must not run again. The end of the application stops the clock: it ends all waiting. */
  abort(kind: AbortKind, error: Error): void {
    if (kind === 'closing') this.#due = Infinity;
    const before = this.#abortKind;
    const isLate = before !== undefined;
    if (isLate && (kind !== 'cancelled' || before === 'cancelled' || before === 'lost')) return;
    this.#abortKind = kind;
    this.#abortError = error;
    if (isLate) return;
    if (kind !== 'closing') {
      const patience = this.task?.abandonAfter ?? false;
      this.#expect(patience === false ? Infinity : performance.now() + patience);
    }
    this.#controller?.abort(error);
  }

  /** Waits no longer for the handler: run() rejects now. */
  end(ending: Ending): void {
    this.#ending = ending;
    this.settle();
    this.#end?.(this.#abortError ?? new errors.CLOSING());
  }

  tick(): void {
    this.#due = Infinity;
    if (this.#abortKind === undefined) {
      const { name, timeout } = this.task!;
      this.abort('timeout', new errors.TIMEOUT(`an attempt of task ${name}`, String(timeout)));
      this.#owner.timedOut(this);
    } else {
      this.#isAbandoned = true;
      this.#owner.abandoned(this);
    }
  }

  #expect(due: number): void {
    this.#due = due;
    if (due !== Infinity) this.#owner.expect(due);
  }
}
