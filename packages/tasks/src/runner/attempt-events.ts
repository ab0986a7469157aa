// Tells what happens to the attempts of one queue.
// Invariant: an attempt that was told of as started is told of once more: as completed, retrying or failed, after the store has
// taken its end. BullMQ says which: it fails some by itself, those whose result is no JSON.
import type { Job } from 'bullmq';
import type { StoredData } from '../define/stored.ts';
import type { TaskEvents } from '../monitor/events.ts';
import type { Attempt } from './attempt.ts';
import { codeOf } from './error-texts.ts';
import { timesIn } from './failure.ts';

export class AttemptEvents {
  readonly #events: TaskEvents;
  readonly #queue: string;

  constructor(events: TaskEvents, queue: string) {
    this.#events = events;
    this.#queue = queue;
  }

  /** HOT: benchmarks/tasks */
  started(attempt: Attempt): void {
    if (!this.#events.has('started')) return;
    const { job, number, id, startedAt } = attempt;
    const last = number > 1 ? timesIn(job.stacktrace).at(-1) : undefined;
    const since =
      last === undefined ? job.timestamp + (job.opts.delay ?? 0) : last.endedAt + (last.delay ?? 0);
    const waitMs = Math.max(0, startedAt - since);
    this.#events.emit(
      'started',
      { task: job.name, queue: this.#queue, id, attempt: number, waitMs },
      () => (job.data as StoredData).payload,
    );
  }

  /** HOT: benchmarks/tasks */
  completed(attempt: Attempt): void {
    if (!this.#events.has('completed')) return;
    const { job, number, id, runMs } = attempt;
    this.#events.emit(
      'completed',
      { task: job.name, queue: this.#queue, id, attempt: number, runMs },
      () => job.returnvalue as unknown,
    );
  }

  retrying(attempt: Attempt, error: unknown, delayMs: number): void {
    this.#events.emit('retrying', { ...this.#end(attempt, error), delayMs });
  }

  failed(attempt: Attempt, error: unknown): void {
    this.#events.emit('failed', this.#end(attempt, error));
  }

  dead(attempt: Attempt, error: unknown): void {
    this.#events.emit('dead', this.#end(attempt, error));
  }

  timeout(attempt: Attempt): void {
    this.#events.emit('timeout', this.#end(attempt, attempt.abortError));
  }

  abandoned(attempt: Attempt): void {
    this.#events.emit('abandoned', this.#end(attempt, undefined));
  }

  skipped(job: Job, key: string, why: 'overlap' | 'missed'): void {
    this.#events.emit('skipped', { task: job.name, queue: this.#queue, id: job.id!, key, why });
  }

  // Where there is no code there is no field for it, nor a time of what was not begun.
  #end(attempt: Attempt, error: unknown): EndFields {
    const { job, id, number, isStarted } = attempt;
    const code = codeOf(error);
    const fields = {
      task: job.name,
      queue: this.#queue,
      id,
      attempt: number,
      ...(isStarted && { runMs: attempt.runMs }),
    };
    return code === undefined ? fields : { ...fields, code };
  }
}

interface EndFields {
  task: string;
  queue: string;
  id: string;
  attempt: number;
  runMs?: number;
  code?: string;
}
