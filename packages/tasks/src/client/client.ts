// What producers need, in one object: enqueue, flows, schedules, handles, cancel, pause, dead letters.
// Invariant: from refuse() on nothing new comes in from outside; what was prepared before, and what handlers enqueue, still does,
// until close(). It runs no job: that is the runner's.
import { show } from '@catzilla/common';
import type { Queue, Telemetry } from 'bullmq';
import type {
  CancelOutcome,
  Enqueue,
  EnqueueOptions,
  Logger,
  TaskHandle,
} from '../define/context.ts';
import type { TaskRegistry } from '../define/registry.ts';
import { deadQueueOf } from '../define/stored.ts';
import type { ScheduleOptions, Task } from '../define/types.ts';
import type { Validate } from '../define/validate.ts';
import { errors } from '../errors.ts';
import type { TaskEvents } from '../monitor/events.ts';
import type { TaskBackend } from './bullmq.ts';
import { cancelJob } from './cancel.ts';
import { ask } from './context.ts';
import type { ClientContext } from './context.ts';
import { deadLetters } from './dead.ts';
import type { DeadLetters } from './dead.ts';
import { enqueue, enqueueMany, idMaker, prepare } from './enqueue.ts';
import type { Prepared } from './enqueue.ts';
import { flow } from './flow.ts';
import type { FlowHandle, FlowNode, FlowOf } from './flow.ts';
import { getJob } from './handle.ts';
import { Links } from './links.ts';
import { Results } from './results.ts';
import { registerDeclared, schedule, schedules, unschedule } from './schedule.ts';
import type { ScheduleInfo } from './schedule.ts';

/** What a client is made of; all of it is checked already. */
export interface ClientOptions {
  readonly registry: TaskRegistry;
  readonly backend: () => Promise<TaskBackend>;
  readonly connection: unknown;
  readonly prefix: string | undefined;
  readonly telemetry: Telemetry | undefined;
  readonly validate: Validate | undefined;
  readonly events: TaskEvents;
  readonly logger: Logger;
  /** ms. */
  readonly enqueueTimeout: number;
  /** Asks a job that runs in this process to stop; false: it does not run here. */
  readonly cancelHere: ClientContext['cancelHere'];
}

/** The producing side of tasks: a part of Tasks. */
export interface Producer {
  /** Enqueues one job. */
  readonly enqueue: Enqueue;
  /** Enqueues jobs of one task together: all payloads are checked before any is stored. On the embedded backend and on PostgreSQL
   * all are stored or none; on Redis, which has no such thing, those before the one that failed stay.
   * @throws as `enqueue` */
  enqueueMany<Input, Result>(
    task: Task<Input, Result>,
    payloads: readonly NoInfer<Input>[],
    options?: Omit<EnqueueOptions, 'key'>,
  ): Promise<TaskHandle<Result>[]>;
  /** Checks a job as it is now, and stores nothing until its `enqueue()` is called.
   * @throws CATZ_TASKS_PAYLOAD, CATZ_TASKS_PRIORITY, CATZ_TASKS_OPTIONS, CATZ_TASKS_UNKNOWN_TASK, CATZ_TASKS_CLOSING */
  prepare<Input, Result>(
    task: Task<Input, Result>,
    payload: NoInfer<Input>,
    options?: EnqueueOptions,
  ): Promise<Prepared<Result>>;
  /** Stores a job and its children: it runs once they have ended, and its handler gets what they returned by `children()`.
   * @throws as `enqueue`; CATZ_TASKS_OPTIONS for tasks with idempotencyKey or unique */
  flow<Input, Result, const Children extends readonly FlowNode[] = readonly []>(
    root: FlowOf<Input, Result, Children>,
  ): Promise<FlowHandle<Result>>;
  /** Makes a task run by itself, or changes the schedule of that key. Schedules stay in the store until unschedule().
   * @throws as `enqueue`; CATZ_TASKS_OPTIONS, also for a cron pattern that cannot be read */
  schedule<Input, Result>(
    task: Task<Input, Result>,
    options: ScheduleOptions<NoInfer<Input>>,
  ): Promise<ScheduleInfo>;
  /** All schedules in the queues of the tasks. */
  schedules(): Promise<readonly ScheduleInfo[]>;
  /** Removes a schedule and its next run; one that runs goes on.
   * @param queue  default: all queues of the tasks
   * @returns whether there was one */
  unschedule(key: string, queue?: string): Promise<boolean>;
  /** The handle of a job, by its id; undefined when there is none.
   * @param queue  where to look. Default: all queues of the tasks */
  get(id: string, queue?: string): Promise<TaskHandle | undefined>;
  /** Cancels a job: one that waits is removed, with the children it waits for; one that runs gets its signal aborted, wherever
   * it runs, and is not repeated.
   * @param reason  for people, at most 200 characters. Default: 'cancelled'
   * @param queue   where to look. Default: all queues of the tasks
   * @throws CATZ_TASKS_UNSUPPORTED for the next run of a schedule: unschedule() ends that */
  cancel(id: string, reason?: string, queue?: string): Promise<CancelOutcome>;
  /** Starts no more jobs, in any process; those that run go on, and new ones are taken.
   * @param queue  default: all queues of the tasks
   * @throws CATZ_TASKS_OPTIONS when no task has that queue */
  pause(queue?: string): Promise<void>;
  /** Ends pause(). */
  resume(queue?: string): Promise<void>;
  readonly dead: DeadLetters;
}

