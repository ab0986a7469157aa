// What happens to jobs, told to those who listen: client and runner tell, statistics, users and diagnostics_channel hear it.
// Invariant: whoever listens never breaks who tells: what a listener throws, or rejects with, is caught and counted. No event
// holds a payload, a result or a message, unless the application asked for it (`exposePayloads`).
import { channel } from 'node:diagnostics_channel';
import type { Channel } from 'node:diagnostics_channel';
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';

/** What every event of a job says. Durations are ms. */
export interface JobEvent {
  /** Name of the task; '' where only the store knows it. */
  readonly task: string;
  readonly queue: string;
  /** Id of the job, the same over all its attempts. */
  readonly id: string;
  /** Of which attempt it speaks, from 1. */
  readonly attempt?: number;
  /** Only with `exposePayloads`: the payload, the progress, the result. */
  readonly payload?: unknown;
}

/** An attempt that ended. */
export interface AttemptEvent extends JobEvent {
  /** From its start; absent where its handler was never begun. */
  readonly runMs?: number;
  /** Code of the error, where it has one; never its message. */
  readonly code?: string;
}

/** Events by name. */
export interface TaskEventMap {
  /** The backend has the job. `deduplicated`: it had one with the same key already. */
  readonly enqueued: JobEvent & {
    readonly priority?: number;
    readonly delayMs?: number;
    readonly deduplicated?: boolean;
  };
  /** An attempt begins. `waitMs`: since it was enqueued, or since its delay or its backoff was over. */
  readonly started: JobEvent & { readonly waitMs?: number };
  readonly progress: JobEvent;
  /** The handler has done it. */
  readonly completed: AttemptEvent;
  /** An attempt failed, and another follows after `delayMs`. */
  readonly retrying: AttemptEvent & { readonly delayMs?: number };
  /** The last attempt failed. */
  readonly failed: AttemptEvent;
  /** It went to the dead letters. */
  readonly dead: AttemptEvent;
  /** The time of an attempt was over, and its signal was aborted. */
  readonly timeout: AttemptEvent;
  /** A handler went on after its abort, and its slot was given to others. */
  readonly abandoned: AttemptEvent;
  /** Somebody cancelled it. 'requested': it runs, and its signal was aborted. */
  readonly cancelled: JobEvent & { readonly how?: 'removed' | 'requested' };
  /** Whoever ran it is gone, and it went back to its queue. */
  readonly stalled: JobEvent;
  /** A run of a schedule was left out. */
  readonly skipped: JobEvent & {
    readonly key?: string;
    readonly why?: 'overlap' | 'missed';
  };
  /** Nothing waits in the queue. */
  readonly drained: { readonly queue: string };
  /** All slots of the queue are in use, and jobs wait. */
  readonly saturated: { readonly queue: string };
}

export type TaskEventName = keyof TaskEventMap;

/** Hears one kind of event. */
export type TaskListener<K extends TaskEventName> = (event: TaskEventMap[K]) => unknown;

type Listener = (event: never) => unknown;

/** All names, in the order of a job's life. */
export const taskEventNames: readonly TaskEventName[] = Object.freeze([
  'enqueued',
  'started',
  'progress',
  'completed',
  'retrying',
  'failed',
  'dead',
  'timeout',
  'abandoned',
  'cancelled',
  'stalled',
  'skipped',
  'drained',
  'saturated',
]);

/** Settings of TaskEvents. */
export interface TaskEventsOptions {
  /** Events hold what `emit` was given as payload. Default: false. */
  readonly exposePayloads?: boolean;
}

/** Tells events. One for each application. */
export class TaskEvents {
  readonly #exposePayloads: boolean;
  readonly #channels = new Map<TaskEventName, Channel>();
  // Arrays are replaced, never changed, so that a listener may end itself, or another, while an event is told.
  readonly #listeners = new Map<TaskEventName, readonly Listener[]>();
  #listenerErrors = 0;

  constructor({ exposePayloads = false }: TaskEventsOptions = {}) {
    this.#exposePayloads = exposePayloads;
    for (const name of taskEventNames) {
      this.#channels.set(name, channel(`catzilla:tasks:${name}`));
    }
  }

  /** Failures of listeners that were caught. */
  get listenerErrors(): number {
    return this.#listenerErrors;
  }

  /** Listens to one kind of event.
   * @param listener  called in the order in which listeners came; what it throws or rejects with is counted, and no more
   * @returns a function that ends it; calling it again changes nothing
   * @throws CATZ_TASKS_OPTIONS on an unknown event, or what is no function */
  on<K extends TaskEventName>(name: K, listener: TaskListener<K>): () => void {
    if (!taskEventNames.includes(name)) {
      throw new errors.OPTIONS(
        `expected event to be one of ${taskEventNames.join(', ')}, got ${show(name)}`,
      );
    }
    if (typeof listener !== 'function') {
      throw new errors.OPTIONS(
        `expected the listener of ${name} to be a function, got ${show(listener)}`,
      );
    }
    // One object for each call, for the same function may be given twice.
    const own: Listener = (event) => listener(event);
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), own]);
    return () => {
      const left = (this.#listeners.get(name) ?? []).filter((each) => each !== own);
      if (left.length > 0) this.#listeners.set(name, left);
      else this.#listeners.delete(name);
    };
  }

  /** Whether anybody hears it: while not, fields that cost something need not be gathered. */
  has(name: TaskEventName): boolean {
    return this.#listeners.has(name) || this.#channels.get(name)!.hasSubscribers;
  }

  /** Tells an event to listeners, then to diagnostics_channel (`catzilla:tasks:<name>`). Never throws. HOT: benchmarks/tasks
   * @param payload  gives what only `exposePayloads` lets through; not called without it */
  emit<K extends TaskEventName>(name: K, event: TaskEventMap[K], payload?: () => unknown): void {
    const listeners = this.#listeners.get(name);
    const topic = this.#channels.get(name)!;
    if (listeners === undefined && !topic.hasSubscribers) return;
    const told =
      payload !== undefined && this.#exposePayloads ? { ...event, payload: payload() } : event;
    if (listeners !== undefined) {
      for (const listener of listeners) this.#tell(listener, told as never);
    }
    // What a subscriber of a channel throws, Node itself takes to 'uncaughtException'.
    if (topic.hasSubscribers) topic.publish(told);
  }

  #tell(listener: Listener, event: never): void {
    try {
      const result = listener(event);
      // An async function is taken as a listener too, and its rejection would end the process.
      if (result instanceof Promise) {
        result.catch(() => {
          this.#listenerErrors += 1;
        });
      }
    } catch {
      this.#listenerErrors += 1;
    }
  }
}
