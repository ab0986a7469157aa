// BullMQ, loaded when the first queue is opened: loading it takes longer than all the rest of a small application's start.
import type * as BullmqModule from 'bullmq';
import type { BackendFactory, IQueueBackend, RedisQueueBackend } from 'bullmq';

/** What `import('bullmq')` gives. */
export type Bullmq = typeof BullmqModule;

/** A factory of backends: of embeddedBackend(), or createRedisBackend or createPostgresBackend of BullMQ.
 * @template Connection  what its `connection` is */
export type TaskBackend<Connection = never> = BackendFactory<IQueueBackend, Connection>;

/** Which kind of store stands behind the queues. */
export type BackendKind = 'embedded' | 'redis' | 'postgres';

/** The factory as BullMQ's classes are typed by default: they use nothing of a backend but IQueueBackend. */
export type AnyBackend = BackendFactory<RedisQueueBackend>;

let loaded: Promise<Bullmq> | undefined;

/** Loads BullMQ, once. */
export function loadBullmq(): Promise<Bullmq> {
  loaded ??= import('bullmq');
  return loaded;
}

/** What is asked of a factory that is not BullMQ's own. */
interface MarkedBackend {
  readonly kind?: unknown;
}

/** The kind of a backend; one that is not known is taken for one over the network that speaks Redis. */
export function kindOf(backend: TaskBackend, bullmq: Bullmq): BackendKind {
  if ((backend as MarkedBackend).kind === 'embedded') return 'embedded';
  const given: unknown = backend;
  return given === bullmq.createPostgresBackend ? 'postgres' : 'redis';
}
