// Pages of the children of a job, which are all that BullMQ pages through: those that are done, and those that are not.
// Invariant: pages of an unchanged job neither overlap nor leave anything out; the order is that in which children were added or done.
import type { JobJson } from 'bullmq';
import { findByKey } from '../commands/_find-by-key.ts';
import { toJobJson } from '../engine/job-json.ts';
import type { Dependencies } from '../engine/job.ts';
import type { QueueState } from '../engine/queue.ts';
import type { StoreState } from '../engine/store-state.ts';
import { listRange } from './_list-range.ts';

/** A child, with what it returned where it is done. */
export interface PageItem {
  id: string;
  v?: unknown;
  /** Why its value could not be read. */
  err?: string;
}

export interface Page {
  /** Always `0`: a page is whole. */
  cursor: string;
  items: PageItem[];
  total: number;
  jobs: JobJson[];
}

/** @param key  `<prefix>:<queue>:<id>:processed`, `:failed` (the ignored ones) or `:dependencies` (the pending ones)
 *  @param options.start  of the first, 0-based
 *  @param options.end  of the last, -1 for all
 *  @param options.fetchJobs  also the jobs of the page, those that still exist
 *  @throws Error when the key names something that has no pages */
export function paginate(
  store: StoreState,
  queue: QueueState,
  key: string,
  options: { start: number; end: number; fetchJobs?: boolean },
): Page {
  const at = key.lastIndexOf(':');
  const jobId = key.slice(queue.key.length + 1, at);
  const dependencies = queue.jobs.get(jobId)?.rare?.dependencies;
  const all = entriesOf(dependencies, key.slice(at + 1));
  const page = listRange(all, options.start, options.end);
  return {
    cursor: '0',
    items: page.map(itemOf),
    total: all.length,
    jobs: options.fetchJobs === true ? jobsOf(store, page) : [],
  };
}

type Entry = readonly [key: string, json?: string];

function entriesOf(dependencies: Dependencies | undefined, kind: string): Entry[] {
  switch (kind) {
    case 'processed':
      return [...(dependencies?.processed ?? [])];
    case 'failed':
      return [...(dependencies?.ignored ?? [])];
    case 'dependencies':
      return [...(dependencies?.pending ?? [])].map((key): Entry => [key]);
    default:
      throw new Error('Pagination is only supported for sets and hashes.');
  }
}

function itemOf([id, json]: Entry): PageItem {
  if (json === undefined) return { id };
  try {
    return { id, v: JSON.parse(json) as unknown };
  } catch (error) {
    return { id, err: (error as Error).message };
  }
}

function jobsOf(store: StoreState, page: readonly Entry[]): JobJson[] {
  return page.flatMap(([key]) => {
    const found = findByKey(store, key);
    return found === undefined ? [] : [toJobJson(found.job)];
  });
}
