// GET /healthz and GET /readyz, and app.health. Live is the process alone: a dead Redis must restart no container. Ready is
// lifecycle and checks: 503 while starting, draining, or while a required check fails; what merely is degraded stays 200.
// Invariant: both answer from what is known, wait for nothing, and are never cached, limited or shed.
import { refuseRegisterOptions, registerOptions } from '@catzilla/common';
import fp from 'fastify-plugin';
import type {
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  FastifySchema,
} from 'fastify';
import { errors } from '../errors.ts';
import { CheckRunner } from './check-runner.ts';
import type { CheckState } from './check-runner.ts';
import { checkHealth } from './options.ts';
import type { CheckedHealth, HealthOptions } from './options.ts';
import { partStates } from './parts.ts';
import type { PartState } from './parts.ts';
import { Life, readiness } from './readiness.ts';
import type { Readiness } from './readiness.ts';
import { tiersCheck } from './tiers-check.ts';

/** What is known of an application's health. */
export interface HealthSnapshot {
  readonly state: Readiness;
  /** Whether /readyz answers 200. */
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, CheckState>>;
  readonly parts: Readonly<Record<string, PartState>>;
}

/** The health of an application, as `app.health`. */
export interface AppHealth {
  /** What is known now. Cost: no check runs. */
  snapshot(): HealthSnapshot;
  /** Turns readiness off for good: /readyz is 503, and all else is served as ever. To be called some seconds before
   * `app.close()`, so that balancers notice. `app.lifecycle` of createApp() sees to it by itself. */
  drain(): void;
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly health: AppHealth;
  }
}

/** Route options: not cached, limited, shed or counted, and neither in the OpenAPI document nor in the log of requests. */
const ROUTE = {
  logLevel: 'warn',
  schema: { hide: true } as FastifySchema,
  config: { cache: false, monitor: false, rateLimit: false, pressureHandler: () => undefined },
} as const;

const register: FastifyPluginAsync<HealthOptions> = async (app, options) => {
  refuseRegisterOptions(options, 'health', 'options.path', SITE);
  addHealth(app, checkHealth(options, SITE));
};

const SITE = {
  path: 'options',
  error: (message: string) => new errors.OPTION(message),
  ignore: registerOptions,
};

/** Health alone, without the rest of the monitor. `prefix`, `logLevel` and `logSerializers` of register() are refused, and belong to
 * a scope around it.
 * @throws CATZ_MONITOR_OPTION
 * @example
 * await app.register(health, { checks: { database: { check: (signal) => pool.query('select 1', { signal }) } } }); */
export const health: FastifyPluginAsync<HealthOptions> = fp(register, {
  name: '@catzilla/monitor/health',
  fastify: '>=5.5.0 <6',
});

/** Decorates the application and declares the routes. */
export function addHealth(app: FastifyInstance, settings: CheckedHealth): void {
  const life = new Life(app);
  const runners = startRunners(app, settings);
  const snapshot = (): HealthSnapshot => {
    const checks = Object.fromEntries(runners.map(([name, { last }]) => [name, last]));
    const parts = partStates(app);
    const state = readiness(life.stage, Object.values(checks), Object.values(parts));
    return { state, ready: state === 'ready' || state === 'degraded', checks, parts };
  };
  app.decorate('health', Object.freeze({ snapshot, drain: () => life.drain() }));
  const { live, ready } = settings.path;
  if (live !== false) {
    app.get(live, ROUTE, async (_request, reply) => {
      reply.header('cache-control', 'no-store');
      return { status: 'ok' };
    });
  }
  if (ready !== false) {
    app.get(ready, ROUTE, (request, reply) => answerReady(request, reply, snapshot(), settings));
  }
}

// The tiers may come after this: they are looked for when everything has loaded.
function startRunners(
  app: FastifyInstance,
  { checks }: CheckedHealth,
): readonly (readonly [string, CheckRunner])[] {
  const runners: (readonly [string, CheckRunner])[] = [];
  const add = (all: CheckedHealth['checks']): void => {
    for (const [name, check] of Object.entries(all)) {
      runners.push([name, new CheckRunner(name, check, app, note(app))]);
    }
  };
  add(checks);
  app.addHook('onReady', async () => {
    if (!Object.hasOwn(checks, 'tiers')) add(tiersCheck(app));
    for (const [, runner] of runners) void runner.start();
  });
  app.addHook('onClose', async () => {
    for (const [, runner] of runners) runner.close();
  });
  return runners;
}

async function answerReady(
  request: FastifyRequest,
  reply: FastifyReply,
  snapshot: HealthSnapshot,
  { details }: CheckedHealth,
): Promise<object> {
  const { state, ready, checks, parts } = snapshot;
  reply.header('cache-control', 'no-store').code(ready ? 200 : 503);
  const isShown = details !== undefined && (await isAllowed(details, request));
  return isShown ? { status: state, checks, parts } : { status: state };
}

// Who checks a token may throw for those that have none, as every balancer: it is told the one word all the same.
async function isAllowed(
  details: NonNullable<CheckedHealth['details']>,
  request: FastifyRequest,
): Promise<boolean> {
  try {
    return (await details(request)) === true;
  } catch (error) {
    request.log.debug({ err: error }, 'details of the health are not shown');
    return false;
  }
}

function note({ log }: FastifyInstance): (name: string, state: CheckState) => void {
  return (name, { state, reason, required }) => {
    if (state === 'ok') log.info({ check: name }, 'health check is ok');
    else log.warn({ check: name, reason, required }, 'health check failed');
  };
}
