// Schedules: runs of a task that come by themselves, kept by the backend.
// Invariant: registering a schedule that is there already, unchanged, touches nothing: what is overdue after a downtime stays due.
// BullMQ's own upsert would put its place a run of the future. Jitter, overlap and missed travel with each run, to the runner.
import { isDeepStrictEqual } from 'node:util';
import type { JobSchedulerJson, JobsOptions, Queue, RepeatOptions } from 'bullmq';
import { checkSchedule } from '../define/schedule.ts';
import type { StoredData } from '../define/stored.ts';
import type { AnyTask, ScheduleOptions, ScheduleSettings, Task } from '../define/types.ts';
import { errors } from '../errors.ts';
import { ask } from './context.ts';
import type { ClientContext } from './context.ts';
import { checkedData } from './enqueue.ts';
import { jobOptions } from './job-options.ts';

/** A schedule that the backend has. */
export interface ScheduleInfo {
  readonly key: string;
  readonly task: string;
  readonly queue: string;
  readonly cron?: string;
  /** ms. */
  readonly every?: number;
  readonly tz?: string;
  /** Epoch ms of the next run. */
  readonly next: number | undefined;
  /** Whether the code of today has it: a task that lists it, or, for those that schedule() made, the task itself. */
  readonly declared: boolean;
}

/** Registers a schedule. @see Tasks.schedule */
export async function schedule<Input, Result>(
  client: ClientContext,
  given: Task<Input, Result>,
  options: ScheduleOptions<Input>,
): Promise<ScheduleInfo> {
  const task = client.registry.require(given);
  const context = { path: 'options', error: (text: string) => new errors.OPTIONS(text) };
  const settings = checkSchedule(options, context, task.name);
  if (isOver(settings)) {
    throw new errors.OPTIONS('expected options.endDate to be in the future, it is over');
  }
  const info = await register(client, task, settings, 'call');
  if (info === undefined) {
    throw new errors.OPTIONS(
      `expected schedule ${settings.key} to have a run to come, it has none`,
    );
  }
  return info;
}

/** Registers what the tasks list, and tells of schedules that no code has any more.
 * @throws CATZ_TASKS_PAYLOAD, CATZ_TASKS_OPTIONS when the backend does not take a cron pattern */
export async function registerDeclared(client: ClientContext): Promise<void> {
  const { registry, logger } = client;
  for (const task of registry.tasks) {
    for (const settings of task.schedules) {
      if (isOver(settings)) await unscheduleIn(client, task.queue, settings.key);
      else await register(client, task, settings, 'code');
    }
  }
  for (const { key, queue, task, declared } of await schedules(client)) {
    if (declared) continue;
    // Its task has another queue now, where it was registered just now.
    if (registry.has(task) && hasSchedule(registry.get(task), key)) {
      await unscheduleIn(client, queue, key);
      continue;
    }
    logger.warn(
      { key, queue, task },
      'a schedule of the store is in no code: unschedule() removes it',
    );
  }
}

/** All schedules of the queues of the tasks. */
export async function schedules(client: ClientContext): Promise<readonly ScheduleInfo[]> {
  const lists = await Promise.all(
    client.registry.queues.map(({ name }) =>
      ask(client, name, async () => {
        const stored = await (await client.links.queue(name)).getJobSchedulers();
        return stored.map((each) => infoOf(client, name, each));
      }),
    ),
  );
  return lists.flat();
}

/** Removes a schedule, and its next run.
 * @returns whether there was one */
export async function unschedule(
  client: ClientContext,
  key: string,
  queue: string | undefined,
): Promise<boolean> {
  const names = queue === undefined ? client.registry.queues.map(({ name }) => name) : [queue];
  const removed = await Promise.all(names.map((name) => unscheduleIn(client, name, key)));
  return removed.includes(true);
}

function unscheduleIn(client: ClientContext, queue: string, key: string): Promise<boolean> {
  return ask(client, queue, async () => (await client.links.queue(queue)).removeJobScheduler(key));
}

// undefined: it has no run to come, and is in the store no more.
async function register(
  client: ClientContext,
  task: AnyTask,
  settings: ScheduleSettings,
  from: 'code' | 'call',
): Promise<ScheduleInfo | undefined> {
  const { key, overlap, missed, jitter } = settings;
  const checked = await checkedData(client, task, settings.payload);
  const data: StoredData = { ...checked, schedule: { key, from, overlap, missed, jitter } };
  const opts = jobOptions(task, task);
  return ask(client, task.queue, async () => {
    const queue = await client.links.queue(task.queue);
    const before = await queue.getJobScheduler(key);
    const timing = timingOf(settings);
    if (before === undefined || !(await isCurrent(queue, before, timing, task.name, data, opts))) {
      const template = { name: task.name, data, opts };
      // Without a next run BullMQ leaves what it had.
      if (!(await upsert(queue, settings, timing, before, template))) {
        await queue.removeJobScheduler(key);
      }
    }
    const after = await queue.getJobScheduler(key);
    return after === undefined ? undefined : infoOf(client, task.queue, after);
  });
}

