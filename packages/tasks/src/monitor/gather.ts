// Makes one picture of tasks: what this process measured, what the backend counts, what the runner and the store say.
// Invariant: it never rejects and never hangs: what does not answer in time is left undefined.
import type { Monitor } from './monitor.ts';
import type {
  JobCounts,
  QueueReader,
  QueueStats,
  ReadyJob,
  StatsSources,
  TasksStats,
  TaskStats,
} from './types.ts';

/** Names of the classes by their number in the store. */
const CLASSES: ReadonlyMap<number, string> = new Map([
  [0, 'none'],
  [1, 'critical'],
  [5, 'high'],
  [10, 'normal'],
  [20, 'low'],
]);
/** Different priorities that are looked at one by one. */
const MAX_PRIORITIES = 16;
/** Jobs of a queue that are counted by name at most: it takes one look at each. */
const MAX_COUNTED = 100_000;
const READY = ['waiting', 'prioritized'] as const;

/** Gathers the statistics of an application.
 * @param options.timeout  how long backends are waited for, ms; default 2000 */
export async function gatherStats(
  monitor: Monitor,
  sources: StatsSources,
  { timeout = 2000 }: { readonly timeout?: number } = {},
): Promise<TasksStats> {
  const queues = await Promise.all(
    sources.queues.map((queue) => queueStats(monitor, sources, queue, timeout)),
  );
  const byName = new Map<string, ReadonlyMap<string, JobCounts>>();
  await Promise.all(
    queues.map(async ({ queue, tasks, counts: all }) => {
      if (tasks.length < 2 || all === undefined || sumOf(all) > MAX_COUNTED) return;
      const counts = sources.countsByName?.(queue);
      if (counts === undefined) return;
      const got = await within(timeout, () => counts);
      if (got !== undefined) byName.set(queue, got);
    }),
  );
  return {
    backend: sources.backend,
    queues,
    tasks: taskStats(monitor, sources, queues, byName),
    store: sources.store,
    listenerErrors: monitor.listenerErrors,
  };
}

async function queueStats(
  monitor: Monitor,
  sources: StatsSources,
  reader: QueueReader,
  timeout: number,
): Promise<QueueStats> {
  const queue = reader.name;
  const deadReader = sources.dead(queue);
  const [counts, ready, isPaused, dead] = await Promise.all([
    within(timeout, async () => countsOf(await reader.getJobCounts())),
    within(timeout, () => readyOf(reader)),
    within(timeout, () => reader.isPaused()),
    within(timeout, async () =>
      deadReader === undefined ? 0 : countsOf(await deadReader.getJobCounts()).waiting,
    ),
  ]);
  const runner = sources.runner.find((each) => each.queue === queue);
  const meter = monitor.queue(queue);
  return {
    queue,
    tasks: sources.tasks.filter((task) => task.queue === queue).map(({ name }) => name),
    counts,
    waitingByPriority: ready?.byPriority ?? {},
    oldestWaitingMs: ready === undefined ? 0 : ready.oldestMs,
    dead,
    isPaused,
    running: runner?.running ?? meter.running,
    abandoned: runner?.abandoned ?? 0,
    concurrency: runner?.concurrency,
    ...meter.snapshot(performance.now()),
  };
}

function taskStats(
  monitor: Monitor,
  { tasks }: StatsSources,
  queues: readonly QueueStats[],
  byName: ReadonlyMap<string, ReadonlyMap<string, JobCounts>>,
): TaskStats[] {
  const now = performance.now();
  return tasks.map(({ name, queue }) => {
    const meter = monitor.task(name, queue);
    const whole = queues.find((each) => each.queue === queue);
    // Where the task is alone in its queue, the queue's counts are its own.
    const alone = whole?.tasks.length === 1 ? whole.counts : undefined;
    const named = byName.get(queue);
    return {
      task: name,
      queue,
      running: meter.running,
      counts: named === undefined ? alone : (named.get(name) ?? NO_JOBS),
      ...meter.snapshot(now),
    };
  });
}

/** Walks the waiting jobs from priority to priority: the first of each is the one that waits longest in it. */
async function readyOf(
  reader: QueueReader,
): Promise<{ byPriority: Record<string, number>; oldestMs: number }> {
  const byPriority: Record<string, number> = {};
  const counts = await reader.getJobCounts();
  const total = readyCount(counts);
  // Jobs without a priority stand in a list of their own, before all others.
  const unranked = counts['waiting'] ?? 0;
  let oldest = Infinity;
  let seen = 0;
  for (let i = 0; i < MAX_PRIORITIES && seen < total; i += 1) {
    const job = await firstAt(reader, seen, unranked);
    if (job === undefined) break;
    oldest = Math.min(oldest, job.timestamp + (job.opts.delay ?? 0));
    const counted = await reader.getCountsPerPriority([job.priority]);
    const count = counted[String(job.priority)] ?? 0;
    if (count === 0) break;
    byPriority[CLASSES.get(job.priority) ?? String(job.priority)] = count;
    seen += count;
  }
  if (seen < total) byPriority['other'] = total - seen;
  return { byPriority, oldestMs: oldest === Infinity ? 0 : Math.max(0, Date.now() - oldest) };
}

async function firstAt(
  reader: QueueReader,
  index: number,
  unranked: number,
): Promise<ReadyJob | undefined> {
  const isRanked = index >= unranked;
  const at = isRanked ? index - unranked : index;
  const [job] = await reader.getJobs([isRanked ? 'prioritized' : 'waiting'], at, at, true);
  return job;
}

function readyCount(counts: Readonly<Record<string, number>>): number {
  return READY.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
}

function sumOf(counts: JobCounts): number {
  return Object.values(counts).reduce((sum: number, count: number) => sum + count, 0);
}

function countsOf(counts: Readonly<Record<string, number>>): JobCounts {
  return {
    // BullMQ 5 has a state for the waiting jobs of a paused queue; 6 has not.
    waiting: readyCount(counts) + (counts['paused'] ?? 0),
    delayed: counts['delayed'] ?? 0,
    active: counts['active'] ?? 0,
    waitingChildren: counts['waiting-children'] ?? 0,
    completed: counts['completed'] ?? 0,
    failed: counts['failed'] ?? 0,
  };
}

const NO_JOBS: JobCounts = Object.freeze({
  waiting: 0,
  delayed: 0,
  active: 0,
  waitingChildren: 0,
  completed: 0,
  failed: 0,
});

/** What a backend answers within its time; undefined when it does not, or fails: statistics are no place to fail in. */
async function within<T>(ms: number, ask: () => Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined).unref();
  });
  try {
    return await Promise.race([ask(), late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
