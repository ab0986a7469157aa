// A store with one queue on which a test runs commands at times of its choice.
import * as commands from '../../../../src/embedded/commands/index.ts';
import { makeStore } from '../../../../src/embedded/engine/make-store.ts';
import { runCommand } from '../../../../src/embedded/engine/run-command.ts';
import { dependencyBytes } from '../../../../src/embedded/commands/_dependencies.ts';
import { sizeOf } from '../../../../src/embedded/engine/size.ts';
import type { JobsOptions } from 'bullmq';
import type { CommandContext, Json } from '../../../../src/embedded/engine/command.ts';
import type { Job, LockOwner, NewJob } from '../../../../src/embedded/engine/job.ts';
import type { NextJob, WorkerSettings } from '../../../../src/embedded/commands/_fetch-next.ts';
import type { Finish } from '../../../../src/embedded/commands/_finish.ts';
import type { QueueState } from '../../../../src/embedded/engine/queue.ts';
import type { StoreState } from '../../../../src/embedded/engine/store-state.ts';

type Registry = typeof commands;
type ArgumentsOf<N extends keyof Registry> = Registry[N] extends {
  run(context: CommandContext, ...args: infer A): unknown;
}
  ? A
  : never;

export class Rig {
  readonly store: StoreState;
  readonly queue: QueueState;
  /** Epoch ms of the next command. */
  now = 1_000_000;
  /** What the store was told, newest last. */
  readonly woken: { queue: string; dueAt: number }[] = [];
  readonly #name: string;

  constructor(name = 'q', store?: StoreState) {
    this.#name = name;
    this.store =
      store ?? makeStore((queue, dueAt) => void this.woken.push({ queue: queue.name, dueAt }));
    this.queue = this.store.queueOf(name, 'bull');
  }

  run<N extends keyof Registry>(name: N, ...args: ArgumentsOf<N>): ReturnType<Registry[N]['run']> {
    return this.as(undefined, name, ...args);
  }

  as<N extends keyof Registry>(
    owner: LockOwner | undefined,
    name: N,
    ...args: ArgumentsOf<N>
  ): ReturnType<Registry[N]['run']> {
    const queue = { name: this.#name, prefix: 'bull' };
    const json = args as readonly Json[];
    return runCommand({ ...commands }, this.store, name, queue, json, this.now, owner) as never;
  }

  add(options: JobsOptions = {}, more: Partial<NewJob> = {}): string {
    const { deduplication, jobId } = options;
    return this.run('addJob', {
      name: 'job',
      data: '{}',
      options: JSON.stringify(options),
      timestamp: this.now,
      ...(jobId === undefined ? {} : { id: jobId }),
      ...(deduplication === undefined ? {} : { deduplicationId: deduplication.id }),
      ...more,
    });
  }

  take(worker: WorkerSettings = {}, token = 'token'): NextJob {
    return this.run('moveToActive', token, worker);
  }

  /** Takes all that is there. */
  takeAll(): string[] {
    const ids: string[] = [];
    for (let [job, id] = this.take(); job !== null; [job, id] = this.take()) ids.push(String(id));
    return ids;
  }

  complete(id: string, how: Partial<Finish> = {}, value = '1'): NextJob | undefined {
    return this.run('moveToCompleted', id, value, { ...END, ...how }).next;
  }

  fail(id: string, how: Partial<Finish> = {}, reason = 'broken'): NextJob | undefined {
    return this.run('moveToFailed', id, reason, { ...END, ...how }, {}).next;
  }

  job(id: string): Job {
    const job = this.queue.jobs.get(id);
    if (job === undefined) throw new Error(`expected job ${id} to be there`);
    return job;
  }

  /** Names of the events, with their jobs. */
  get events(): string[] {
    return this.queue.events.after('0-0').map(([, fields]) => {
      const of = (name: string): string => fields[fields.indexOf(name) + 1] ?? '';
      return fields.includes('jobId') ? `${of('event')} ${of('jobId')}` : of('event');
    });
  }

  /** The bytes that the jobs and keys of all queues take: what `store.bytes` has to be. */
  get countedBytes(): number {
    let bytes = 0;
    for (const queue of this.store.queues.values()) {
      for (const job of queue.jobs.values()) {
        const dependencies = job.rare?.dependencies;
        bytes += sizeOf(job) + (dependencies === undefined ? 0 : dependencyBytes(dependencies));
      }
      for (const [id, key] of queue.deduplication) bytes += 100 + id.length + key.jobId.length;
      for (const [id, json] of queue.deduplicationNext) bytes += 100 + id.length + json.length;
    }
    return bytes;
  }
}

const END: Finish = { token: 'token', fetchNext: false, worker: {} };

/** The code of what a call throws. */
export function codeOf(call: () => unknown): number | undefined {
  try {
    call();
  } catch (error) {
    return (error as { code?: number }).code;
  }
  return undefined;
}
