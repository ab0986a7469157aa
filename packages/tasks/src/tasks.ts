// createTasks(): client, runner and monitor as one, with or without Fastify.
// Invariant: nothing is opened before start() or the first call; close() ends all of it, in order: nothing new comes in, jobs that
// run end, queues are closed, and then the store.
import type { BackendFactory, Queue } from 'bullmq';
import type { BackendKind, TaskBackend } from './client/bullmq.ts';
import { createClient } from './client/client.ts';
import type { Client, Producer } from './client/client.ts';
import { ask } from './client/context.ts';
import { warnOfEviction } from './client/eviction.ts';
import { registryOf } from './define/registry.ts';
import type { TaskRegistry } from './define/registry.ts';
import { deadQueueOf } from './define/stored.ts';
import { requireValidator, validatePayload } from './define/validate.ts';
import { errors } from './errors.ts';
import { collectInto } from './monitor/collect.ts';
import type { MetricRegistry } from './monitor/collect.ts';
import { TaskEvents } from './monitor/events.ts';
import type { TaskEventName, TaskListener } from './monitor/events.ts';
import { familiesOf } from './monitor/families.ts';
import type { Family } from './monitor/families.ts';
import { gatherStats } from './monitor/gather.ts';
import { healthOf } from './monitor/health.ts';
import { Monitor } from './monitor/monitor.ts';
import { renderText } from './monitor/prometheus.ts';
import type {
  JobCounts,
  StatsSources,
  StoreStats,
  TasksHealth,
  TasksStats,
} from './monitor/types.ts';
import type { DrainOptions, DrainReport, Runner } from './runner/types.ts';
import { checkDrainOptions, checkTasksOptions } from './tasks-options.ts';
import type { TasksOptions, TasksSettings } from './tasks-options.ts';

export type { TasksOptions } from './tasks-options.ts';

/** Tasks of an application: enqueues and runs them, and says how they do. */
export interface Tasks extends Producer, AsyncDisposable {
  /** What happens to jobs. */
  readonly events: TaskEvents;
  readonly registry: TaskRegistry;
  /** Opens the backend, registers the schedules that tasks list, and runs jobs unless `run` is 'off'. Calling it again changes
   * nothing.
   * @throws CATZ_TASKS_CLOSING, CATZ_TASKS_BACKEND_UNAVAILABLE, CATZ_TASKS_LOCKED, CATZ_TASKS_LOG_CORRUPT, CATZ_TASKS_OPTIONS,
   *   CATZ_TASKS_PAYLOAD of a schedule's payload */
  start(): Promise<void>;
  /** From now on whoever enqueues from outside gets CATZ_TASKS_CLOSING; handlers and what was prepared are still served. */
  refuse(): void;
  /** Refuses, takes no more jobs to run, and lets those that run end. The first call decides; others get its report.
   * @param options  default: those of createTasks()
   * @throws CATZ_TASKS_OPTIONS, and goes on as before */
  drain(options?: DrainOptions): Promise<DrainReport>;
  /** Drains, and closes all.
   * @throws CATZ_TASKS_OPTIONS, and goes on as before */
  close(options?: DrainOptions): Promise<DrainReport>;
  /** Which kind of store stands behind it. */
  backendKind(): Promise<BackendKind>;
  /** BullMQ's queues: of the tasks, and of their dead letters. What is added to them goes past the schemas. */
  queues(): Promise<readonly Queue[]>;
  /** Counts, rates, percentiles. What the backend does not say in time is undefined.
   * @throws CATZ_TASKS_CLOSING after close() */
  stats(): Promise<TasksStats>;
  health(): TasksHealth;
  /** Metrics in the text format of Prometheus. */
  prometheusText(): Promise<string>;
  /** Registers the metrics with a registry of prom-client.
   * @returns a function that takes them out again */
  collect(registry: MetricRegistry): Promise<() => void>;
  /** Listens to one kind of event.
   * @returns a function that ends it
   * @throws CATZ_TASKS_OPTIONS on an unknown event */
  on<K extends TaskEventName>(name: K, listener: TaskListener<K>): () => void;
}

