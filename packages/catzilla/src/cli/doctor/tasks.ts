// The tasks of an application: on which backend they are, how durable that is, and who runs them.
// Invariant: asks what was configured; nothing is opened.
import type { FastifyInstance } from 'fastify';
import { countOf } from '../units.ts';
import { findingsOf } from './finding.ts';
import type { Finding } from './finding.ts';

/** What a backend factory of ours says of its store. */
interface Telling {
  stats?(): { readonly mode: string; readonly durability?: string };
}

const { ok, warn } = findingsOf('tasks');

/** Looks at the tasks; says nothing where there are none. */
export async function checkTasks(app: FastifyInstance): Promise<readonly Finding[]> {
  const { mode, tasks: options } = app.config;
  if (options === false) return [];
  const kind = await app.tasks.backendKind();
  const { registry } = app.tasks;
  const here = options.run === 'off' ? 'run elsewhere' : 'run here';
  const what = `${countOf(registry.tasks.length, 'task')} in ${countOf(registry.queues.length, 'queue')}, ${here}`;
  if (kind !== 'embedded') return [ok(`${what}; backend ${kind}`)];
  const stats = (options.backend as Telling | undefined)?.stats?.();
  if (stats?.mode === 'durable') return [ok(`${what}; backend embedded, ${stats.durability}`)];
  const text = `${what}; backend embedded, in memory: jobs end with the process`;
  if (mode !== 'production') return [ok(text)];
  return [warn(text, 'Give embeddedBackend() a `dir`, or take Redis or PostgreSQL.')];
}
