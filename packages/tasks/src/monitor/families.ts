// The metrics of tasks as Prometheus knows them: families of samples, named catzilla_tasks_*, made of one picture.
// Invariant: labels are task and queue, and no other; durations are seconds. Writing them as text is prometheus.ts; handing them
// to prom-client is collect.ts.
import { secondsBounds } from './durations.ts';
import type { Durations } from './durations.ts';
import type { MeteredTask } from './monitor.ts';
import type { JobCounts, QueueStats, TasksStats, TaskTotals } from './types.ts';

export type Labels = Readonly<Record<string, string>>;

/** One line. `name` is that of its family, with a suffix where it is part of a histogram. */
export interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** All samples of one name. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Sample[];
}

const PREFIX = 'catzilla_tasks_';

const TOTALS: Readonly<Record<keyof TaskTotals, string>> = {
  enqueued: 'Jobs that this process enqueued',
  deduplicated: 'Enqueues that found their job there already',
  started: 'Attempts that began',
  completed: 'Jobs that were done',
  retried: 'Attempts that failed with another to follow',
  failed: 'Jobs whose last attempt failed',
  dead: 'Jobs that went to the dead letters',
  timeouts: 'Attempts whose time was over',
  abandoned: 'Attempts whose handler went on after its abort',
  cancelled: 'Jobs that were cancelled',
  stalled: 'Jobs whose worker was gone',
  skipped: 'Runs of schedules that were left out',
};

const COUNTS: Readonly<Record<keyof JobCounts, readonly [name: string, help: string]>> = {
  waiting: ['waiting', 'Jobs that are ready to run'],
  delayed: ['delayed', 'Jobs that wait for their time'],
  active: ['active', 'Jobs that run'],
  waitingChildren: ['waiting_children', 'Parents whose children have not ended'],
  completed: ['kept_completed', 'Jobs kept after they were done'],
  failed: ['kept_failed', 'Jobs kept after they failed'],
};

/** The families of a picture, always the same ones; those that nothing is known of have no samples. */
export function familiesOf(stats: TasksStats, tasks: readonly MeteredTask[]): readonly Family[] {
  const known = (Object.keys(TOTALS) as (keyof TaskTotals)[]).map((name) =>
    family(`${snake(name)}_total`, TOTALS[name], 'counter', tasks, ({ meter, ...of }) => [
      [labelsOf(of), meter.totals[name]],
    ]),
  );
  const { queues } = stats;
  return [
    ...known,
    histogram('wait', 'From being ready to run until a handler had it', tasks, 'wait'),
    histogram('run', 'Time of the handler', tasks, 'run'),
    ...(Object.keys(COUNTS) as (keyof JobCounts)[]).map((state) =>
      gauge(COUNTS[state][0], COUNTS[state][1], queues, ({ counts }) => counts?.[state]),
    ),
    gauge('dead', 'Dead letters kept', queues, ({ dead }) => dead),
    gauge('running', 'Attempts under way in this process', queues, ({ running }) => running),
    gauge('oldest_waiting_seconds', 'How long the oldest job has been ready', queues, (queue) =>
      queue.counts === undefined ? undefined : queue.oldestWaitingMs / 1000,
    ),
    gauge('paused', '1 where nothing is started', queues, ({ isPaused }) =>
      isPaused === undefined ? undefined : Number(isPaused),
    ),
    gauge('concurrency', 'Slots for handlers', queues, ({ concurrency }) => concurrency?.now),
    gauge('concurrency_max', 'Slots at most', queues, ({ concurrency }) => concurrency?.max),
    gauge(
      'abandoned',
      'Handlers that went on after their abort and have not settled',
      queues,
      ({ abandoned }) => abandoned,
    ),
    ...storeFamilies(stats),
  ];
}

function storeFamilies({ store }: TasksStats): Family[] {
  const one = (name: string, help: string, value: number | undefined): Family =>
    family(`store_${name}`, help, 'gauge', value === undefined ? [] : [value], (is) => [[{}, is]]);
  return [
    one('jobs', 'Jobs in the embedded store', store?.jobs),
    one('bytes', 'Bytes of payloads and keys in the embedded store', store?.bytes),
    one('log_bytes', 'Bytes of the log on disk', store?.logBytes),
    one(
      'flush_p99_seconds',
      'A flush of the log, 99th percentile',
      store?.flushP99Ms === undefined ? undefined : store.flushP99Ms / 1000,
    ),
  ];
}

function gauge(
  name: string,
  help: string,
  queues: readonly QueueStats[],
  valueOf: (queue: QueueStats) => number | undefined,
): Family {
  return family(name, help, 'gauge', queues, (stats) => {
    const value = valueOf(stats);
    return value === undefined ? [] : [[{ queue: stats.queue }, value]];
  });
}

function histogram(
  name: string,
  help: string,
  tasks: readonly MeteredTask[],
  which: 'wait' | 'run',
): Family {
  const full = `${PREFIX}${name}_seconds`;
  const samples = tasks.flatMap(({ meter, ...of }) => bars(full, labelsOf(of), meter[which]));
  return { name: full, help, type: 'histogram', samples };
}

function bars(name: string, labels: Labels, durations: Durations): Sample[] {
  const bucket = (le: string, value: number): Sample => ({
    name: `${name}_bucket`,
    labels: { ...labels, le },
    value,
  });
  return [
    ...secondsBounds.map((bound, i) => bucket(String(bound), durations.cumulative[i]!)),
    bucket('+Inf', durations.count),
    { name: `${name}_sum`, labels, value: durations.sumMs / 1000 },
    { name: `${name}_count`, labels, value: durations.count },
  ];
}

function family<T>(
  name: string,
  help: string,
  type: Family['type'],
  items: readonly T[],
  samplesOf: (item: T) => readonly (readonly [Labels, number])[],
): Family {
  const full = `${PREFIX}${name}`;
  const samples = items.flatMap((item) =>
    samplesOf(item).map(([labels, value]) => ({ name: full, labels, value })),
  );
  return { name: full, help, type, samples };
}

function labelsOf({ task, queue }: { readonly task: string; readonly queue: string }): Labels {
  return { task, queue };
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
