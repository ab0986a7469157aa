// Everything that can be seen of a side, as JSON to be compared.
// Left out, because Redis itself leaves it open: the order of what finished, or began to wait for children, in the same
// millisecond (there by id), the order of sets and hashes, and how much of a real-time window is left.
import type { JobJson, JobType } from 'bullmq';
import { QUEUE_NAMES } from './operation.ts';
import type { QueueName } from './operation.ts';
import type { Lane, Side } from './side.ts';

/** In the order in which a worker would come to them. */
export const STATES = [
  'wait',
  'prioritized',
  'delayed',
  'active',
  'waiting-children',
  'completed',
  'failed',
] as const satisfies readonly JobType[];
export type State = (typeof STATES)[number];

export interface LaneView {
  readonly ids: Readonly<Record<State, readonly string[]>>;
  /** Everything else, by name. */
  readonly rest: Readonly<Record<string, unknown>>;
}

export type View = Readonly<Record<QueueName, LaneView>>;

/** @param known  ids of jobs that may be there no longer, and deduplication and scheduler ids to ask for */
export async function observe(
  side: Side,
  known: Readonly<Record<QueueName, ReadonlySet<string>>>,
  deduplicationIds: readonly string[],
  schedulerIds: readonly string[],
): Promise<View> {
  const views = await Promise.all(
    QUEUE_NAMES.map((name) =>
      observeLane(side.lanes[name], known[name], deduplicationIds, schedulerIds),
    ),
  );
  return Object.fromEntries(QUEUE_NAMES.map((name, at) => [name, views[at]])) as unknown as View;
}

async function observeLane(
  lane: Lane,
  known: ReadonlySet<string>,
  deduplicationIds: readonly string[],
  schedulerIds: readonly string[],
): Promise<LaneView> {
  const { queue, backend } = lane;
  const [ascending, descending, counts, priorities, meta, paused, maxed, limited, done, failed] =
    await Promise.all([
      Promise.all(STATES.map((state) => queue.getRanges([state], 0, -1, true))),
      Promise.all(STATES.map((state) => queue.getRanges([state], 0, -1, false))),
      queue.getJobCounts(),
      queue.getCountsPerPriority([0, 1, 2, 5]),
      backend.getQueueMeta(),
      queue.isPaused(),
      queue.isMaxed(),
      queue.getRateLimitTtl(),
      queue.getMetrics('completed'),
      queue.getMetrics('failed'),
    ]);
  const ids = [...new Set([...known, ...ascending.flat()])].sort();
  const [jobs, logs, states, trees, holders, schedulers, scheduler, events] = await Promise.all([
    Promise.all(ids.map((id) => backend.getJobData(id))),
    Promise.all(ids.map((id) => queue.getJobLogs(id))),
    Promise.all(ids.map((id) => queue.getJobState(id))),
    Promise.all(ids.map((id) => dependencies(lane, id))),
    Promise.all(deduplicationIds.map((id) => queue.getDeduplicationJobId(id))),
    queue.getJobSchedulers(0, -1, true),
    Promise.all(schedulerIds.map((id) => queue.getJobScheduler(id))),
    newEvents(lane),
  ]);
  const byId = new Map(ids.map((id, at) => [id, jobs[at]]));
  const settle = (state: State, list: readonly string[] | undefined): string[] =>
    withoutTies(state, list ?? [], byId);
  const emitted = lane.emitted.splice(0);
  return {
    ids: Object.fromEntries(
      STATES.map((state, at) => [state, settle(state, ascending[at])]),
    ) as Record<State, string[]>,
    rest: {
      reversed: STATES.map((state, at) => settle(state, descending[at])),
      counts,
      priorities,
      // Redis writes it down with the next job after an obliteration.
      meta: sorted({ 'opts.maxLenEvents': '10000', ...meta }),
      paused,
      maxed,
      limited: limited > 0 ? 'limited' : limited,
      metrics: [done, failed],
      jobs: Object.fromEntries(ids.map((id, at) => [id, jobView(jobs[at])])),
      logs: Object.fromEntries(ids.map((id, at) => [id, logs[at]])),
      states: Object.fromEntries(ids.map((id, at) => [id, states[at]])),
      dependencies: Object.fromEntries(ids.map((id, at) => [id, trees[at]])),
      deduplication: Object.fromEntries(
        deduplicationIds.map((id, at) => [id, holders[at] ?? null]),
      ),
      schedulers: schedulers.map((entry) => sorted(entry as object)),
      scheduler: scheduler.map((entry) => (entry === undefined ? null : sorted(entry as object))),
      events,
      emitted,
    },
  };
}

