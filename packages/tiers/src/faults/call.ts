// One call of a guarded tier, from its start to its judgement.
// Invariant: its caller is answered once, by the answer, by the budget or by the deadline; the tier is judged once, by the
// answer or by the deadline. What comes after is dropped.
import type { Histogram } from '../observe/histogram.ts';
import { Deadline } from './deadline.ts';
import type { Deadlines } from './deadline.ts';
import { FAILED } from './guard.ts';
import type { Circuit } from './probe.ts';

/** Reads or writes of a tier. */
export interface Direction {
  readonly circuit: Circuit;
  readonly isRead: boolean;
}

/** What a call needs of its guard. */
export interface CallHost {
  readonly deadline: number;
  readonly deadlines: Deadlines;
  readonly histogram: Histogram;
  readonly faults: { errors: number; timeouts: number };
  lastError: string | undefined;
  mono(): number;
  /** Judges an error. */
  blame(direction: Direction, error: unknown): void;
}

/** One call under way. Its caller goes on after the budget, but the tier is judged by the deadline: a tier is not at fault
 * because somebody had little time. */
export class Call extends Deadline {
  readonly #guard: CallHost;
  readonly #direction: Direction;
  readonly #start: number;
  readonly #resolve: (value: unknown) => void;
  #isGiven = false;
  #isJudged = false;

  constructor(
    guard: CallHost,
    direction: Direction,
    start: number,
    wait: number,
    resolve: (value: unknown) => void,
  ) {
    super();
    this.#guard = guard;
    this.#direction = direction;
    this.#start = start;
    this.#resolve = resolve;
    this.due = start + wait;
  }

  answer(value: unknown): void {
    if (this.#isJudged) return;
    this.#judge();
    this.#direction.circuit.breaker.answered(this.#guard.mono());
    this.#give(value);
  }

  fail(error: unknown): void {
    if (this.#isJudged) return;
    this.#judge();
    if (!this.#isGiven) this.#guard.faults.errors += 1;
    this.#guard.blame(this.#direction, error);
    this.#give(FAILED);
  }

  override expire(): void {
    const guard = this.#guard;
    if (!this.#isGiven) guard.faults.timeouts += 1;
    const end = this.#start + guard.deadline;
    if (this.due < end) {
      this.#give(FAILED);
      this.due = end;
      guard.deadlines.add(this, performance.now());
      return;
    }
    this.#judge();
    guard.lastError = `no answer within ${guard.deadline} ms`;
    this.#direction.circuit.failed();
    this.#give(FAILED);
  }

  /** The guard was closed: nobody is judged any more. */
  abandon(): void {
    this.#isJudged = true;
    this.#give(FAILED);
  }

  #judge(): void {
    this.#isJudged = true;
    this.#guard.deadlines.remove(this);
    this.#guard.histogram.record(performance.now() - this.#start);
  }

  #give(value: unknown): void {
    this.#isGiven = true;
    this.#resolve(value);
  }
}
