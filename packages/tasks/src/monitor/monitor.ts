// Listens to the events of an application, and keeps what statistics need of them: totals, rates and durations by task and by
// queue. Invariant: memory is fixed by the number of tasks and queues, and by nothing that happens.
import { Durations } from './durations.ts';
import type { JobEvent, TaskEventMap, TaskEventName, TaskEvents } from './events.ts';
import { Rate } from './rate.ts';
import type { Measured, TaskTotals } from './types.ts';

/** More names than that are counted with their queue alone. */
const MAX_TASKS = 1000;

/** Totals, to be raised in place. */
type Totals = { -readonly [K in keyof TaskTotals]: number };

/** What is kept of a task, or of a queue. */
export class Meter {
  readonly totals: Totals = {
    enqueued: 0,
    deduplicated: 0,
    started: 0,
    completed: 0,
    retried: 0,
    failed: 0,
    dead: 0,
    timeouts: 0,
    abandoned: 0,
    cancelled: 0,
    stalled: 0,
    skipped: 0,
  };
  readonly rate: Rate;
  readonly wait: Durations;
  readonly run: Durations;
  /** Ends of attempts that never began. */
  unbegun = 0;

  /** @param now  monotonic ms */
  constructor(now: number) {
    this.rate = new Rate(now);
    this.wait = new Durations(now);
    this.run = new Durations(now);
  }

  /** Attempts that began and have not ended. */
  get running(): number {
    const { started, completed, retried, failed } = this.totals;
    return Math.max(0, started + this.unbegun - completed - retried - failed);
  }

  snapshot(now: number): Measured {
    return {
      totals: { ...this.totals },
      perSecond: this.rate.perSecond(now),
      wait: this.wait.snapshot(now),
      run: this.run.snapshot(now),
    };
  }
}

/** A task with its meter, for those who render it. */
export interface MeteredTask {
  readonly task: string;
  readonly queue: string;
  readonly meter: Meter;
}

/** The meters of an application. */
export class Monitor {
  readonly #events: TaskEvents;
  // By queue, then by task: the same task may have had another queue in an earlier release.
  readonly #tasks = new Map<string, Map<string, Meter>>();
  readonly #queues = new Map<string, Meter>();
  readonly #ends: (() => void)[] = [];
  #taskCount = 0;

  constructor(events: TaskEvents) {
    this.#events = events;
    this.#listen();
  }

  /** Failures of listeners that were caught. */
  get listenerErrors(): number {
    return this.#events.listenerErrors;
  }

  /** The meter of a task; made if it is not there yet. */
  task(task: string, queue: string): Meter {
    let tasks = this.#tasks.get(queue);
    if (tasks === undefined) this.#tasks.set(queue, (tasks = new Map()));
    let meter = tasks.get(task);
    if (meter === undefined) {
      tasks.set(task, (meter = new Meter(performance.now())));
      this.#taskCount += 1;
    }
    return meter;
  }

  /** The meter of a queue; made if it is not there yet. */
  queue(queue: string): Meter {
    let meter = this.#queues.get(queue);
    if (meter === undefined) this.#queues.set(queue, (meter = new Meter(performance.now())));
    return meter;
  }

  /** All tasks that something happened to. */
  tasks(): readonly MeteredTask[] {
    const all: MeteredTask[] = [];
    for (const [queue, tasks] of this.#tasks) {
      for (const [task, meter] of tasks) all.push({ task, queue, meter });
    }
    return all;
  }

  /** Listens no more. */
  close(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  #listen(): void {
    this.#count('enqueued', (meter, event) => {
      if (event.deduplicated === true) meter.totals.deduplicated += 1;
      else meter.totals.enqueued += 1;
    });
    this.#count('started', (meter, { waitMs }, now) => {
      meter.totals.started += 1;
      if (waitMs !== undefined) meter.wait.record(waitMs, now);
    });
    this.#ended('completed', 'completed');
    this.#ended('retrying', 'retried');
    this.#ended('failed', 'failed');
    this.#total('dead', 'dead');
    this.#total('timeout', 'timeouts');
    this.#total('abandoned', 'abandoned');
    this.#total('cancelled', 'cancelled');
    this.#total('stalled', 'stalled');
    this.#total('skipped', 'skipped');
  }

  #ended(name: 'completed' | 'retrying' | 'failed', total: keyof Totals): void {
    this.#count(name, (meter, { runMs }, now) => {
      meter.totals[total] += 1;
      meter.rate.add(now);
      if (runMs === undefined) meter.unbegun += 1;
      else meter.run.record(runMs, now);
    });
  }

  #total(name: Exclude<TaskEventName, 'drained' | 'saturated'>, total: keyof Totals): void {
    this.#count(name, (meter) => {
      meter.totals[total] += 1;
    });
  }

  #count<K extends Exclude<TaskEventName, 'drained' | 'saturated'>>(
    name: K,
    count: (meter: Meter, event: TaskEventMap[K], now: number) => void,
  ): void {
    this.#ends.push(
      this.#events.on(name, (event) => {
        const now = performance.now();
        const { task, queue } = event as JobEvent;
        count(this.queue(queue), event, now);
        const meter = task === '' ? undefined : this.#meterOf(task, queue);
        if (meter !== undefined) count(meter, event, now);
      }),
    );
  }

  // Names come from the store too, from other releases and from BullMQ itself: they must not fill the memory.
  #meterOf(task: string, queue: string): Meter | undefined {
    const meter = this.#tasks.get(queue)?.get(task);
    if (meter !== undefined || this.#taskCount >= MAX_TASKS) return meter;
    return this.task(task, queue);
  }
}
