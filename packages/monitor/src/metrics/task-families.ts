// Background tasks as metrics, by the names that @catzilla/tasks has for them itself.
import type { TasksSnapshot } from '../snapshot/snapshot.ts';
import { single } from './family.ts';
import type { Family, Sample } from './family.ts';

type Queue = TasksSnapshot['queues'][number];
type Task = TasksSnapshot['tasks'][number];

const TOTALS: readonly (readonly [keyof Task, string])[] = [
  ['enqueued', 'Jobs enqueued'],
  ['completed', 'Jobs that were done'],
  ['failed', 'Jobs whose last attempt failed'],
  ['retried', 'Attempts that failed with another to follow'],
  ['dead', 'Jobs that went to the dead letters'],
];

const QUEUES: readonly (readonly [keyof Queue, string, string])[] = [
  ['waiting', 'waiting', 'Jobs that are ready to run'],
  ['delayed', 'delayed', 'Jobs that wait for their time'],
  ['active', 'active', 'Jobs that run'],
  ['failed', 'kept_failed', 'Jobs kept after they failed'],
  ['dead', 'dead', 'Dead letters kept'],
  ['paused', 'paused', '1 where nothing is started'],
];

/** @param tasks  of a snapshot; without them the families have no samples */
export function taskFamilies(tasks: TasksSnapshot | undefined): readonly Family[] {
  const { tasks: all = [], queues = [], state } = tasks ?? {};
  const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
    name: `catzilla_tasks_${name}`,
    help,
    type: 'gauge',
    samples,
  });
  return [
    ...TOTALS.map(([field, help]): Family => ({
      name: `catzilla_tasks_${field}_total`,
      help,
      type: 'counter',
      samples: all.map((each) => ({
        labels: labelsOf(each),
        value: each[field] as number,
      })),
    })),
    ...QUEUES.map(([field, name, help]) =>
      gauge(
        name,
        help,
        queues.map((each) => ({ labels: { queue: each.queue }, value: Number(each[field]) })),
      ),
    ),
    gauge(
      'waiting_by_priority',
      'Jobs that are ready to run, by priority',
      queues.flatMap(({ queue, priorities }) =>
        Object.entries(priorities).map(([priority, value]) => ({
          labels: { queue, priority },
          value,
        })),
      ),
    ),
    gauge('run_quantile_seconds', 'Time of the handler over the last minutes', quantiles(all)),
    gauge(
      'up',
      '1 while all is well',
      single(state === undefined ? undefined : Number(state === 'ok')),
    ),
  ];
}

function quantiles(tasks: readonly Task[]): readonly Sample[] {
  return tasks.flatMap((each) =>
    Object.entries({ '0.5': each.p50Ms, '0.99': each.p99Ms }).flatMap(([quantile, ms]) =>
      ms === undefined ? [] : [{ labels: { ...labelsOf(each), quantile }, value: ms / 1000 }],
    ),
  );
}

function labelsOf({ task, queue }: Task): { readonly task: string; readonly queue: string } {
  return { task, queue };
}
