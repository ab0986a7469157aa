// A POST whose reply may answer later GETs (RFC 9110 9.3.3): it says explicitly how long it is fresh, and by
// Content-Location that it is what a GET of the same URI would give.
// Invariant: the POST itself is never answered from the cache, and invalidates its URI first: what is stored is born after.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Fields } from '@catzilla/http';
import { sameOriginTarget } from '../invalidate.ts';
import type { RoutePolicy } from '../options/policy.ts';
import { requestBypass } from '../rfc/bypass.ts';
import { originOf } from '../key/origin.ts';
import { startFill } from '../tiers/fill-start.ts';
import { fill } from './fill.ts';
import { placeOf } from './place.ts';
import type { FillPass } from './pass.ts';
import { policyOf } from './route.ts';
import type { CachedRoute } from './route.ts';

/** Runs the handler of a POST, whose reply is judged if the route's policy names the method. */
export function fillPost(
  route: CachedRoute,
  instance: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
): unknown {
  const policy = policyOf(route, request.raw.url ?? '');
  const place = policy && mayStore(request, policy) ? placeOf(route, policy, request) : undefined;
  if (policy === undefined || place === undefined) {
    return route.handler.call(instance, request, reply);
  }
  return fill(
    { route, instance, request, reply, policy, own: place.key, ...place },
    {
      fwd: 'method',
      open: undefined,
      collapsed: undefined,
      below: undefined,
      lock: undefined,
      stale: undefined,
    },
  );
}

// Credentials that pass the cache by do so here too. A body is what a POST has.
function mayStore(request: FastifyRequest, policy: RoutePolicy): boolean {
  const { 'content-length': _, 'transfer-encoding': __, ...fields } = request.headers;
  return requestBypass('POST', fields as Fields, policy) === undefined;
}

/** Whether the reply to a POST says that it stands for a GET of its URI. */
export function speaksForGet(request: FastifyRequest, reply: FastifyReply): boolean {
  const location = reply.getHeader('content-location');
  if (typeof location !== 'string') return false;
  const origin = originOf(request);
  const target = request.raw.url ?? '/';
  return origin !== undefined && sameOriginTarget(location, origin, target) === target;
}

/** Begins the fill anew, behind the invalidation that the request has caused. Never throws. */
export function bornAfterInvalidation(pass: FillPass, request: FastifyRequest): void {
  const { scope } = pass.route;
  if (pass.start !== undefined) scope.tokens.release(pass.start.mark);
  pass.start = startFill(scope, request.raw.url ?? '/', pass.key);
}
