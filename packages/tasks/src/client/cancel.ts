// cancel(): takes a job out of its queue, or asks whoever runs it to stop.
// Invariant: a job that runs is never removed: its slot and its lock are its own until its handler has settled. The event goes
// out before the removal, so that those who wait for the result hear why it is gone.
import type { Job, Queue } from 'bullmq';
import type { CancelOutcome } from '../define/context.ts';
import { CANCEL_EVENT, MAX_EVENTS } from '../define/stored.ts';
import { errors } from '../errors.ts';
import { ask } from './context.ts';
import type { ClientContext } from './context.ts';
import { findJob } from './find-job.ts';

/** How often a job may go on to another state while it is being cancelled. */
const MAX_TRIES = 8;
const MAX_REASON = 200;

/** Cancels a job. @see Tasks.cancel */
export async function cancelJob(
  client: ClientContext,
  id: string,
  reason = 'cancelled',
  queue?: string,
): Promise<CancelOutcome> {
  const found = await findJob(client, id, queue);
  if (found === undefined) return 'unknown';
  const links = await client.links.queue(found.queue);
  const cut = String(reason).slice(0, MAX_REASON);
  return ask(client, found.queue, () => cancelIn(client, links, found.job, id, cut));
}

async function cancelIn(
  client: ClientContext,
  queue: Queue,
  job: Job,
  id: string,
  reason: string,
): Promise<CancelOutcome> {
  let isTold = false;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const state = await queue.getJobState(id);
    // Whoever took it meanwhile may have failed it for that.
    if (state === 'failed' && isTold) return done(client, queue, job, id, 'requested');
    if (state === 'completed' || state === 'failed') return 'finished';
    if (state === 'unknown') return 'unknown';
    if (!isTold) await tell(client, queue, id, reason);
    isTold = true;
    if (state === 'active') return done(client, queue, job, id, 'requested');
    if (state === 'waiting-children') await cancelChildren(client, job, reason);
    if ((await remove(queue, job, id)) === 1) return done(client, queue, job, id, 'removed');
  }
  // It moves faster than we look: whoever runs it has the event.
  return done(client, queue, job, id, 'requested');
}

async function tell(
  client: ClientContext,
  queue: Queue,
  jobId: string,
  reason: string,
): Promise<void> {
  client.cancelHere(queue.name, jobId, reason);
  await queue.getBackend().publishEvent({ event: CANCEL_EVENT, jobId, reason }, MAX_EVENTS);
}

function done(
  client: ClientContext,
  queue: Queue,
  job: Job,
  id: string,
  how: 'removed' | 'requested',
): CancelOutcome {
  client.events.emit('cancelled', { task: job.name, queue: queue.name, id, how });
  return how;
}

async function remove(queue: Queue, job: Job, id: string): Promise<number> {
  if (job.repeatJobKey !== undefined) {
    throw new errors.UNSUPPORTED(
      `cancelling the next run of schedule ${job.repeatJobKey} by itself`,
      'its queue: use unschedule()',
    );
  }
  return queue.remove(id, { removeChildren: false });
}

// Children that have not ended: those of other applications' queues, which no task of ours has, are theirs.
async function cancelChildren(client: ClientContext, job: Job, reason: string): Promise<void> {
  const { unprocessed = [] } = await job.getDependencies({ unprocessed: { count: 1_000 } });
  for (const key of unprocessed) {
    const { queue, id } = splitKey(key);
    if (client.registry.queues.some(({ name }) => name === queue)) {
      await cancelJob(client, id, reason, queue);
    }
  }
}

/** Queue and id of a node key, `<prefix>:<queue>:<id>`; neither queues nor our ids hold a colon. */
function splitKey(key: string): { readonly queue: string; readonly id: string } {
  const parts = key.split(':');
  return { id: parts.at(-1) ?? '', queue: parts.at(-2) ?? '' };
}
