// Two queues, their workers (which do nothing by themselves) and a flow producer on one embedded store.
import type { BackendFactory, Job, JobsOptions } from 'bullmq';
import { onTestFinished } from 'vitest';
import { embeddedBackend } from '../../../../src/embedded/index.ts';
import { openSide } from '../../../differential/support/side.ts';
import type { Lane, Side } from '../../../differential/support/side.ts';

export interface Farm extends Side {
  /** What the store counts. */
  stats(): { readonly jobs: number; readonly bytes: number };
  /** Takes the next job of a queue, which must be there. */
  take(lane: Lane): Promise<Job>;
  /** Takes the next job and completes it. */
  complete(lane: Lane, value?: unknown): Promise<Job>;
  /** Takes the next job and fails it for good. */
  fail(lane: Lane, reason?: string): Promise<Job>;
}

/** Closed when the test ends. */
export async function openFarm(): Promise<Farm> {
  const factory = embeddedBackend();
  const side = await openSide('embedded', factory as BackendFactory, {}, { limiter: undefined });
  onTestFinished(() => side.close());
  const take = async ({ worker }: Lane): Promise<Job> => {
    const job = await worker.getNextJob('token', { block: false });
    if (job === undefined) throw new Error('expected a job to be there');
    return job as Job;
  };
  return {
    ...side,
    stats: () => factory.stats(),
    take,
    async complete(lane, value = null) {
      const job = await take(lane);
      await job.moveToCompleted(value, 'token', false);
      return job;
    },
    async fail(lane, reason = 'no luck') {
      const job = await take(lane);
      await job.moveToFailed(new Error(reason), 'token', false);
      return job;
    },
  };
}

/** A child for a flow, in queue beta. */
export function child(
  jobId: string,
  opts: JobsOptions = {},
): { name: string; queueName: string; opts: JobsOptions } {
  return { name: 'child', queueName: 'beta', opts: { jobId, ...opts } };
}

/** The names of the events of a queue, with the job they tell of. */
export async function eventsOf({ backend }: Lane): Promise<string[]> {
  const streams = await backend.readEvents('0-0', 1);
  const entries = (streams?.[0]?.[1] ?? []) as unknown as [string, string[]][];
  return entries.map(([, fields]) => {
    const at = fields.indexOf('jobId');
    return at === -1 ? String(fields[1]) : `${String(fields[1])} ${String(fields[at + 1])}`;
  });
}
