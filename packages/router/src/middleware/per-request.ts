// What a cache of replies has to do with middleware: a reply that it gives has passed the posts already, but for those that are
// `perRequest`; and the fields that these have set belong to one request and must not be stored.
// Invariant: for each request a perRequest post runs once, whichever way its reply goes. They are called here, behind every
// `pre`, before the cache composes its answer, which may then be written past Fastify. For use by such caches.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isMeasured, runMeasured, setServerTiming } from './measure.ts';
import { entryOf, registrationOf } from './registration.ts';
import type { RouteConfig } from './route-config.ts';
import { stateOf } from './request-state.ts';
import { failed, faultOf, isReached } from './run-post.ts';

/** Name of all hooks of the middleware plugin: Fastify binds hooks, and a bound function keeps nothing else. */
export const MIDDLEWARE_HOOK: string = 'catzillaMiddleware';

/** Which posts of the middleware of a request have to see a reply that has not passed them: 'all' includes some that cannot be
 * run ahead of it. */
export function postsOf(request: FastifyRequest): 'none' | 'perRequest' | 'all' {
  const state = stateOf(request);
  if (state === undefined) return 'none';
  const { posts, hasPerRequest } = state.chain;
  if (posts.some(({ perRequest }) => !perRequest)) return 'all';
  return hasPerRequest || state.serverTiming !== undefined ? 'perRequest' : 'none';
}

/** Runs the perRequest posts of a request whose reply comes from a cache. Our onSend hook will run none for that reply.
 * @throws what they throw, and CATZ_MIDDLEWARE_RETURN: the reply must then not be given */
export function runPerRequest(request: FastifyRequest, reply: FastifyReply): void {
  const state = stateOf(request);
  if (state === undefined || state.isStored) return;
  state.isStored = true;
  const { chain, serverTiming } = state;
  if (!chain.hasPerRequest && serverTiming === undefined) return;
  const timings = isMeasured(state) ? registrationOf(request.server)?.timings : undefined;
  for (const step of chain.posts) {
    if (!step.perRequest || !isReached(state, step)) continue;
    try {
      const result =
        timings === undefined
          ? step.run(request, reply, state.ctx)
          : runMeasured(state, timings, step, 'post', request, reply);
      const fault = result === reply ? undefined : faultOf(step, result);
      if (fault !== undefined) throw fault;
    } catch (error) {
      state.isStored = false;
      state.failed = step;
      throw failed(request, step, error);
    }
  }
  setServerTiming(state, reply);
}

/** Has the fields noted that perRequest posts will set, for `perRequestFields`. */
export function notePerRequestFields(request: FastifyRequest): void {
  const state = stateOf(request);
  if (state !== undefined) state.perRequestFields ??= {};
}

/** The fields that perRequest posts have set, by name in lower case: not to be stored, and to be kept on the reply. */
export function perRequestFields(request: FastifyRequest): Readonly<Record<string, unknown>> {
  return stateOf(request)?.perRequestFields ?? NONE;
}
const NONE: Readonly<Record<string, unknown>> = Object.freeze({});

/** Whether a reply that is given in onRequest would skip a `pre` of a route; undefined where that is not known.
 * @param route  options of the route, when all plugins have seen it */
export function hasLaterPre(
  app: FastifyInstance,
  route: { readonly config?: RouteConfig },
): boolean | undefined {
  const entry = entryOf(route.config);
  const registration = registrationOf(app);
  if (entry === undefined || registration === undefined) return undefined;
  const { ends, pres } = registration.update(entry, route.config ?? {});
  return pres.length > (ends[0] ?? 0);
}
