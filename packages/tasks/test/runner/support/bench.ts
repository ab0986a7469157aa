// A runner under test, with the queues beside it: on the embedded backend, or on a Redis of its own prefix.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createRedisBackend, Queue } from 'bullmq';
import type { BackendFactory, Job, JobsOptions } from 'bullmq';
import { until } from '@catzilla/bus/testing';
import { z } from 'zod';
import { jobOptions } from '../../../src/client/job-options.ts';
import type { Enqueue, Logger } from '../../../src/define/context.ts';
import { registryOf } from '../../../src/define/registry.ts';
import { deadQueueOf } from '../../../src/define/stored.ts';
import type { DeadData, StoredSchedule } from '../../../src/define/stored.ts';
import type { AnyTask } from '../../../src/define/types.ts';
import { validatePayload } from '../../../src/define/validate.ts';
import { TaskEvents, taskEventNames } from '../../../src/monitor/events.ts';
import type { TaskEventMap, TaskEventName } from '../../../src/monitor/events.ts';
import { createRunner } from '../../../src/runner/create-runner.ts';
import type { Runner, RunnerOptions } from '../../../src/runner/types.ts';

/** A schema that takes anything. */
export const anything = z.any();

/** Where queues are. */
export type Target = 'embedded' | { readonly port: number };

/** An event as it was heard. */
export type Heard = { readonly name: TaskEventName } & Record<string, unknown>;

export class Bench implements AsyncDisposable {
  readonly runner: Runner;
  readonly events: TaskEvents = new TaskEvents();
  readonly heard: Heard[] = [];
  readonly logged: string[] = [];
  readonly store: Store;
  readonly #options: RunnerOptions;
  readonly #queues = new Map<string, Queue>();

  constructor(store: Store, tasks: readonly AnyTask[], more: Partial<RunnerOptions> = {}) {
    this.store = store;
    for (const name of taskEventNames) {
      this.events.on(name, (event) => this.heard.push({ name, ...event } as Heard));
    }
    this.#options = {
      queues: registryOf(tasks).queues,
      ...store,
      queueOf: (name) => this.queue(name),
      enqueue: noEnqueue,
      validate: (task, payload) => validatePayload(task, payload, undefined),
      events: this.events,
      logger: this.#logger(),
      ...more,
    };
    this.runner = createRunner(this.#options);
  }

  queue(name: string): Queue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      const { connection, backend, prefix } = this.#options;
      queue = new Queue(name, { connection: connection ?? {}, prefix } as never, backend as never);
      queue.on('error', () => undefined);
      this.#queues.set(name, queue);
    }
    return queue;
  }

  /** Another runner of the same queues, as another process would have. */
  another(tasks: readonly AnyTask[], more: Partial<RunnerOptions> = {}): Runner {
    return createRunner({ ...this.#options, queues: registryOf(tasks).queues, ...more });
  }

  async add(
    task: AnyTask,
    payload: unknown = {},
    options: JobsOptions = {},
    stored: { readonly version?: number; readonly schedule?: StoredSchedule } = {},
  ): Promise<Job> {
    const { priority, retry, version } = task;
    const data = { version, payload, ...stored };
    const given = jobOptions(task, { priority, retry });
    return this.queue(task.queue).add(task.name, data, { ...given, ...options });
  }

  /** Waits for an event, also one that was before. */
  async on<K extends TaskEventName>(
    name: K,
    is: (event: TaskEventMap[K]) => boolean = () => true,
  ): Promise<TaskEventMap[K]> {
    const find = (): TaskEventMap[K] | undefined =>
      this.heard.find((each) => each.name === name && is(each as never)) as never;
    await until(`event ${name}`, find);
    return find()!;
  }

  count(name: TaskEventName): number {
    return this.heard.filter((each) => each.name === name).length;
  }

  async deadLetters(queue: string): Promise<readonly DeadData[]> {
    const jobs = await this.queue(deadQueueOf(queue)).getJobs(['waiting']);
    return jobs.map((job) => job.data as DeadData);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runner.drain({ drainTimeout: 1, abortGrace: 1 });
    for (const queue of this.#queues.values()) await queue.close();
  }

  #logger(): Logger {
    const log = (...args: readonly unknown[]): void => {
      this.logged.push(
        args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg))).join(' '),
      );
    };
    return { debug: log, info: log, warn: log, error: log };
  }
}

/** A bench whose runner runs. */
export async function openBench(
  target: Target,
  tasks: readonly AnyTask[],
  more: Partial<RunnerOptions> = {},
): Promise<Bench> {
  const bench = new Bench(await storeOf(target), tasks, more);
  await bench.runner.start();
  return bench;
}

type Store = Pick<RunnerOptions, 'backend' | 'backendKind' | 'connection' | 'prefix'>;

async function storeOf(target: Target): Promise<Store> {
  if (target === 'embedded') {
    const { embeddedBackend } = await import('../../../src/embedded/index.ts');
    return { backend: embeddedBackend() as BackendFactory, backendKind: 'embedded' };
  }
  return {
    backend: createRedisBackend as unknown as BackendFactory,
    backendKind: 'redis',
    connection: { host: '127.0.0.1', port: target.port },
    prefix: randomUUID().slice(0, 8),
  };
}

const noEnqueue: Enqueue = () => Promise.reject(new Error('no enqueue in this test'));

/** A promise with its ends outside. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Settles when a signal aborts. */
export async function aborted(signal: AbortSignal): Promise<unknown> {
  if (!signal.aborted) await once(signal, 'abort');
  return signal.reason;
}
