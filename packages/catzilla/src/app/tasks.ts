// app.tasks: background tasks, whose schemas may be of every kind that the routes' may be.
import type { TasksPluginOptions } from '@catzilla/tasks';
import type { FastifyInstance } from 'fastify';

/** Registers the plugin.
 * @throws what it throws */
export async function addTasks(app: FastifyInstance, options: TasksPluginOptions): Promise<void> {
  const [{ tasks }, { validate }] = await Promise.all([
    import('@catzilla/tasks'),
    import('@catzilla/validation'),
  ]);
  await app.register(tasks, { validate, ...options });
}
