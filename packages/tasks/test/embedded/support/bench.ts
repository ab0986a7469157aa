// A queue on an embedded backend of its own, with what a test needs around it; all is closed when the test ends.
import { Queue, QueueEvents, Worker } from 'bullmq';
import { onTestFinished } from 'vitest';
import { embeddedBackend } from '../../../src/embedded/index.ts';
import type { Job, Processor, QueueOptions, WorkerOptions } from 'bullmq';

type Backend = ReturnType<typeof embeddedBackend>;

export interface Bench {
  readonly backend: Backend;
  readonly queue: Queue;
  /** Another queue on the same store. */
  another(name: string): Queue;
  /** A worker that runs jobs. */
  work(processor: Processor, options?: Partial<WorkerOptions>): Worker;
  /** A worker that takes jobs one by one, by hand. */
  hand(options?: Partial<WorkerOptions>): Hand;
  /** A reader of events from now on, or from an id on; with an id it reads once `run` is called. */
  events(lastEventId?: string): Promise<QueueEvents>;
}

export interface Hand {
  readonly worker: Worker;
  /** The next job, active. */
  take(): Promise<Job>;
  /** Takes the next job and completes it. */
  complete(returnValue?: unknown): Promise<Job>;
  /** Takes the next job and lets it fail. */
  fail(message?: string): Promise<Job>;
}

const TOKEN = 'token';

export function bench(options: Partial<QueueOptions> = {}): Bench {
  const backend = embeddedBackend();
  const connection = {};
  const open = <T extends { close(): Promise<unknown> }>(one: T): T => {
    onTestFinished(async () => {
      await one.close();
    });
    return one;
  };
  const another = (name: string) =>
    open(new Queue(name, { ...options, connection }, backend) as unknown as Queue);
  return {
    backend,
    queue: another('bench'),
    another,
    work: (processor, more = {}) =>
      open(new Worker('bench', processor, { ...more, connection }, backend) as unknown as Worker),
    hand(more = {}) {
      const worker = open(
        new Worker('bench', undefined, { ...more, connection }, backend) as unknown as Worker,
      );
      return handOf(worker);
    },
    async events(lastEventId) {
      const reader = open(
        new QueueEvents(
          'bench',
          lastEventId === undefined ? { connection } : { connection, lastEventId, autorun: false },
          backend,
        ) as unknown as QueueEvents,
      );
      await reader.waitUntilReady();
      // The first read, which decides from when on it hears.
      await new Promise(setImmediate);
      return reader;
    },
  };
}

function handOf(worker: Worker): Hand {
  const take = async (): Promise<Job> => {
    const job = await worker.getNextJob(TOKEN);
    if (job === undefined) throw new Error('expected a job to be there');
    return job;
  };
  return {
    worker,
    take,
    async complete(returnValue = 'done') {
      const job = await take();
      await job.moveToCompleted(returnValue, TOKEN, false);
      return job;
    },
    async fail(message = 'broken') {
      const job = await take();
      await job.moveToFailed(new Error(message), TOKEN, false);
      return job;
    },
  };
}