/** Makes tasks. Opens nothing yet.
 * @throws CATZ_TASKS_OPTIONS, CATZ_TASKS_DUPLICATE_TASK, CATZ_TASKS_PRIORITY
 * @example
 * const tasks = createTasks({ tasks: [sendMail] });
 * await tasks.start();
 * const handle = await tasks.enqueue(sendMail, { to: 'ada@example.org' });
 * await handle.result();
 * await tasks.close(); */
export function createTasks(options: TasksOptions): Tasks {
  const settings = checkTasksOptions(options);
  const core = new Core(settings);
  const { events, registry, client } = core;
  return Object.freeze({
    ...client.producer,
    events,
    registry,
    start: () => core.start(),
    refuse: () => client.refuse(),
    drain: (how) => core.drain(how),
    close: (how) => core.close(how),
    backendKind: async () => (await client.links.load()).kind,
    queues: () => client.queues(),
    stats: () => core.stats(),
    health: () => core.health(),
    prometheusText: async () => renderText(await core.families()),
    collect: async (into) => collectInto(into, await core.families(), () => core.families()),
    on: (name, listener) => events.on(name, listener),
    [Symbol.asyncDispose]: async () => {
      await core.close();
    },
  } satisfies Tasks);
}

// Those of one store, by its factory: an embedded one may be shared by several, and a cancel has to find the one that runs the job.
const runnersOf = new WeakMap<TaskBackend, Set<Runner>>();

const NONE: DrainReport = Object.freeze({ completed: 0, aborted: 0, abandoned: 0, returned: 0 });

/** A factory of backends that tells of its store: that of embeddedBackend(). */
interface TellingBackend {
  stats?(): StoreStats;
}

/** A backend that counts the jobs of its queue by name: the embedded one. */
interface CountingBackend {
  getCountsByName?(): Promise<ReadonlyMap<string, JobCounts>>;
}

/** The parts, and their common life. */
class Core {
  readonly registry: TaskRegistry;
  readonly events: TaskEvents;
  readonly client: Client;
  readonly #settings: TasksSettings;
  readonly #monitor: Monitor;
  #backend: TaskBackend | undefined;
  #runner: Runner | undefined;
  #started: Promise<void> | undefined;
  #drained: Promise<DrainReport> | undefined;
  #closed: Promise<DrainReport> | undefined;

  constructor(settings: TasksSettings) {
    this.#settings = settings;
    this.registry = registryOf(settings.tasks);
    for (const task of this.registry.tasks) requireValidator(task, settings.validate);
    this.events = new TaskEvents({ exposePayloads: settings.exposePayloads });
    this.#monitor = new Monitor(this.events);
    this.client = createClient({
      ...settings,
      prefix: settings.keyPrefix,
      registry: this.registry,
      events: this.events,
      backend: () => this.#loadBackend(),
      cancelHere: (queue, id, reason) => {
        const runners = this.#backend === undefined ? undefined : runnersOf.get(this.#backend);
        return runners !== undefined && [...runners].some((each) => each.cancel(queue, id, reason));
      },
    });
  }

