// What a job takes, as counted for `maxBytes`.
// Invariant: the `bytes` of a store is the sum over its jobs, and what its deduplication keys take (make-queue.ts); a command that
// changes a counted field adds the difference.
// Children are counted apart (commands/_dependencies.ts), since they may be many.
// Texts count their UTF-16 units: one byte each in Latin-1, up to two beyond it.
import type { Job } from './job.ts';
import type { StoreState } from './store-state.ts';

/** The object, its place in two collections, and its numbers. */
const ALLOWANCE = 320;

export function sizeOf(job: Job): number {
  let size = ALLOWANCE + 2 * job.id.length + job.data.length;
  size += lengthOf(job.progress) + lengthOf(job.returnValue);
  size += lengthOf(job.failedReason) + lengthOf(job.stacktrace);
  const { rare } = job;
  if (rare !== undefined) {
    size += lengthOf(rare.parentKey) + lengthOf(rare.parent) + lengthOf(rare.deduplicationId);
    size += lengthOf(rare.repeatJobKey) + lengthOf(rare.deferredFailure);
    size += rare.logBytes ?? 0;
  }
  return size;
}

/** Changes counted fields of a job, and the sum with them. On a hot path, take the difference by hand. */
export function resize(store: StoreState, job: Job, change: () => void): void {
  const before = sizeOf(job);
  change();
  store.bytes += sizeOf(job) - before;
}

function lengthOf(text: string | undefined): number {
  return text === undefined ? 0 : text.length;
}
