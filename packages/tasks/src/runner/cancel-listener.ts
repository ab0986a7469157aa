// Hears of cancels that came to another process, and of the ends of jobs. Whoever runs the job aborts it; the others keep it in mind
// until it has ended, for any of them may run its next attempt.
import type { QueueEvents, QueueEventsListener } from 'bullmq';
import { CANCEL_EVENT } from '../define/stored.ts';
import type { QueueRunner } from './queue-runner.ts';
import type { RunnerOptions } from './types.ts';
import { within } from './within.ts';

/** What QueueEvents says of a cancel. */
interface CancelListener extends QueueEventsListener {
  [CANCEL_EVENT]: (fields: { readonly jobId: string; readonly reason: string }) => void;
}

/** Listens; resolves when events that come later are heard. */
export async function openCancelListener(
  queue: QueueRunner,
  { backend, connection, prefix, logger }: RunnerOptions,
): Promise<QueueEvents> {
  const bullmq = await import('bullmq');
  const given = { connection: connection ?? {}, ...(prefix === undefined ? {} : { prefix }) };
  const events: QueueEvents = new bullmq.QueueEvents(
    queue.plan.name,
    given as never,
    backend as never,
  );
  events.on('error', (error) =>
    logger.warn({ err: error, queue: queue.plan.name }, 'listening for cancels failed'),
  );
  const onCancel: CancelListener[typeof CANCEL_EVENT] = ({ jobId, reason }) => {
    queue.cancel(jobId, reason);
  };
  events.on<CancelListener>(CANCEL_EVENT, onCancel);
  const onEnd = ({ jobId }: { readonly jobId: string }): void => queue.ended(jobId);
  events.on('completed', onEnd);
  events.on('failed', onEnd);
  events.on('removed', onEnd);
  await events.waitUntilReady();
  return events;
}

/** Ends it; after so many ms without asking the server. */
export async function closeListener(events: QueueEvents, patience: number): Promise<void> {
  const closed = events.close().catch(() => undefined);
  if (!(await within(patience, closed))) void events.getBackend().close(true);
}
