// Workers that have nothing to do, and what wakes them: a job that became available, or the time of a delayed one.
// Invariant: one news wakes one worker, the one that has waited longest; it asks for a job in any case, so that no news is lost.
// One timer serves the whole store, for the next delayed job, or the end of a rate limit, of a queue where somebody waits; it keeps no
// process alive.
import { hasAvailable } from '../commands/_intake.ts';
import type { QueueState } from '../engine/queue.ts';

/** As BullMQ's worker takes it: a job is there. */
export interface Marker {
  member: string;
  score: number;
}

/** A wall clock that was set forward is noticed within this time, ms. */
const LONGEST_SLEEP = 60_000;
/** The longest that setTimeout takes, ms. */
const LONGEST_TIMEOUT = 2_147_483_647;

interface Waiter {
  readonly owner: object;
  readonly resolve: (marker: Marker | null) => void;
  timer: NodeJS.Timeout | undefined;
}

export class Waiters {
  readonly #lines = new Map<QueueState, Waiter[]>();
  #timer: NodeJS.Timeout | undefined;
  #armedFor = Infinity;

  /** How many wait. */
  get size(): number {
    let size = 0;
    for (const line of this.#lines.values()) size += line.length;
    return size;
  }

  /** Tells that a queue has a job for a worker (0), or the time of its next delayed one or at which its rate limit ends, epoch ms. */
  readonly wake = (queue: QueueState, dueAt: number): void => {
    const line = this.#lines.get(queue);
    if (line === undefined) return;
    if (dueAt > Date.now()) this.#arm(dueAt);
    else this.#next(queue, line);
  };

  /** Waits until a queue has a job.
   * @param owner    by whom `cancel` finds it
   * @param timeout  ms, Infinity for no end
   * @param forNews  waits for news even where a job is there, since it cannot be given out at present
   * @returns null when the time was up; a marker of no time (Infinity) when it was cancelled */
  wait(queue: QueueState, owner: object, timeout: number, forNews = false): Promise<Marker | null> {
    if (!forNews && (hasAvailable(queue) || queue.delayed.nextDueAt <= Date.now())) {
      return Promise.resolve(available());
    }
    return new Promise((resolve) => {
      const waiter: Waiter = { owner, resolve, timer: undefined };
      if (timeout !== Infinity) {
        const end = (): void => {
          this.#leave(queue, waiter);
          resolve(null);
        };
        waiter.timer = setTimeout(end, Math.min(timeout, LONGEST_TIMEOUT)).unref();
      }
      const line = this.#lines.get(queue);
      if (line === undefined) this.#lines.set(queue, [waiter]);
      else line.push(waiter);
      // Of a time that is past, who waits for news could make nothing: the timer would ring for ever.
      const { nextDueAt } = queue.delayed;
      if (nextDueAt !== Infinity && !(forNews && nextDueAt <= Date.now())) this.#arm(nextDueAt);
    });
  }

  /** Ends what an owner waits for. Its worker is then told of no time at which to ask for a job, so that one that closes or pauses
   * takes none any more. */
  cancel(owner: object): void {
    for (const [queue, line] of this.#lines) {
      for (const waiter of line.filter((one) => one.owner === owner)) {
        this.#leave(queue, waiter);
        waiter.resolve(never());
      }
    }
    if (this.#lines.size === 0) this.#disarm();
  }

  #next(queue: QueueState, line: Waiter[]): void {
    const waiter = line.shift();
    if (line.length === 0) this.#lines.delete(queue);
    if (waiter === undefined) return;
    clearTimeout(waiter.timer);
    waiter.resolve(available());
  }

  #leave(queue: QueueState, waiter: Waiter): void {
    clearTimeout(waiter.timer);
    const line = this.#lines.get(queue);
    const at = line?.indexOf(waiter) ?? -1;
    if (line === undefined || at === -1) return;
    line.splice(at, 1);
    if (line.length === 0) this.#lines.delete(queue);
  }

  #arm(dueAt: number): void {
    if (dueAt >= this.#armedFor) return;
    this.#armedFor = dueAt;
    clearTimeout(this.#timer);
    const sleep = Math.max(1, Math.min(dueAt - Date.now(), LONGEST_SLEEP));
    this.#timer = setTimeout(() => this.#ring(), sleep).unref();
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#armedFor = Infinity;
  }

  #ring(): void {
    this.#armedFor = Infinity;
    const now = Date.now();
    let next = Infinity;
    for (const [queue, line] of this.#lines) {
      const nextDueAt = nextDueAtOf(queue);
      // The one that wakes promotes all that is due, and news of those wake the others.
      if (nextDueAt <= now) this.#next(queue, line);
      else next = Math.min(next, nextDueAt);
    }
    if (next !== Infinity) this.#arm(next);
  }
}

/** When a worker is to ask: for the next delayed job, or for one that the rate limit holds back. Epoch ms, or Infinity. */
function nextDueAtOf(queue: QueueState): number {
  const { nextDueAt } = queue.delayed;
  if (queue.rateWindow === undefined || !hasAvailable(queue)) return nextDueAt;
  return Math.min(nextDueAt, queue.rateWindow.endsAt);
}

function available(): Marker {
  return { member: '0', score: 0 };
}

/** Of no time: whoever gets it does not ask for a job. */
export function never(): Marker {
  return { member: '0', score: Infinity };
}
