// The children of a job, and what became of them: all, or pages of the kinds that were asked for.
// A cursor is the place to go on from, 0 at the end. Pages hold `count` at most: Redis may give more, and of failed ones counts from
// the beginning, so that BullMQ on Redis shows the second page empty.
import type { DependenciesOpts, IQueueBackend } from 'bullmq';
import type { Dependencies } from '../engine/job.ts';
import type { QueueState } from '../engine/queue.ts';

/** What BullMQ's Job.getDependencies gives: keys, with values parsed and reasons as they are. */
export type DependencyPage = Awaited<ReturnType<IQueueBackend['getDependencies']>>;

interface PageOptions {
  readonly cursor?: number;
  readonly count?: number;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly next: number;
}

const DEFAULT_COUNT = 20;

/** @param options  the kinds wanted; none: all of each */
export function getDependencies(
  queue: QueueState,
  jobId: string,
  options: DependenciesOpts = {},
): DependencyPage {
  const dependencies = queue.jobs.get(jobId)?.rare?.dependencies;
  const { processed, unprocessed, ignored, failed } = options;
  const wantsAll = !processed && !unprocessed && !ignored && !failed;
  if (wantsAll) return everything(dependencies);
  const page: DependencyPage = {};
  if (processed) {
    const { items, next } = pageOf(dependencies?.processed ?? [], processed);
    page.processed = parsed(items);
    page.nextProcessedCursor = next;
  }
  if (unprocessed) {
    const { items, next } = pageOf(dependencies?.pending ?? [], unprocessed);
    page.unprocessed = [...items];
    page.nextUnprocessedCursor = next;
  }
  if (ignored) {
    const { items, next } = pageOf(dependencies?.ignored ?? [], ignored);
    page.ignored = Object.fromEntries(items);
    page.nextIgnoredCursor = next;
  }
  if (failed) {
    const { cursor = 0, count = DEFAULT_COUNT } = failed;
    page.failed = [...pageOf(dependencies?.failed ?? [], failed).items];
    page.nextFailedCursor = cursor + count;
  }
  return page;
}

function everything(dependencies: Dependencies | undefined): DependencyPage {
  return {
    processed: parsed(dependencies?.processed ?? []),
    unprocessed: [...(dependencies?.pending ?? [])],
    failed: [...(dependencies?.failed ?? [])],
    ignored: Object.fromEntries(dependencies?.ignored ?? []),
  };
}

function pageOf<T>(
  items: Iterable<T>,
  { cursor = 0, count = DEFAULT_COUNT }: PageOptions,
): Page<T> {
  const page: T[] = [];
  let at = 0;
  for (const item of items) {
    if (page.length === count) return { items: page, next: at };
    if (at++ >= cursor) page.push(item);
  }
  return { items: page, next: 0 };
}

function parsed(entries: Iterable<readonly [string, string]>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [key, value] of entries) values[key] = JSON.parse(value);
  return values;
}
