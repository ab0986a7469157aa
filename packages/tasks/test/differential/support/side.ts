// One of the two things compared: BullMQ's public classes for two queues, on some backend.
// Owns its queues and workers, and closes them; the store behind is the caller's.
import { FlowProducer, Job, Queue, Worker } from 'bullmq';
import type { BackendFactory, IQueueBackend } from 'bullmq';
import { QUEUE_NAMES } from './operation.ts';
import type { QueueName } from './operation.ts';

/** Far longer than any run: what Redis counts in real time never ends within one, on either side. */
export const FOREVER = 1_000_000_000;

/** What differs from run to run in the options of the workers. */
export interface WorkerLimits {
  readonly limiter: { readonly max: number; readonly duration: number } | undefined;
  /** How many finished jobs are kept whose own options say nothing. Default: all. */
  readonly keep?: number | undefined;
}

/** BullMQ's classes on a backend of which nothing is known but the contract. */
export type AnyQueue = Queue<unknown, unknown, string, unknown, unknown, string, IQueueBackend>;
export type AnyWorker = Worker<unknown, unknown, string, IQueueBackend>;
export type AnyFlowProducer = FlowProducer<IQueueBackend>;

export interface Lane {
  readonly queue: AnyQueue;
  /** Replaced by loseWorker. */
  worker: AnyWorker;
  readonly backend: IQueueBackend;
  /** By id, what was last seen of each job: an application holds such objects for longer than the job is there. */
  readonly held: Map<string, Job>;
  /** What queue and worker emitted as errors since it was last looked at. */
  readonly emitted: string[];
  /** Id of the last event that was read. */
  eventId: string;
}

export interface Side {
  readonly name: string;
  readonly lanes: Readonly<Record<QueueName, Lane>>;
  readonly flows: AnyFlowProducer;
  /** Closes the worker of a queue as if it had died, and lets another find the jobs that it left.
   * @returns their ids */
  loseWorker(queue: QueueName): Promise<string[]>;
  close(): Promise<void>;
}

/** Makes the jobs of a queue look as if their locks had ended, where that takes time: given their ids. */
export type EndLocks = (queue: QueueName, ids: readonly string[]) => Promise<void>;

/** @param connection  what the backend takes as `connection`
 * @param endLocks    default: the locks end with the worker */
export async function openSide(
  name: string,
  factory: BackendFactory,
  connection: object,
  limits: WorkerLimits,
  endLocks?: EndLocks,
): Promise<Side> {
  const lanes = Object.fromEntries(
    QUEUE_NAMES.map((queue) => [queue, openLane(queue, factory, connection, limits)]),
  ) as Record<QueueName, Lane>;
  const flows = new FlowProducer({ connection }, factory);
  const all = Object.values(lanes);
  for (const { queue, worker } of all) {
    await queue.waitUntilReady();
    await worker.waitUntilReady();
    // The queue writes its meta fields on its own; they have to be there before anything is compared.
    await queue.getVersion();
  }
  return {
    name,
    lanes,
    flows,
    loseWorker: async (queue) => {
      const lane = lanes[queue];
      const active = await lane.queue.getRanges(['active'], 0, -1);
      await lane.worker.close(true);
      // What it held are objects of a worker that is closed.
      lane.held.clear();
      lane.worker = openWorker(queue, factory, connection, limits);
      lane.worker.on('error', (error) => lane.emitted.push(error.message));
      await lane.worker.waitUntilReady();
      const found: string[] = [];
      // BullMQ on Redis takes two looks: the first marks what is active.
      for (let look = 0; look < 2; look++) {
        await endLocks?.(queue, active);
        found.push(...(await lane.worker.getBackend().moveStalledJobsToWait()));
      }
      return found;
    },
    close: async () => {
      await Promise.all(all.map(({ worker }) => worker.close(true)));
      await Promise.all(all.map(({ queue }) => queue.close()));
      await flows.close();
    },
  };
}

function openWorker(
  name: QueueName,
  factory: BackendFactory,
  connection: object,
  { limiter, keep }: WorkerLimits,
): AnyWorker {
  return new Worker(
    name,
    null,
    {
      connection,
      autorun: false,
      name: `${name}-worker`,
      lockDuration: FOREVER,
      metrics: { maxDataPoints: 5 },
      ...(limiter === undefined ? {} : { limiter }),
      ...(keep === undefined
        ? {}
        : { removeOnComplete: { count: keep }, removeOnFail: { count: keep } }),
    },
    factory,
  );
}

function openLane(
  name: QueueName,
  factory: BackendFactory,
  connection: object,
  limits: WorkerLimits,
): Lane {
  const queue: AnyQueue = new Queue(name, { connection }, factory);
  const worker = openWorker(name, factory, connection, limits);
  const emitted: string[] = [];
  const note = (error: Error): number => emitted.push(error.message);
  queue.on('error', note);
  worker.on('error', note);
  return {
    queue,
    worker,
    backend: queue.getBackend(),
    held: new Map(),
    emitted,
    eventId: '0-0',
  };
}

/** The job as the store has it, else the last that was seen of it. Of the worker, whose options hold when it ends. */
export async function jobOf({ worker, held }: Lane, id: string): Promise<Job | undefined> {
  const job = (await Job.fromId(worker, id)) ?? held.get(id);
  if (job !== undefined && !held.has(id)) held.set(id, job);
  return job;
}
