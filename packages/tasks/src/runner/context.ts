// What a handler is given besides its payload.
// Invariant: what costs something (signal, logger) is made when the handler asks for it, and not before. HOT: benchmarks/tasks
import type { Worker } from 'bullmq';
import type {
  ChildResult,
  Enqueue,
  Logger,
  TaskContext,
  TaskMeta,
  TaskScope,
} from '../define/context.ts';
import type { TaskEvents } from '../monitor/events.ts';
import type { Attempt } from './attempt.ts';

/** What contexts of one queue share. */
export interface ContextSource {
  readonly queue: string;
  readonly worker: Worker;
  readonly events: TaskEvents;
  readonly logger: Logger;
  readonly enqueue: Enqueue;
}

export class Context implements TaskContext {
  scope: TaskScope | undefined = undefined;
  readonly #attempt: Attempt;
  readonly #source: ContextSource;
  #log: Logger | undefined;

  constructor(attempt: Attempt, source: ContextSource) {
    this.#attempt = attempt;
    this.#source = source;
  }

  get id(): string {
    return this.#attempt.id;
  }

  get task(): string {
    return this.#attempt.job.name;
  }

  get queue(): string {
    return this.#source.queue;
  }

  get attempt(): number {
    return this.#attempt.number;
  }

  get maxAttempts(): number {
    return this.#attempt.job.opts.attempts ?? 1;
  }

  get enqueuedAt(): number {
    return this.#attempt.job.timestamp;
  }

  get deadline(): number {
    return this.#attempt.deadline;
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  get enqueue(): Enqueue {
    return this.#source.enqueue;
  }

  get log(): Logger {
    return (this.#log ??= loggerOf(this.#source.logger, this));
  }

  // Handlers take a context apart, so that what they call must not need to know of which object it is.
  get progress(): (value: number | object) => Promise<void> {
    return (value) => storeProgress(this.#attempt, this.#source, value);
  }

  get children(): () => Promise<readonly ChildResult[]> {
    return () => this.#children();
  }

  async #children(): Promise<readonly ChildResult[]> {
    const { job } = this.#attempt;
    const { backend } = this.#source.worker;
    const [values, ignored] = await Promise.all([
      job.getChildrenValues<unknown>(),
      job.getIgnoredChildrenFailures(),
    ]);
    const results: ChildResult[] = [];
    for (const [key, result] of Object.entries(values ?? {})) {
      const { id, queueName } = backend.parseNodeKey(key);
      results.push({ id, queue: queueName, result });
    }
    for (const [key, failedReason] of Object.entries(ignored ?? {})) {
      const { id, queueName } = backend.parseNodeKey(key);
      results.push({ id, queue: queueName, failedReason });
    }
    return results;
  }
}

/** Stores how far an attempt is, and tells listeners. */
export async function storeProgress(
  attempt: Attempt,
  { queue, events }: Pick<ContextSource, 'queue' | 'events'>,
  value: number | object,
): Promise<void> {
  const { job, id, number } = attempt;
  await job.updateProgress(value);
  events.emit('progress', { task: job.name, queue, id, attempt: number }, () => value);
}

/** What crosses to a thread. */
export function metaOf(context: Context): TaskMeta {
  const { id, task, queue, attempt, maxAttempts, enqueuedAt, deadline } = context;
  return { id, task, queue, attempt, maxAttempts, enqueuedAt, deadline };
}

// Fastify's logger, pino, makes children that say of which job a line speaks; one that cannot is used as it is.
function loggerOf(logger: Logger, { task, id, attempt }: Context): Logger {
  const { child } = logger as { readonly child?: (bindings: object) => Logger };
  return typeof child === 'function' ? child.call(logger, { task, job: id, attempt }) : logger;
}
