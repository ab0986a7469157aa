// Background tasks: `app.tasks.stats()` and `health()`.
import type { TasksReading } from './reading.ts';
import { call, count, countsByName, fields, items, measured, text } from './tolerant.ts';
import type { Loose } from './tolerant.ts';

/** Asks the tasks. A queue that its backend does not tell of in time is left out: 0 would say that nothing waits. */
export async function readTasks(tasks: unknown): Promise<TasksReading> {
  const stats = fields(await call(tasks, 'stats'));
  const { store } = stats;
  return {
    backend: text(stats['backend'], 'unknown'),
    state: text(fields(call(tasks, 'health'))['state'], 'unknown'),
    // A server is one for all; an embedded store says so itself.
    isShared: store === undefined || fields(store)['isShared'] === true,
    queues: items(stats['queues'])
      .filter(isTold)
      .map((queue) => {
        const counts = fields(queue['counts']);
        return {
          queue: text(queue['queue']),
          waiting: count(counts['waiting']),
          delayed: count(counts['delayed']),
          active: count(counts['active']),
          failed: count(counts['failed']),
          dead: count(queue['dead']),
          paused: queue['isPaused'] === true,
          priorities: countsByName(queue['waitingByPriority']),
        };
      }),
    tasks: items(stats['tasks']).map((task) => {
      const totals = fields(task['totals']);
      const run = fields(task['run']);
      return {
        task: text(task['task']),
        queue: text(task['queue']),
        enqueued: count(totals['enqueued']),
        completed: count(totals['completed']),
        failed: count(totals['failed']),
        retried: count(totals['retried']),
        dead: count(totals['dead']),
        p50Ms: measured(run['p50Ms']),
        p99Ms: measured(run['p99Ms']),
      };
    }),
  };
}

function isTold({ counts, dead }: Loose): boolean {
  return counts !== undefined && dead !== undefined;
}
