// BullMQ's Worker, loaded when it is needed, with one thing changed: a job that stalled too often is handed to the processor.
// Invariant: the processor sees every job that ends, so that none is failed without its dead letter.
import type { BackendFactory, Job, JobJson, Processor, Worker, WorkerOptions } from 'bullmq';

/** A worker that says why a job must not run. */
export interface TaskWorker extends Worker {
  /** Why BullMQ would fail the job without asking; undefined of most. */
  refusalOf(job: Job): string | undefined;
  /** Ends its timers and its connections without asking the server: for one that does not answer. */
  cutOff(): void;
}

/** Makes workers. */
export type MakeWorker = (
  queue: string,
  process: Processor,
  options: WorkerOptions,
  backend: BackendFactory,
) => TaskWorker;

/** Loads BullMQ. */
export async function loadWorker(): Promise<MakeWorker> {
  const bullmq = await import('bullmq');
  class RefusingWorker extends bullmq.Worker {
    readonly #refusals = new WeakMap<Job, string>();

    refusalOf(job: Job): string | undefined {
      return this.#refusals.get(job);
    }

    // Not disconnect(): it waits for the end of a connection, of which a client that is connecting again says nothing.
    cutOff(): void {
      const { stalledCheckStopper } = this as unknown as { stalledCheckStopper?: () => void };
      stalledCheckStopper?.();
      this.lockManager.close().catch(ignore);
      this.backend.close(true).catch(ignore);
    }

    // BullMQ fails a job with this field before it asks the processor.
    protected override createJob(data: JobJson, id: string): Job {
      const job = super.createJob(data, id);
      if (job.deferredFailure) {
        this.#refusals.set(job, job.deferredFailure);
        job.deferredFailure = '';
      }
      return job;
    }
  }
  return (queue, process, options, backend) =>
    // The types of BullMQ's classes know its own backends best.
    new RefusingWorker(queue, process, options, backend as never) as unknown as TaskWorker;
}

// It ends what has failed already.
function ignore(): void {}
