// The tasks of an application by name, and the queues that they share.
// Invariant: names are unique, and what tasks of one queue ask of it does not contradict: a queue has one set of workers.
import { availableParallelism } from 'node:os';
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';
import { isTask } from './define-task.ts';
import type { AnyTask, ConcurrencyRange, RateLimit } from './types.ts';

/** What the workers of a queue are to be. */
export interface QueuePlan {
  readonly name: string;
  readonly tasks: readonly AnyTask[];
  readonly concurrency: ConcurrencyRange;
  readonly rateLimit: RateLimit | undefined;
  /** Whether its tasks run in threads: all of them, or none. */
  readonly inThreads: boolean;
}

/** The tasks of an application. */
export interface TaskRegistry {
  readonly tasks: readonly AnyTask[];
  readonly queues: readonly QueuePlan[];
  /** @throws CATZ_TASKS_UNKNOWN_TASK */
  get(name: string): AnyTask;
  has(name: string): boolean;
  /** The name of a task that is registered, and is this one: not another one of the same name.
   * @throws CATZ_TASKS_UNKNOWN_TASK, CATZ_TASKS_OPTIONS when it is no task */
  require(task: unknown): AnyTask;
}

/** Puts tasks together.
 * @throws CATZ_TASKS_OPTIONS, CATZ_TASKS_DUPLICATE_TASK */
export function registryOf(given: unknown): TaskRegistry {
  if (!Array.isArray(given)) {
    throw new errors.OPTIONS(`expected options.tasks to be an array, got ${show(given)}`);
  }
  const byName = new Map<string, AnyTask>();
  for (const task of given as readonly unknown[]) {
    if (!isTask(task)) {
      throw new errors.OPTIONS(
        `expected options.tasks to hold what defineTask() returned, got ${show(task)}`,
      );
    }
    if (byName.has(task.name)) throw new errors.DUPLICATE_TASK(task.name);
    byName.set(task.name, task);
  }
  const tasks = Object.freeze([...byName.values()]);
  const get = (name: string): AnyTask => {
    const task = byName.get(name);
    if (task === undefined) throw new errors.UNKNOWN_TASK(name.slice(0, 128));
    return task;
  };
  return Object.freeze({
    tasks,
    queues: Object.freeze(plansOf(tasks)),
    get,
    has: (name: string) => byName.has(name),
    require(task: unknown) {
      if (!isTask(task)) {
        throw new errors.OPTIONS(`expected task to be of defineTask(), got ${show(task)}`);
      }
      if (get(task.name) !== task) throw new errors.UNKNOWN_TASK(`this ${task.name}`);
      return task;
    },
  });
}

function plansOf(tasks: readonly AnyTask[]): QueuePlan[] {
  const byQueue = new Map<string, AnyTask[]>();
  for (const task of tasks) {
    const list = byQueue.get(task.queue);
    if (list === undefined) byQueue.set(task.queue, [task]);
    else list.push(task);
  }
  return [...byQueue].map(([name, own]) => planOf(name, own));
}

function planOf(name: string, tasks: readonly AnyTask[]): QueuePlan {
  const inThreads = tasks[0]!.file !== undefined;
  if (tasks.some(({ file }) => (file !== undefined) !== inThreads)) {
    throw new errors.OPTIONS(
      `expected queue ${name} to have tasks with file or tasks with handler, not both`,
    );
  }
  const keys = tasks.flatMap(({ schedules }) => schedules.map(({ key }) => key));
  const twice = keys.find((key, at) => keys.indexOf(key) < at);
  if (twice !== undefined) {
    throw new errors.OPTIONS(
      `expected schedules of queue ${name} to have a key of their own each, got ${twice} twice`,
    );
  }
  const concurrency = agreed(name, 'concurrency', tasks);
  return Object.freeze({
    name,
    tasks: Object.freeze(tasks),
    concurrency: concurrency ?? defaultConcurrency(inThreads),
    rateLimit: agreed(name, 'rateLimit', tasks),
    inThreads,
  });
}

// Those that leave it out take what another says.
function agreed<K extends 'concurrency' | 'rateLimit'>(
  queue: string,
  option: K,
  tasks: readonly AnyTask[],
): AnyTask[K] {
  const given = tasks.filter((task) => task[option] !== undefined);
  const [first] = given;
  const other = given.find(
    (task) => JSON.stringify(task[option]) !== JSON.stringify(first![option]),
  );
  if (other !== undefined) {
    throw new errors.OPTIONS(
      `expected tasks of queue ${queue} to agree on ${option}, ${first!.name} and ${other.name} do not`,
    );
  }
  return first?.[option];
}

function defaultConcurrency(inThreads: boolean): ConcurrencyRange {
  return Object.freeze({ min: 1, max: inThreads ? Math.max(1, availableParallelism() - 1) : 50 });
}