type Timing = Pick<RepeatOptions, 'pattern' | 'every' | 'tz' | 'limit' | 'startDate' | 'endDate'>;

// false: there is no next run.
async function upsert(
  queue: Queue,
  { key, missed }: ScheduleSettings,
  timing: Timing,
  before: JobSchedulerJson | undefined,
  template: { readonly name: string; readonly data: StoredData; readonly opts: JobsOptions },
): Promise<boolean> {
  // The payload is another one, and a run is overdue: it comes now, with the new payload.
  const isOverdue =
    before?.next !== undefined &&
    before.next <= Date.now() &&
    missed === 'one' &&
    timing.pattern !== undefined &&
    isSameTiming(before, timing);
  const { startDate: _over, ...running } = timing;
  try {
    const next: unknown = await queue.upsertJobScheduler(
      key,
      isOverdue ? { ...running, immediately: true } : timing,
      template,
    );
    return next !== undefined;
  } catch (error) {
    if (!isCronError(error)) throw error;
    throw new errors.OPTIONS(
      `expected cron of schedule ${key} to have 5 or 6 fields that can be read, got ${String(timing.pattern)}`,
      { cause: error },
    );
  }
}

// Whether nothing is to be done: the same schedule, and its next run is there.
async function isCurrent(
  queue: Queue,
  before: JobSchedulerJson,
  timing: Timing,
  name: string,
  data: StoredData,
  opts: JobsOptions,
): Promise<boolean> {
  if (!isSameTiming(before, timing) || before.name !== name) return false;
  if (!isDeepStrictEqual(before.template?.data, data)) return false;
  const known: Readonly<Record<string, unknown>> = before.template?.opts ?? {};
  if (!Object.entries(opts).every(([option, value]) => isDeepStrictEqual(known[option], value))) {
    return false;
  }
  // A schedule whose next run was lost would never run again.
  const state = await queue.getJobState(`repeat:${before.key}:${String(before.next)}`);
  if (state !== 'unknown' && state !== 'completed' && state !== 'failed') return true;
  // But one that has had all its runs is to have no more.
  return timing.limit !== undefined && (before.iterationCount ?? 0) >= timing.limit;
}

function isSameTiming(before: JobSchedulerJson, timing: Timing): boolean {
  const { pattern, every, limit, startDate, endDate, tz } = timing;
  return (
    before.pattern === pattern &&
    before.every === every &&
    before.limit === limit &&
    before.startDate === startDate &&
    before.endDate === endDate &&
    before.tz === tz
  );
}

function timingOf({ cron, every, tz, limit, startDate, endDate }: ScheduleSettings): Timing {
  return {
    ...(cron !== undefined && { pattern: cron, tz }),
    ...(every !== undefined && { every: Math.ceil(every) }),
    ...(limit !== undefined && { limit }),
    ...(startDate !== undefined && { startDate }),
    ...(endDate !== undefined && { endDate }),
  };
}

function isOver({ endDate }: ScheduleSettings): boolean {
  return endDate !== undefined && endDate <= Date.now();
}

// cron-parser throws plain errors; BullMQ's own have a code, ours too.
function isCronError(error: unknown): boolean {
  return (
    error instanceof Error && !('code' in error) && /constraint|invalid|cron/i.test(error.message)
  );
}

function infoOf(client: ClientContext, queue: string, stored: JobSchedulerJson): ScheduleInfo {
  const { key, name, pattern, every, tz, next } = stored;
  const data = stored.template?.data as Partial<StoredData> | undefined;
  return {
    key,
    task: name,
    queue,
    ...(pattern !== undefined && { cron: pattern }),
    ...(every !== undefined && { every }),
    ...(tz !== undefined && { tz }),
    next,
    declared: isDeclared(client, name, queue, key, data?.schedule?.from),
  };
}

function isDeclared(
  { registry }: ClientContext,
  name: string,
  queue: string,
  key: string,
  from: 'code' | 'call' | undefined,
): boolean {
  if (!registry.has(name)) return false;
  const task = registry.get(name);
  // What another queue has of it nobody can run.
  return task.queue === queue && (from === 'call' || hasSchedule(task, key));
}

function hasSchedule({ schedules: own }: AnyTask, key: string): boolean {
  return own.some((each) => each.key === key);
}
