// The plugin: app.tasks and request.enqueue, started before the server listens and drained after its last reply.
// Order: an onRequest hook of its own (a request does not know its reply), onReady starts workers and schedules, onClose refuses what
// is new, adds what is held for replies, drains and closes. Requests under way are answered before that, and may enqueue until then.
// Fastify closes what was registered last first: so what handlers use (a database, @catzilla/di) has to come before this plugin.
import fp from 'fastify-plugin';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { bool, registerOptions } from '@catzilla/common';
import { errors } from '../errors.ts';
import { lostJobs } from '../monitor/lost.ts';
import type { StoreStats } from '../monitor/types.ts';
import type { DrainReport, RunInScope } from '../runner/types.ts';
import { DRAIN_TIMEOUT } from '../tasks-options.ts';
import { createTasks } from '../tasks.ts';
import type { Tasks, TasksOptions } from '../tasks.ts';
import { addRequestEnqueue } from './request-enqueue.ts';
import type { RequestEnqueue } from './request-enqueue.ts';

/** Options of the plugin: those of createTasks(), but for what the application itself gives. */
export interface TasksPluginOptions extends Omit<TasksOptions, 'logger' | 'runInScope'> {
  /** Whether the tasks start when the application is ready; false: with `app.tasks.start()`, and until then nothing is opened but
   * what is enqueued needs. Default: true. */
  readonly autoStart?: boolean;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The tasks of this context, or the nearest around it. */
    readonly tasks: Tasks;
  }
  interface FastifyRequest {
    /** Enqueues a job that belongs to the reply. @see RequestEnqueue */
    readonly enqueue: RequestEnqueue;
  }
}

const register: FastifyPluginAsync<TasksPluginOptions> = async (app, options) => {
  if (Object.hasOwn(app, 'tasks')) {
    throw new errors.OPTIONS('expected tasks to be registered once in a context, got it twice');
  }
  const { autoStart, ...own } = withoutFastifys(options);
  const starts = bool(true).check(autoStart, {
    path: 'options.autoStart',
    error: (message) => new errors.OPTIONS(message),
  });
  const tasks = createTasks({
    ...own,
    logger: app.log,
    runInScope: scopesOf(app),
  });
  app.decorate('tasks', tasks);
  const held = addRequestEnqueue(app, tasks);
  if (starts) app.addHook('onReady', async () => tasks.start());
  app.addHook('onClose', async () => {
    tasks.refuse();
    // Replies that jobs wait for are waited for as long as jobs are.
    await held.settle(options.drainTimeout ?? DRAIN_TIMEOUT);
    const report = await tasks.drain();
    await tell(app, tasks, options, report);
    await tasks.close();
  });
};

async function tell(
  app: FastifyInstance,
  tasks: Tasks,
  { backend }: TasksPluginOptions,
  report: DrainReport,
): Promise<void> {
  app.log.info(report, 'tasks are drained');
  const store = backend as { stats?(): StoreStats } | undefined;
  const isInMemory = backend === undefined || store?.stats?.().mode === 'memory';
  if (!isInMemory) return;
  // Another thread has them, and tells of them when it ends.
  if ((await tasks.stats()).store?.isShared === true) return;
  const own = new Set(tasks.registry.queues.map(({ name }) => name));
  // Dead letters are no work that is left.
  const queues = (await tasks.queues()).filter(({ name }) => own.has(name));
  const { total, byName } = await lostJobs(queues);
  if (total === 0) return;
  app.log.warn({ lost: total, tasks: byName }, 'jobs that were only in memory are lost');
}

/** What @catzilla/di decorates an application with, as far as it is used. */
interface WithScopes {
  readonly di?: { readonly runInScope: RunInScope };
}

// Asked with each job: the container may be registered later, and is ready only when the application is.
function scopesOf(app: FastifyInstance): RunInScope {
  return async (info, work) => {
    const { di } = app as FastifyInstance & WithScopes;
    return di === undefined ? work(undefined) : di.runInScope(info, work);
  };
}

function withoutFastifys(options: TasksPluginOptions): TasksPluginOptions {
  const own = Object.entries(options).filter(([name]) => !registerOptions.includes(name));
  return Object.fromEntries(own) as TasksPluginOptions;
}

/** Background tasks for a context of Fastify and those in it.
 * Declares no routes: `prefix`, `logLevel` and `logSerializers` of register() change nothing, and are passed over.
 * @see TasksPluginOptions
 * @throws CATZ_TASKS_OPTIONS, CATZ_TASKS_DUPLICATE_TASK; in onReady CATZ_TASKS_LOCKED, CATZ_TASKS_LOG_CORRUPT,
 *   CATZ_TASKS_BACKEND_UNAVAILABLE
 * @example
 * import Fastify from 'fastify';
 * import { defineTask, tasks } from '@catzilla/tasks';
 * import { z } from 'zod';
 * const greet = defineTask({
 *   name: 'greet',
 *   schema: z.object({ name: z.string() }),
 *   handler: async ({ name }, { log }) => log.info(`hello ${name}`),
 * });
 * const app = Fastify({ logger: true });
 * await app.register(tasks, { tasks: [greet] });
 * app.post('/greetings/:name', async (request, reply) => {
 *   await request.enqueue(greet, { name: request.params.name });
 *   return reply.code(202).send();
 * }); */
export const tasks: FastifyPluginAsync<TasksPluginOptions> = fp(register, {
  name: '@catzilla/tasks',
  fastify: '5.x',
});
