// GET /healthz and GET /readyz, and app.health. Live is the process alone: a dead Redis must restart no container. Ready is
// lifecycle and checks: 503 while starting, draining, or while a required check fails; what merely is degraded stays 200.
// Invariant: both answer from what is known, wait for nothing, and are never cached, limited or shed.
import fp from 'fastify-plugin';
import type {
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  FastifySchema,
} from 'fastify';
import { CheckRunner } from './check-runner.ts';
import type { CheckState } from './check-runner.ts';
import type { CheckedCheck, CheckedHealth } from './options.ts';
import { partStates } from './parts.ts';
import type { PartState } from './parts.ts';

/** 'degraded' is ready: something is missing that the application does without. 'failing': a required check fails, or a part
 * that only a restart helps. */
export type Readiness = 'starting' | 'ready' | 'degraded' | 'failing' | 'draining' | 'closing';

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
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly health: AppHealth;
  }
}

/** The tiers, where the application has them: they are asked on a timer, for they may wait for Redis. */
interface WithTiers {
  readonly tiers?: { health(): Promise<{ readonly status: string }> };
}

const TIERS: Omit<CheckedCheck, 'check'> = { required: false, timeout: 1000, every: 5000 };

/** Route options: not cached, not rate limited, not shed, not in the OpenAPI document, not in the log of requests. */
const ROUTE = {
  logLevel: 'warn',
  schema: { hide: true } as FastifySchema,
  config: { cache: false, rateLimit: false, pressureHandler: () => undefined },
} as const;

const register: FastifyPluginAsync<CheckedHealth> = async (app, settings) => {
  const checks = { ...tiersCheck(app), ...settings.checks };
  const runners = Object.entries(checks).map(
    ([name, check]) => [name, new CheckRunner(name, check, app, note(app))] as const,
  );
  const snapshot = (): HealthSnapshot => {
    const states = Object.fromEntries(runners.map(([name, { last }]) => [name, last]));
    return snapshotOf(app, states);
  };
  app.decorate('health', Object.freeze({ snapshot }));
  app.addHook('onReady', async () => {
    for (const [, runner] of runners) void runner.start();
  });
  app.addHook('onClose', async () => {
    for (const [, runner] of runners) runner.close();
  });
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
};

/** The plugin. Needs `app.lifecycle`. */
export const health: FastifyPluginAsync<CheckedHealth> = fp(register, { name: 'catzilla/health' });

async function answerReady(
  request: FastifyRequest,
  reply: FastifyReply,
  snapshot: HealthSnapshot,
  { details }: CheckedHealth,
): Promise<object> {
  const { state, ready, checks, parts } = snapshot;
  reply.header('cache-control', 'no-store').code(ready ? 200 : 503);
  const isShown = details !== undefined && (await details(request)) === true;
  return isShown ? { status: state, checks, parts } : { status: state };
}

function snapshotOf(
  app: FastifyInstance,
  checks: Readonly<Record<string, CheckState>>,
): HealthSnapshot {
  const parts = partStates(app);
  const state = readiness(app, Object.values(checks), Object.values(parts));
  return { state, ready: state === 'ready' || state === 'degraded', checks, parts };
}

function readiness(
  { lifecycle }: FastifyInstance,
  checks: readonly CheckState[],
  parts: readonly PartState[],
): Readiness {
  if (lifecycle.state === 'closed') return 'closing';
  if (lifecycle.state !== 'ready') return lifecycle.state;
  const required = checks.filter((check) => check.required);
  if ([...required, ...parts].some(({ state }) => state === 'failed')) return 'failing';
  if (required.some(({ state }) => state === 'pending')) return 'starting';
  const isWhole = [...checks, ...parts].every(({ state }) => state === 'ok' || state === 'pending');
  return isWhole ? 'ready' : 'degraded';
}

function tiersCheck(app: FastifyInstance): Readonly<Record<string, CheckedCheck>> {
  const { tiers } = app as WithTiers;
  if (tiers === undefined) return {};
  const check = async (): Promise<void> => {
    const { status } = await tiers.health();
    if (status !== 'ok') throw new Error(`the tiers are ${status}`);
  };
  return { tiers: { check, ...TIERS } };
}

function note({ log }: FastifyInstance): (name: string, state: CheckState) => void {
  return (name, { state, reason, required }) => {
    if (state === 'ok') log.info({ check: name }, 'health check is ok');
    else log.warn({ check: name, reason, required }, 'health check failed');
  };
}