/** The client, for those who compose it. */
export interface Client extends AsyncDisposable {
  readonly producer: Producer;
  readonly links: Links;
  /** `enqueue` for handlers: works until close(). */
  readonly enqueueInside: Enqueue;
  /** Registers the schedules of the tasks. */
  start(): Promise<void>;
  /** Takes nothing new from outside. */
  refuse(): void;
  /** The queues of the tasks and of their dead letters, opened. */
  queues(): Promise<readonly Queue[]>;
  close(): Promise<void>;
}

/** Makes a client. Opens nothing until something is asked of it. */
export function createClient(options: ClientOptions): Client {
  const { registry, logger } = options;
  const links = new Links({
    ...options,
    onError: (error, queue) => logger.warn({ err: error, queue }, 'tasks: connection failed'),
  });
  const results = new Results(links);
  const context: ClientContext = { ...options, links, results, nextId: idMaker() };
  let isRefusing = false;
  // Async, so that a refusal is a rejection like any other.
  const outside = async <T>(work: () => Promise<T>): Promise<T> => {
    if (isRefusing) throw new errors.CLOSING();
    return work();
  };
  const eachQueue = async (name: string | undefined, work: (queue: Queue) => Promise<void>) => {
    const names = registry.queues.map((plan) => plan.name);
    if (name !== undefined && !names.includes(name)) {
      throw new errors.OPTIONS(
        `expected queue to be one of ${names.join(', ')}, got ${show(name)}`,
      );
    }
    await Promise.all(
      (name === undefined ? names : [name]).map((each) =>
        ask(context, each, async () => work(await links.queue(each))),
      ),
    );
  };
  const close = async (): Promise<void> => {
    isRefusing = true;
    results.close();
    await links.close();
  };
  const producer: Producer = {
    enqueue: (task, payload, settings) => outside(() => enqueue(context, task, payload, settings)),
    enqueueMany: (task, payloads, settings) =>
      outside(() => enqueueMany(context, task, payloads, settings)),
    prepare: (task, payload, settings) => outside(() => prepare(context, task, payload, settings)),
    flow: (root) => outside(() => flow(context, root)),
    schedule: (task, settings) => outside(() => schedule(context, task, settings)),
    schedules: () => schedules(context),
    unschedule: (key, queue) => unschedule(context, key, queue),
    get: (id, queue) => getJob(context, id, queue),
    cancel: (id, reason, queue) => cancelJob(context, id, reason, queue),
    pause: (queue) => eachQueue(queue, (each) => each.pause()),
    resume: (queue) => eachQueue(queue, (each) => each.resume()),
    dead: deadLetters(context),
  };
  return {
    producer,
    links,
    enqueueInside: (task, payload, settings) => enqueue(context, task, payload, settings),
    start: () => registerDeclared(context),
    refuse: () => {
      isRefusing = true;
    },
    queues: () => {
      const names = registry.queues.flatMap(({ name }) => [name, deadQueueOf(name)]);
      return Promise.all(names.map((name) => links.queue(name)));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