async function dependencies({ backend }: Lane, id: string): Promise<unknown> {
  const [{ processed, unprocessed, failed, ignored }, counts, values, failures] = await Promise.all(
    [
      backend.getDependencies(id, {}),
      backend.getDependencyCounts(id, ['processed', 'unprocessed', 'ignored', 'failed']),
      backend.getProcessedChildrenValues(id),
      backend.getIgnoredChildrenFailures(id),
    ],
  );
  return {
    processed: sorted(processed ?? {}),
    unprocessed: [...(unprocessed ?? [])].sort(),
    failed: [...(failed ?? [])].sort(),
    ignored: sorted(ignored ?? {}),
    counts,
    values: sorted(values),
    failures: sorted(failures),
  };
}

async function newEvents(lane: Lane): Promise<unknown[]> {
  // A mark, so that there is something to read: Redis would wait for its next tick otherwise.
  await lane.backend.publishEvent({ event: 'mark' }, 10_000);
  const streams = await lane.backend.readEvents(lane.eventId, 1);
  const entries = (streams?.[0]?.[1] ?? []) as unknown as [string, string[]][];
  lane.eventId = entries.at(-1)?.[0] ?? lane.eventId;
  return withoutChildOrder(entries.slice(0, -1).map(([, fields]) => fields));
}

// Children are removed in the order of a set, and somewhere between them their parent goes on: so these go by text here, where they
// follow each other.
function withoutChildOrder(events: readonly string[][]): string[][] {
  const groups: string[][][] = [];
  for (const fields of events) {
    const last = groups.at(-1);
    if (last?.[0] !== undefined && isOfRemoval(fields) && isOfRemoval(last[0])) last.push(fields);
    else groups.push([fields]);
  }
  return groups.flatMap((group) => group.sort((a, b) => (a.join() < b.join() ? -1 : 1)));
}

function isOfRemoval(fields: readonly string[]): boolean {
  return fields[1] === 'removed' || (fields[1] === 'waiting' && fields[5] === 'waiting-children');
}

// Redis does not store the id with the job; its classes take it from what they asked for.
function jobView(job: JobJson | undefined): unknown {
  if (job === undefined) return null;
  return sorted(JSON.parse(JSON.stringify({ ...job, id: undefined })) as object);
}

const TIMED: Partial<Record<State, 'finishedOn' | 'timestamp'>> = {
  completed: 'finishedOn',
  failed: 'finishedOn',
  'waiting-children': 'timestamp',
};

function withoutTies(
  state: State,
  ids: readonly string[],
  jobs: ReadonlyMap<string, JobJson | undefined>,
): string[] {
  const field = TIMED[state];
  if (field === undefined) return [...ids];
  const groups: { time: number | undefined; ids: string[] }[] = [];
  for (const id of ids) {
    const time = jobs.get(id)?.[field];
    const last = groups.at(-1);
    if (last !== undefined && last.time === time) last.ids.push(id);
    else groups.push({ time, ids: [id] });
  }
  return groups.flatMap((group) => group.ids.sort());
}

function sorted(value: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => [
        key,
        typeof field === 'object' && field !== null && !Array.isArray(field)
          ? sorted(field as object)
          : field,
      ]),
  );
}
