// `lookup: 'onRequest'`: a route's hits are answered before parsing, validation and preHandlers, in the last of its onRequest
// hooks. Invariant: a hook that may refuse requests is never skipped unnoticed. All onRequest hooks still run before; where
// a hook of a later stage covers the route, the application does not start, unless the route says `skipGuards`. The hooks of
// @catzilla/router's middleware stand everywhere: of these it is the route's chain that counts.
import { hasLaterPre, MIDDLEWARE_HOOK } from '@catzilla/router';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { errors } from '../errors.ts';
import { instanceHooks } from '../internals.ts';
import type { RoutePolicy } from '../options/policy.ts';
import { answerEarly } from './handler.ts';
import { HOOK } from './route.ts';
import type { CachedRoute } from './route.ts';

/** Stages that a hit does not reach. */
const SKIPPED = ['preParsing', 'preValidation', 'preHandler'] as const;

type Hook = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void;

/** Gives a route the hook that answers its hits early, if its options say so.
 * @throws later, while the application gets ready: CATZ_FASTIFY_CACHE_ROUTE_OPTION where a hook would be skipped */
export function prepareEarly(
  instance: FastifyInstance,
  route: RouteOptions,
  state: CachedRoute,
): void {
  if (state.isEarly || earlyPolicies(state).length === 0) return;
  state.isEarly = true;
  const hook: Hook = (request, reply, done) => {
    if (state.plan.kind === 'off' || !answerEarly(state, request, reply)) done();
  };
  Object.defineProperty(hook, 'name', { value: HOOK.early });
  const onRequest = listOf(route.onRequest);
  route.onRequest = [...onRequest, hook] as Hook[];
  // Hooks may be added until then, to the instance and, by other plugins, to the route.
  instance.addHook('onReady', (done) => {
    done(guardFault(instance, route, state));
  });
}

// Policies of the route by which hits are answered early.
function earlyPolicies({ plan }: CachedRoute): readonly RoutePolicy[] {
  if (plan.kind === 'off') return [];
  const policies = plan.kind === 'fixed' ? [plan.policy] : plan.policies;
  return policies.filter(({ lookup }) => lookup === 'onRequest');
}

function guardFault(
  instance: FastifyInstance,
  route: RouteOptions,
  state: CachedRoute,
): Error | undefined {
  const policies = earlyPolicies(state);
  if (policies.length === 0) return undefined;
  const onRequest = listOf(route.onRequest);
  const own = onRequest.findIndex((hook) => hook?.name === HOOK.early);
  if (own < onRequest.length - 1) {
    return new errors.ROUTE_OPTION(
      `${String(route.method)} ${route.url}`,
      'expected lookup "onRequest" to stand in the last of the onRequest hooks, but a plugin added one behind it, which hits would skip, or put its own in the place of it; register that plugin before the cache',
    );
  }
  if (policies.every(({ skipGuards }) => skipGuards)) return undefined;
  const harmless = [HOOK.prune];
  if (hasLaterPre(instance, route) === false) harmless.push(MIDDLEWARE_HOOK);
  for (const stage of SKIPPED) {
    const names = [
      ...(instanceHooks(instance, stage) ?? [undefined]),
      ...listOf(route[stage]),
    ].filter((hook) => hook === undefined || !harmless.includes(hook.name.replace(/^bound /, '')));
    if (names.length === 0) continue;
    return new errors.ROUTE_OPTION(
      `${String(route.method)} ${route.url}`,
      `expected lookup "onRequest" to stand on a route without ${stage} hooks, which hits would skip; guard it in onRequest, or say skipGuards: true where no ${stage} hook refuses requests`,
    );
  }
  return undefined;
}

function listOf(hooks: unknown): readonly ({ readonly name: string } | undefined)[] {
  if (hooks === undefined || hooks === null) return [];
  return (Array.isArray(hooks) ? hooks : [hooks]) as { name: string }[];
}
