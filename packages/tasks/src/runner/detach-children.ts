// Lets go of the children that a parent does not wait for: BullMQ refuses the end of a job with children that have not ended.
// Invariant: the children themselves run on; they only have no parent any more.
import type { Job, Queue } from 'bullmq';

const PAGE = 100;

/** Detaches the children of a job that have not ended.
 * @param options.onError  hears of a child that could not be detached: it may have ended, or be gone, in the meantime */
export async function detachChildren(
  job: Job,
  {
    queueOf,
    onError,
  }: {
    readonly queueOf: (name: string) => Queue | Promise<Queue>;
    readonly onError: (error: unknown) => void;
  },
): Promise<void> {
  const own = await queueOf(job.queueName);
  const parent = own.getBackend().toKey(job.id!);
  for (const key of await unprocessedOf(job)) {
    const { id, queueName } = own.getBackend().parseNodeKey(key);
    try {
      const queue = await queueOf(queueName);
      await queue.getBackend().removeChildDependency(id, parent);
    } catch (error) {
      onError(error);
    }
  }
}

// All pages first: a cursor is no place to go on from in a set that shrinks.
async function unprocessedOf(job: Job): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  let cursor = 0;
  do {
    const page = await job.getDependencies({ unprocessed: { cursor, count: PAGE } });
    for (const key of page.unprocessed ?? []) keys.add(key);
    cursor = Number(page.nextUnprocessedCursor ?? 0);
  } while (cursor !== 0);
  return keys;
}
