// The queues of an application for bull-board. Neither of its packages is imported: the caller hands in the adapter's class.
import type { Queue } from 'bullmq';

/** As much of tasks as is used. */
export interface TasksWithQueues {
  /** Queues that are in use, dead letters included. */
  queues(): Promise<readonly Queue[]>;
}

/** Makes what `createBullBoard` takes. Mount the board behind a guard, for it shows payloads, and never at `/`. What is added from it
 * goes past the schemas of tasks; `{ readOnlyMode: true }` shows without changing.
 * @param tasks    `app.tasks`
 * @param Adapter  BullMQAdapter of '@bull-board/api/bullMQAdapter'
 * @param options  of the adapter
 * @returns an adapter for each queue
 * @example
 * const board = new FastifyAdapter().setBasePath('/admin/tasks');
 * createBullBoard({ queues: await bullBoard(app.tasks, BullMQAdapter), serverAdapter: board });
 * await app.register(board.registerPlugin(), { prefix: '/admin/tasks' }); */
export async function bullBoard<Adapter, Options extends object>(
  tasks: TasksWithQueues,
  Adapter: new (queue: Queue, options?: Options) => Adapter,
  options?: Options,
): Promise<Adapter[]> {
  const queues = await tasks.queues();
  return queues.map((queue) => new Adapter(queue, options));
}
