// Where a job is, by its id.
import type { Job } from 'bullmq';
import type { JobState } from '../define/context.ts';
import { ask } from './context.ts';
import type { ClientContext } from './context.ts';

/** Which job. */
export interface JobReference {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
}

const STATES: Readonly<Record<string, JobState>> = {
  waiting: 'waiting',
  prioritized: 'waiting',
  paused: 'waiting',
  delayed: 'delayed',
  active: 'active',
  'waiting-children': 'waiting-children',
  completed: 'completed',
  failed: 'failed',
};

/** Where a job is. */
export async function stateOf(client: ClientContext, queue: string, id: string): Promise<JobState> {
  const state = await ask(client, queue, async () =>
    (await client.links.queue(queue)).getJobState(id),
  );
  return STATES[state] ?? 'unknown';
}

/** A job by its id: of one queue, or the first that has it. */
export async function findJob(
  client: ClientContext,
  id: string,
  queue: string | undefined,
): Promise<{ readonly job: Job; readonly queue: string } | undefined> {
  const names = queue === undefined ? client.registry.queues.map(({ name }) => name) : [queue];
  const found = await Promise.all(
    names.map(async (name) => {
      const job = await ask(client, name, async () => (await client.links.queue(name)).getJob(id));
      return job === undefined ? undefined : { job, queue: name };
    }),
  );
  return found.find((each) => each !== undefined);
}
