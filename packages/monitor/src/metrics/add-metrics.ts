// GET /metrics, and what app.monitor has of snapshots.
// Invariant: the route answers whoever may see it, and else says nothing of the application; a page never fails for what a part
// does. Without a guard, in production, it answers this machine alone.
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import type { Registry } from 'prom-client';
import { errors } from '../errors.ts';
import { runGuard } from '../guard.ts';
import { isLocal } from '../is-local.ts';
import type { MonitorSettings } from '../options.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { snapshotsOf } from '../snapshot/take.ts';
import type { SnapshotOptions } from '../snapshot/take.ts';
import { metricsDefaults } from './options.ts';
import type { CheckedMetrics } from './options.ts';
import { OwnRegistry } from './own-registry.ts';
import { MetricsPage } from './page.ts';
import { CONTENT_TYPE } from './text.ts';

/** What is known of an application, in its forms. */
export interface Metering {
  /** All that is known now, over all threads. */
  snapshot(options?: SnapshotOptions): Promise<Snapshot>;
  /** The page of metrics, as GET /metrics gives it. */
  metrics(): Promise<string>;
  /** For metrics of the application's own: `new Counter({ …, registers: [app.monitor.registry] })`. Loads prom-client. */
  readonly registry: Registry;
}

/** Neither cached, counted, limited nor shed, and in no OpenAPI document. */
const ROUTE = {
  logLevel: 'warn',
  schema: { hide: true } as FastifySchema,
  config: { cache: false, monitor: false, rateLimit: false, pressureHandler: () => undefined },
} as const;

/** Adds the metrics; without the route where they are off. */
export function addMetrics(
  app: FastifyInstance,
  { metrics: settings, mode }: Pick<MonitorSettings, 'metrics' | 'mode'>,
): Metering {
  const source = snapshotsOf(app);
  const own = new OwnRegistry();
  const page = new MetricsPage({
    source,
    own,
    settings: settings === false ? metricsDefaults : settings,
    warn: (details, message) => app.log.warn(details, message),
  });
  if (settings !== false) {
    const isOpen = settings.public || mode === 'development';
    app.get(settings.path, ROUTE, async (request, reply) => {
      if (!(await isAllowed(settings, isOpen, request, reply))) return reply;
      reply.header('cache-control', 'no-store').type(CONTENT_TYPE);
      return page.render();
    });
  }
  return Object.freeze({
    snapshot: (options?: SnapshotOptions) => source.take(options),
    metrics: () => page.render(),
    get registry() {
      return own.registry;
    },
  });
}

async function isAllowed(
  { guard }: CheckedMetrics,
  isOpen: boolean,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  if (guard !== undefined) return runGuard(guard, request, reply);
  if (!isOpen && !isLocal(request)) throw new errors.METRICS_FORBIDDEN();
  return true;
}
