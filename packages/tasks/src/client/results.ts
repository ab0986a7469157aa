// Waits for the ends of jobs: one reader of events for each queue, and a list of those who wait at it.
// Invariant: whoever waits hears of the end, once: by the event, or by the look at the job that follows every subscription and is
// repeated, for an event may be lost while a connection is. A queue at which nobody waits any more is soon read no more.
import { checkOptions, custom, duration, optional, orFalse } from '@catzilla/common';
import type { Job } from 'bullmq';
import type { ResultOptions } from '../define/context.ts';
import { CANCEL_EVENT } from '../define/stored.ts';
import { errors } from '../errors.ts';
import type { JobReference } from './find-job.ts';
import type { Links } from './links.ts';

/** How often jobs are looked at, in ms, beside the events: readers of PostgreSQL hear of some only with the next one. */
const LOOK_EVERY = 1_000;
/** Jobs of a queue that are looked at together; the others follow the next time. */
const MAX_LOOKS = 100;
/** Looks that find nobody before the reader of a queue is closed: reading costs something with each job. */
const IDLE_LOOKS = 10;

interface Waiter {
  readonly job: JobReference;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Those who wait at one queue. */
interface Desk {
  readonly waiters: Map<string, Set<Waiter>>;
  /** Why jobs were cancelled that somebody waits for. */
  readonly cancelled: Map<string, string>;
  readonly ready: Promise<void>;
  /** Looks in a row that found nobody. */
  idle: number;
}

export class Results {
  readonly #links: Links;
  readonly #desks = new Map<string, Desk>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(links: Links) {
    this.#links = links;
  }

  /** Waits for what a job returned. @see TaskHandle.result */
  async wait(job: JobReference, options: ResultOptions | undefined): Promise<unknown> {
    const { timeout, signal } = checkOptions(options, specs, {
      path: 'options',
      error: (message) => new errors.OPTIONS(message),
    });
    if (this.#isClosed) throw new errors.CLOSING();
    signal?.throwIfAborted();
    const ends = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        const waiter: Waiter = { job, resolve, reject };
        const desk = this.#join(waiter);
        ends.signal.addEventListener('abort', () => this.#leave(desk, waiter), { once: true });
        signal?.addEventListener('abort', () => reject(signal.reason as Error), {
          signal: ends.signal,
        });
        if (timeout !== false) {
          timer = setTimeout(
            () => reject(new errors.TIMEOUT(`job ${job.id} of task ${job.task}`, timeout)),
            Math.min(timeout, 2 ** 31 - 1),
          );
        }
        desk.ready.then(() => this.#look(desk, job)).catch(reject);
      });
    } finally {
      clearTimeout(timer);
      ends.abort();
    }
  }

