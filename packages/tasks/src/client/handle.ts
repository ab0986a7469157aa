// What whoever enqueued a job, or found it by its id, holds of it.
import type { TaskHandle } from '../define/context.ts';
import { cancelJob } from './cancel.ts';
import type { ClientContext } from './context.ts';
import { findJob, stateOf } from './find-job.ts';
import type { JobReference } from './find-job.ts';

/** Makes the handle of a job. */
export function handleOf<Result>(
  client: ClientContext,
  job: JobReference,
  deduplicated: boolean,
): TaskHandle<Result> {
  return Object.freeze({
    ...job,
    deduplicated,
    state: () => stateOf(client, job.queue, job.id),
    result: (options) => client.results.wait(job, options) as Promise<Result>,
    cancel: (reason) => cancelJob(client, job.id, reason, job.queue),
  } satisfies TaskHandle<Result>);
}

/** The handle of a job by its id; undefined when there is none. */
export async function getJob(
  client: ClientContext,
  id: string,
  queue: string | undefined,
): Promise<TaskHandle | undefined> {
  const found = await findJob(client, id, queue);
  if (found === undefined) return undefined;
  return handleOf(client, { id, task: found.job.name, queue: found.queue }, false);
}