  start(): Promise<void> {
    if (this.#drained !== undefined) return Promise.reject(new errors.CLOSING());
    this.#started ??= this.#start();
    return this.#started;
  }

  // Async, so that options that are wrong are a rejection; they end nothing.
  async drain(options: DrainOptions | undefined): Promise<DrainReport> {
    const checked = checkDrainOptions(options, this.#settings);
    this.#drained ??= this.#drain(checked);
    return this.#drained;
  }

  async close(options?: DrainOptions): Promise<DrainReport> {
    const checked = checkDrainOptions(options, this.#settings);
    this.#closed ??= this.#close(checked);
    return this.#closed;
  }

  async stats(): Promise<TasksStats> {
    return gatherStats(this.#monitor, await this.#sources());
  }

  health(): TasksHealth {
    const { away, silent } = this.client.links;
    const faults = [
      ...(away.length === 0 ? [] : [`no connection for queue ${away.join(', ')}`]),
      ...(silent.length === 0 ? [] : [`no answer in time for queue ${silent.join(', ')}`]),
    ];
    return healthOf({
      store: this.#storeStats(),
      runner: this.#runner?.health(),
      backendFault: faults.length === 0 ? undefined : faults.join('; '),
    });
  }

  async families(): Promise<readonly Family[]> {
    return familiesOf(await this.stats(), this.#monitor.tasks());
  }

  async #start(): Promise<void> {
    const { client } = this;
    const { kind } = await client.links.load();
    const [first] = this.registry.queues;
    if (first === undefined) return;
    if (kind === 'redis') {
      const { logger, enqueueTimeout } = this.#settings;
      await ask({ links: client.links, enqueueTimeout }, first.name, async () =>
        warnOfEviction(await client.links.queue(first.name), logger),
      );
    }
    await client.start();
    if (this.#settings.run === 'off') return;
    const { backend } = await client.links.load();
    const runner = await this.#makeRunner();
    // A drain that came meanwhile found no runner.
    if (this.#drained !== undefined) throw new errors.CLOSING();
    this.#runner = runner;
    const runners = runnersOf.get(backend);
    if (runners === undefined) runnersOf.set(backend, new Set([runner]));
    else runners.add(runner);
    await runner.start();
  }

  async #makeRunner(): Promise<Runner> {
    const { backend, kind } = await this.client.links.load();
    const { connection, keyPrefix, telemetry, runInScope, isUnderPressure, threads, ...settings } =
      this.#settings;
    const { maxHeapBytes, idleTimeout } = threads;
    // Whoever only enqueues need not load what runs.
    const { createRunner } = await import('./runner/create-runner.ts');
    return createRunner({
      ...settings,
      queues: this.registry.queues,
      backend: backend as unknown as BackendFactory,
      backendKind: kind,
      events: this.events,
      queueOf: (name) => this.client.links.queue(name),
      enqueue: this.client.enqueueInside,
      validate: (task, payload) => validatePayload(task, payload, settings.validate),
      threads: {
        ...(maxHeapBytes !== undefined && { maxHeapBytes }),
        ...(idleTimeout !== undefined && { idleTimeout }),
      },
      ...(connection !== undefined && { connection }),
      ...(keyPrefix !== undefined && { prefix: keyPrefix }),
      ...(telemetry !== undefined && { telemetry }),
      ...(runInScope !== undefined && { runInScope }),
      ...(isUnderPressure !== undefined && { isUnderPressure }),
    });
  }

  async #drain(options: Required<DrainOptions>): Promise<DrainReport> {
    this.client.refuse();
    return (await this.#runner?.drain(options)) ?? NONE;
  }

  async #close(options: Required<DrainOptions>): Promise<DrainReport> {
    try {
      return await this.drain(options);
    } finally {
      if (this.#runner !== undefined) runnersOf.get(this.#backend!)?.delete(this.#runner);
      await this.client.close();
      this.#monitor.close();
    }
  }

  async #loadBackend(): Promise<TaskBackend> {
    const { backend } = this.#settings;
    // Whoever brings another backend need not load ours.
    this.#backend = backend ?? (await import('./embedded/index.ts')).embeddedBackend();
    return this.#backend;
  }

  #storeStats(): StoreStats | undefined {
    return (this.#backend as TellingBackend | undefined)?.stats?.();
  }

  async #sources(): Promise<StatsSources> {
    const { client, registry } = this;
    const { kind } = await client.links.load();
    const queues = await Promise.all(registry.queues.map(({ name }) => client.links.queue(name)));
    const dead = new Map(
      await Promise.all(
        registry.queues.map(
          async ({ name }) => [name, await client.links.queue(deadQueueOf(name))] as const,
        ),
      ),
    );
    return {
      backend: kind,
      queues,
      dead: (queue) => dead.get(queue),
      tasks: registry.tasks,
      runner: this.#runner?.queueStats() ?? [],
      store: this.#storeStats(),
      countsByName: (name) => {
        const queue = queues.find((each) => each.name === name);
        const backend: object | undefined = queue?.getBackend();
        return (backend as CountingBackend | undefined)?.getCountsByName?.();
      },
    };
  }
}
