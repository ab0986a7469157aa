// Guards a tier: counts, judges and bounds each call, and keeps one circuit for reads and one for writes.
// Invariant: a call counts as being in flight until the tier answers or is told to connect anew, for till then the driver
// holds it; nothing of it throws or rejects, whatever the tier does.
import { Histogram } from '../observe/histogram.ts';
import type { RemoteFault } from '../remote/remote-tier.ts';
import type { Latency } from '../stats.ts';
import { Call } from './call.ts';
import type { CallHost, Direction } from './call.ts';
import { Deadlines } from './deadline.ts';
import { describeFault } from './describe-fault.ts';
import { FAILED } from './guard.ts';
import type { BreakerState, Failed, Guard, GuardOptions } from './guard.ts';
import { Circuit } from './probe.ts';
import type { ProbeOutcome } from './probe.ts';

const SILENCES_TO_RESET = 3;
const MISCONFIGURED_FOR = 30_000;
const NOT_ASKED: Promise<Failed> = Promise.resolve(FAILED);

/** Guards a tier. Failures to open: 5 in a row, or half of at least 20 calls in 10 s; open for 1 s, doubling to 30 s. */
export function createGuard(options: GuardOptions): Guard {
  return new TierGuard(options);
}

class TierGuard implements Guard, CallHost {
  readonly #options: GuardOptions;
  readonly deadline: number;
  readonly deadlines: Deadlines = new Deadlines();
  readonly histogram: Histogram = new Histogram();
  readonly faults = { errors: 0, timeouts: 0, skipped: 0 };
  lastError: string | undefined;
  since: number;
  readonly #maxInFlight: number;
  readonly #read: Direction;
  readonly #write: Direction;
  #inFlight = 0;
  /** Grows with each reset: calls of an earlier connection no longer count as being in flight. */
  #connection = 0;
  #closed = false;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.deadline = options.deadline ?? 100;
    this.#maxInFlight = options.maxInFlight ?? 10_000;
    this.since = options.now();
    this.#read = this.#direction(true, options.ping);
    this.#write = this.#direction(false, options.probeWrite);
  }

  mono(): number {
    return this.#options.mono();
  }

  get canRead(): boolean {
    return this.#can(this.#read);
  }

  get canWrite(): boolean {
    return this.#can(this.#write);
  }

  get breaker(): BreakerState {
    return {
      read: this.#read.circuit.breaker.phase,
      write: this.#write.circuit.breaker.phase,
    };
  }

  get latency(): Latency {
    return this.histogram.snapshot();
  }

  read<T>(operation: () => Promise<T>, budget?: number): Promise<T | Failed> {
    return this.#run(this.#read, operation, budget);
  }

  // HOT: each read of a disk.
  readNow<T>(operation: () => T | Promise<T>): T | Failed | Promise<T | Failed> {
    const direction = this.#read;
    if (!this.#can(direction)) {
      this.faults.skipped += 1;
      return FAILED;
    }
    const call = new Call(this, direction, performance.now(), this.deadline, nobody);
    let answer: T | Promise<T>;
    try {
      answer = operation();
    } catch (error) {
      call.fail(error);
      return FAILED;
    }
    if (answer instanceof Promise) {
      answer.catch(nobody); // handled, even if the guard was closed by the operation itself
      const later = answer;
      return this.#run(direction, () => later, undefined);
    }
    call.answer(answer);
    return answer;
  }

  write<T>(operation: () => Promise<T>, budget?: number): Promise<T | Failed> {
    return this.#run(this.#write, operation, budget);
  }

  async probe(): Promise<boolean> {
    const outcome = await this.#attempt(this.#options.ping);
    this.#read.circuit.learn(outcome);
    if (outcome !== 'up') return false;
    if (!this.#write.circuit.breaker.isClosed) {
      this.#write.circuit.learn(await this.#attempt(this.#options.probeWrite));
    }
    return true;
  }

  resetCounts(): void {
    this.histogram.reset();
    this.faults.errors = 0;
    this.faults.timeouts = 0;
    this.faults.skipped = 0;
  }

  close(): void {
    this.#closed = true;
    this.#read.circuit.close();
    this.#write.circuit.close();
    for (const call of this.deadlines.clear()) (call as Call).abandon();
  }

  // HOT: every call of a tier. One promise of our own, and the two callbacks that then() needs.
  #run<T>(
    direction: Direction,
    operation: () => Promise<T>,
    budget: number | undefined,
  ): Promise<T | Failed> {
    if (!this.#can(direction) || (budget !== undefined && budget <= 0)) {
      this.faults.skipped += 1;
      return NOT_ASKED;
    }
    return new Promise((resolve) => {
      const start = performance.now();
      const wait = budget !== undefined && budget < this.deadline ? budget : this.deadline;
      const call = new Call(this, direction, start, wait, resolve as (value: unknown) => void);
      const connection = this.#connection;
      this.#inFlight += 1;
      let answer: Promise<T>;
      try {
        const connecting = this.#options.connecting?.();
        answer = connecting === undefined ? operation() : connecting.then(operation);
      } catch (error) {
        this.#inFlight -= 1;
        call.fail(error);
        return;
      }
      this.deadlines.add(call, start);
      answer.then(
        (value) => {
          if (connection === this.#connection) this.#inFlight -= 1;
          call.answer(value);
        },
        (error: unknown) => {
          if (connection === this.#connection) this.#inFlight -= 1;
          call.fail(error);
        },
      );
    });
  }

  #can(direction: Direction): boolean {
    return (
      direction.circuit.breaker.isClosed && this.#inFlight < this.#maxInFlight && !this.#closed
    );
  }

  /** Judges an error of a call that was still being judged. */
  blame(direction: Direction, error: unknown): void {
    this.lastError = describeFault(error);
    switch (this.#faultOf(error)) {
      case 'down':
        direction.circuit.failed();
        break;
      case 'write':
        // The tier answered; it is writes that it refuses, whichever call found out.
        if (direction.isRead) direction.circuit.breaker.answered(this.#options.mono());
        this.#write.circuit.trip(false);
        break;
      case 'misconfigured':
        direction.circuit.trip(true);
        break;
      case 'request':
        direction.circuit.breaker.answered(this.#options.mono());
    }
  }

  #faultOf(error: unknown): RemoteFault {
    try {
      return this.#options.faultOf(error);
    } catch {
      // Someone else's code; what it cannot judge counts against the tier.
      return 'down';
    }
  }

  #direction(isRead: boolean, ask: () => Promise<void>): Direction {
    const { failures = 5, random = Math.random, rate, openFor, mono } = this.#options;
    const circuit = new Circuit({
      failures,
      random,
      mono,
      rate: rate ?? { share: 0.5, calls: 20, window: 10_000 },
      openFor: openFor ?? { first: 1000, max: 30_000, jitter: 0.2 },
      misconfiguredFor: MISCONFIGURED_FOR,
      attempt: () => this.#attempt(ask),
      onChange: () => this.#changed(),
      onSilence: (inRow) => {
        if (inRow >= SILENCES_TO_RESET) this.#reset();
      },
    });
    return { circuit, isRead };
  }

  /** One round trip within the deadline that counts neither as a call nor in a breaker. */
  #attempt(ask: () => Promise<void>): Promise<ProbeOutcome> {
    if (this.#closed) return Promise.resolve('silent');
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.lastError = `no answer to a probe within ${this.deadline} ms`;
        resolve('silent');
      }, this.deadline);
      timer.unref();
      const fail = (error: unknown): void => {
        clearTimeout(timer);
        this.lastError = describeFault(error);
        resolve(outcomeOf(this.#faultOf(error)));
      };
      try {
        ask().then(() => {
          clearTimeout(timer);
          resolve('up');
        }, fail);
      } catch (error) {
        fail(error);
      }
    });
  }

  /** The driver drops what it still waits for, so those calls no longer count as being in flight. */
  #reset(): void {
    this.#read.circuit.forgetSilence();
    this.#write.circuit.forgetSilence();
    this.#connection += 1;
    this.#inFlight = 0;
    try {
      this.#options.reset();
    } catch (error) {
      this.lastError = describeFault(error);
    }
  }

  #changed(): void {
    this.since = this.#options.now();
    try {
      this.#options.onChange();
    } catch (error) {
      this.lastError = describeFault(error);
    }
  }
}

function nobody(): void {}

function outcomeOf(fault: RemoteFault): ProbeOutcome {
  if (fault === 'down') return 'silent';
  return fault === 'misconfigured' ? 'misconfigured' : 'refused';
}
