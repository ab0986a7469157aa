// Overload: what the cache has is answered, stale too within staleIfOverloaded; all else is refused with 503 and Retry-After,
// before its handler runs. @fastify/under-pressure measures. Routes with a `pressureHandler` in their config are left to it.
// Invariant: guards run before the cache answers, under pressure as ever. Registered before the cache, whose lookup so comes
// before the refusal; without a cache everything is refused in onRequest.
import type { planOf } from '@catzilla/router';
import type { FastifyUnderPressureOptions } from '@fastify/under-pressure';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { errors } from '../errors.ts';

const DEFAULTS: FastifyUnderPressureOptions = {
  maxEventLoopDelay: 1000,
  maxEventLoopUtilization: 0.98,
  eventLoopUtilizationMode: 'interval',
};
/** Seconds that clients are told to wait, as the plugin has it. */
const RETRY_AFTER = 10;

type Config = { readonly cache?: unknown; readonly pressureHandler?: unknown } | undefined;

/** Registers @fastify/under-pressure.
 * @param isCached  the response cache will be there */
export async function addUnderPressure(
  app: FastifyInstance,
  given: FastifyUnderPressureOptions,
  isCached: boolean,
): Promise<void> {
  const { default: underPressure } = await import('@fastify/under-pressure');
  const measures = [
    'maxEventLoopDelay',
    'maxEventLoopUtilization',
    'maxHeapUsedBytes',
    'maxRssBytes',
  ];
  const isMeasured = measures.some((name) => name in given);
  const options = { ...(isMeasured || given.healthCheck ? {} : DEFAULTS), ...given };
  if (!isCached || options.pressureHandler !== undefined) {
    await app.register(underPressure, options);
    return;
  }
  const refuse = (reply: FastifyReply): never => {
    reply.header('retry-after', options.retryAfter ?? RETRY_AFTER);
    throw new errors.OVERLOADED();
  };
  await app.register(underPressure, {
    ...options,
    pressureHandler: (request, reply) =>
      mayBeStored(request) ? undefined : refuseLater(refuse, reply),
  });
  const { planOf: plan } = await import('@catzilla/router');
  app.addHook('onRoute', (route) => {
    guard(app, route, refuse, plan);
  });
}

// The plugin goes on with what its handler throws only where that is a promise.
async function refuseLater(
  refuse: (reply: FastifyReply) => never,
  reply: FastifyReply,
): Promise<void> {
  refuse(reply);
}

function mayBeStored({ method, routeOptions, is404 }: FastifyRequest): boolean {
  if (is404 || (method !== 'GET' && method !== 'HEAD')) return false;
  return (routeOptions.config as Config)?.cache !== false;
}

// Around the handler, inside of what the cache will put around both.
function guard(
  app: FastifyInstance,
  route: RouteOptions,
  refuse: (reply: FastifyReply) => never,
  plan: typeof planOf,
): void {
  const config = route.config as Config;
  const methods = [route.method].flat();
  if (!methods.some((method) => method === 'GET' || method === 'HEAD')) return;
  if (config?.pressureHandler !== undefined || plan({ config }).kind === 'constant') return;
  const { handler } = route;
  route.handler = function (request, reply) {
    if (app.isUnderPressure()) refuse(reply);
    return handler.call(this, request, reply);
  };
}