  /** Ends all waits with CATZ_TASKS_CLOSING. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const { waiters } of this.#desks.values()) {
      for (const waiter of [...waiters.values()].flatMap((set) => [...set])) {
        waiter.reject(new errors.CLOSING());
      }
    }
  }

  #join(waiter: Waiter): Desk {
    const { queue, id } = waiter.job;
    let desk = this.#desks.get(queue);
    if (desk === undefined) {
      const ready = this.#listen(queue);
      desk = { waiters: new Map(), cancelled: new Map(), ready, idle: 0 };
      this.#desks.set(queue, desk);
      // Who waits gets the error; the next one tries again.
      ready.catch(() => this.#desks.delete(queue));
    }
    const set = desk.waiters.get(id);
    if (set === undefined) desk.waiters.set(id, new Set([waiter]));
    else set.add(waiter);
    this.#timer ??= setInterval(() => this.#lookAtAll(), LOOK_EVERY).unref();
    return desk;
  }

  #leave(desk: Desk, waiter: Waiter): void {
    const { id } = waiter.job;
    const set = desk.waiters.get(id);
    set?.delete(waiter);
    if (set === undefined || set.size > 0) return;
    desk.waiters.delete(id);
    desk.cancelled.delete(id);
  }

  async #listen(queue: string): Promise<void> {
    const events = await this.#links.events(queue);
    const on = (name: string, hear: (fields: Record<string, unknown>) => void): void => {
      // Custom events are not among the names that QueueEvents knows.
      (events.on as (event: string, listener: typeof hear) => unknown).call(events, name, hear);
    };
    on('completed', ({ jobId, returnvalue }) => {
      this.#settle(queue, jobId, (waiter) => waiter.resolve(returnvalue));
    });
    on('failed', ({ jobId, failedReason }) => {
      this.#settle(queue, jobId, (waiter, why) =>
        waiter.reject(failed(waiter.job, failedReason, why)),
      );
    });
    on('removed', ({ jobId }) => {
      this.#settle(queue, jobId, ({ job, reject }, why) => reject(gone(job, why)));
    });
    on(CANCEL_EVENT, ({ jobId, reason }) => {
      const desk = this.#desks.get(queue);
      if (desk?.waiters.has(String(jobId))) desk.cancelled.set(String(jobId), String(reason));
    });
  }

  #settle(
    queue: string,
    jobId: unknown,
    settle: (waiter: Waiter, cancelled: string | undefined) => void,
  ): void {
    const desk = this.#desks.get(queue);
    const id = String(jobId);
    const waiters = desk?.waiters.get(id);
    if (waiters === undefined) return;
    for (const waiter of waiters) settle(waiter, desk?.cancelled.get(id));
  }

  // Ends the waits for a job that has ended already.
  async #look(desk: Desk, { queue, id }: JobReference): Promise<void> {
    const links = await this.#links.queue(queue);
    // In this order: what is not finished yet may be so by the time the job is read, and is then told by its event.
    const state = await links.getJobState(id);
    const job = await links.getJob(id);
    const waiters = desk.waiters.get(id);
    if (waiters === undefined) return;
    for (const waiter of waiters) settleBy(waiter, state, job, desk.cancelled.get(id));
  }

  #lookAtAll(): void {
    for (const [queue, desk] of this.#desks) {
      desk.idle = desk.waiters.size === 0 ? desk.idle + 1 : 0;
      if (desk.idle >= IDLE_LOOKS) this.#leaveQueue(queue);
      for (const [id, set] of [...desk.waiters].slice(0, MAX_LOOKS)) {
        // To the end of the line.
        desk.waiters.delete(id);
        desk.waiters.set(id, set);
        const [first] = set;
        // Of a look that fails, the next one hears more.
        if (first !== undefined) this.#look(desk, first.job).catch(() => undefined);
      }
    }
    if (this.#desks.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #leaveQueue(queue: string): void {
    this.#desks.delete(queue);
    void this.#links.closeEvents(queue);
  }
}

const specs = {
  timeout: orFalse(duration({ default: 30_000 })),
  signal: optional(
    custom('an AbortSignal', (value): value is AbortSignal => value instanceof AbortSignal),
  ),
};

// Not by failedReason: a job that is done may still have that of an earlier attempt.
function settleBy(
  waiter: Waiter,
  state: string,
  job: Job | undefined,
  cancelled: string | undefined,
): void {
  if (job === undefined) waiter.reject(gone(waiter.job, cancelled));
  else if (state === 'completed') waiter.resolve(job.returnvalue);
  else if (state === 'failed') waiter.reject(failed(waiter.job, job.failedReason, cancelled));
}

function gone({ id }: JobReference, cancelled: string | undefined): Error {
  return cancelled === undefined ? new errors.UNKNOWN_JOB(id) : new errors.CANCELLED(id, cancelled);
}

// The runner begins the reasons of our own errors with their code.
function failed({ id }: JobReference, reason: unknown, cancelled: string | undefined): Error {
  const text = String(reason);
  const [, code, message = text] = /^\[(CATZ_TASKS_[A-Z_]+)\] (.*)$/s.exec(text) ?? [];
  if (code === errors.CANCELLED.code) {
    const start = new errors.CANCELLED(id, '').message;
    const told = message.startsWith(start) ? message.slice(start.length) : message;
    return new errors.CANCELLED(id, cancelled ?? told);
  }
  const cause = Object.assign(new Error(message), code !== undefined && { code });
  return new errors.FAILED(id, message, { cause });
}
