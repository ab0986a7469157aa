// What stands in the place of a route's handler: answer from memory, or go on to the tiers below, to another's answer, or to
// the real handler (miss.ts). It runs after every guard of instance and route, whenever those were registered: a hit can
// never skip one. Invariant: a fault of the cache is a miss. The real handler keeps its `this`, and what it returns goes to
// Fastify as it is.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { requestBypass } from '../rfc/bypass.ts';
import type { Fields } from '../rfc/fields.ts';
import type { ForwardReason } from '../rfc/reasons.ts';
import { answer } from './answer.ts';
import { lookup } from './ask.ts';
import { miss } from './miss.ts';
import { setPass } from './pass.ts';
import { policyOf } from './route.ts';
import type { CachedRoute } from './route.ts';

/** Handles a request to a wrapped route. HOT: benchmarks/http */
export function handle(
  route: CachedRoute,
  instance: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
): unknown {
  const { method } = request.raw;
  if (method !== 'GET' && method !== 'HEAD') return route.handler.call(instance, request, reply);
  const policy = policyOf(route, request.raw.url ?? '');
  if (policy === undefined) return forward(route, instance, request, reply, 'bypass', 'excluded');
  const bypass = requestBypass(method, request.headers as Fields, policy);
  if (bypass !== undefined) {
    return forward(route, instance, request, reply, bypass.fwd, bypass.detail);
  }
  const host = route.scope.hostOf(request);
  if (host === undefined) return forward(route, instance, request, reply, 'bypass', 'host');
  const key = route.scope.keyOf(policy, request, host);
  if (key === undefined) return forward(route, instance, request, reply, 'bypass', 'url');

  const now = Date.now();
  const entry = lookup(route, policy, key, request, now);
  if (entry !== undefined) {
    answer(route, request, reply, entry, now);
    return undefined;
  }
  return miss({ route, instance, request, reply, policy, key }, now);
}

function forward(
  route: CachedRoute,
  instance: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  fwd: ForwardReason,
  detail: string,
): unknown {
  route.scope.counters.forward(fwd);
  setPass(request, { kind: 'forward', route, fwd, detail });
  return route.handler.call(instance, request, reply);
}
