// Deadlines of many calls by one timer: a linked list that is looked through when the earliest is due, so that adding and
// removing a call is O(1) and arms no timer of its own.
// Invariant: a call's `expire` runs once for each time it was added, not before it is due, at most TICK ms and the event
// loop's own delay after; never once it was removed. Time here is always real: a clock moved by a test, or one that
// stands, must not make a caller wait for ever.

/** ms between two looks through the list at least: with 10_000 calls under way one look takes some 50 microseconds. */
const TICK = 4;

/** A call that must end in time. A class, so that all have one shape. */
export abstract class Deadline {
  /** When it expires, by performance.now(). */
  due = 0;
  next: Deadline | undefined = undefined;
  previous: Deadline | undefined = undefined;
  isListed = false;

  /** Called when it is due; may add the call again. Must not throw. */
  abstract expire(): void;
}

/** Expires calls that are due. */
export class Deadlines {
  #first: Deadline | undefined;
  #timer: NodeJS.Timeout | undefined;
  #armedFor = Infinity;
  readonly #onTimer = (): void => this.#wake();

  /** HOT: once for each call of a tier.
   * @param now  performance.now() */
  add(call: Deadline, now: number): void {
    const first = this.#first;
    call.next = first;
    if (first !== undefined) first.previous = call;
    this.#first = call;
    call.isListed = true;
    if (call.due < this.#armedFor) this.#arm(call.due, now);
  }

  /** A call that is not listed is left alone. HOT: once for each call of a tier */
  remove(call: Deadline): void {
    if (!call.isListed) return;
    const { next, previous } = call;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
    call.next = undefined;
    call.previous = undefined;
    call.isListed = false;
  }

  /** Takes all calls out without expiring them, and clears the timer.
   * @returns them */
  clear(): Deadline[] {
    clearTimeout(this.#timer);
    this.#armedFor = Infinity;
    const calls = this.#dueBy(Infinity);
    for (const call of calls) this.remove(call);
    return calls;
  }

  // The timer stays armed when its call is removed: most calls end in time, and one timer per deadline that fires for
  // nothing costs less than one armed and cleared for each call.
  #arm(due: number, now: number): void {
    clearTimeout(this.#timer);
    this.#armedFor = due;
    this.#timer = setTimeout(this.#onTimer, Math.max(1, Math.ceil(due - now)));
    this.#timer.unref();
  }

  // Timers come before I/O: after something held the loop, answers that have long arrived would be taken for time-outs,
  // and a pause of our own would open the breaker of a tier that is well.
  #wake(): void {
    if (performance.now() - this.#armedFor <= TICK) {
      this.#expireDue();
      return;
    }
    this.#armedFor = -Infinity;
    // Never unref'd: such an immediate lets the loop sleep until something else wakes it.
    setImmediate(() => this.#expireDue());
  }

  #expireDue(): void {
    // Stays armed, so that what expires adds itself again without a timer of its own.
    this.#armedFor = -Infinity;
    const now = performance.now();
    for (const call of this.#dueBy(now)) {
      // An earlier one's end may have removed it.
      if (!call.isListed) continue;
      this.remove(call);
      call.expire();
    }
    this.#armedFor = Infinity;
    let next = Infinity;
    for (let call = this.#first; call !== undefined; call = call.next) {
      if (call.due < next) next = call.due;
    }
    if (next !== Infinity) this.#arm(Math.max(next, now + TICK), now);
  }

  /** Oldest first: callers go on in the order in which they came. */
  #dueBy(now: number): Deadline[] {
    const due: Deadline[] = [];
    for (let call = this.#first; call !== undefined; call = call.next) {
      if (call.due <= now) due.push(call);
    }
    return due.reverse();
  }
}
