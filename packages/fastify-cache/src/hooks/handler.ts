// What stands in the place of a route's handler: answer from memory, or go on to the tiers below, to another's answer, or to
// the real handler (miss.ts). It runs after every guard of instance and route, whenever those were registered: a hit can
// never skip one, unless the route chose to answer hits earlier (early.ts). Invariant: a fault of the cache is a miss. The
// real handler keeps its `this`, and what it returns goes to Fastify as it is.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Fields } from '@catzilla/http';
import { equivalentKey } from '../no-vary-search.ts';
import { noteOrigin } from '../key/origin.ts';
import { requestBypass } from '../rfc/bypass.ts';
import type { Bypass } from '../rfc/bypass.ts';
import { answer } from './answer.ts';
import { lookup } from './ask.ts';
import { miss } from './miss.ts';
import { setPass } from './pass.ts';
import { placeOf, selecting } from './place.ts';
import { fillPost } from './post.ts';
import { refreshOf } from './refresh.ts';
import type { Refresh } from './refresh.ts';
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
  if (method !== 'GET' && method !== 'HEAD') {
    noteOrigin(request);
    return method === 'POST'
      ? fillPost(route, instance, request, reply)
      : route.handler.call(instance, request, reply);
  }
  const policy = policyOf(route, request.raw.url ?? '');
  if (policy === undefined) return forward(route, instance, request, reply, EXCLUDED);
  const bypass = requestBypass(method, request.headers as Fields, policy);
  if (bypass !== undefined) return forward(route, instance, request, reply, bypass);
  const refresh = refreshOf(request);
  if (refresh !== undefined) takeIn(request, refresh);
  const host = route.scope.hostOf(request);
  if (host === undefined) return forward(route, instance, request, reply, HOST);
  const own = refresh?.key ?? route.scope.keyOf(policy, request, host);
  if (own === undefined) return forward(route, instance, request, reply, URL_FORM);
  const headers = selecting(route, policy, request);
  if (headers === undefined) return forward(route, instance, request, reply, NOBODY);

  const now = Date.now();
  const key = policy.noVarySearch ? equivalentKey(route.scope, own) : own;
  const entry =
    lookup(route, policy, key, headers, now) ??
    (key === own ? undefined : lookup(route, policy, own, headers, now));
  if (entry !== undefined) {
    answer(route, policy, request, reply, entry, now);
    return undefined;
  }
  const isAbsent = key === own && route.scope.records.foundNothing;
  return miss({ route, instance, request, reply, policy, key, own, headers }, now, isAbsent);
}

/** Answers a request from memory if there is a fresh entry for it; else leaves it as it is.
 * @returns whether it was answered. HOT: benchmarks/http */
export function answerEarly(
  route: CachedRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): boolean {
  const { method } = request.raw;
  if (method !== 'GET' && method !== 'HEAD') return false;
  const policy = policyOf(route, request.raw.url ?? '');
  if (policy?.lookup !== 'onRequest') return false;
  if (requestBypass(method, request.headers as Fields, policy) !== undefined) return false;
  const place = placeOf(route, policy, request);
  if (place === undefined) return false;
  const now = Date.now();
  const entry = lookup(route, policy, place.key, place.headers, now);
  if (entry === undefined) return false;
  answer(route, policy, request, reply, entry, now);
  return true;
}

const EXCLUDED: Bypass = { fwd: 'bypass', detail: 'excluded' };
const HOST: Bypass = { fwd: 'bypass', detail: 'host' };
const URL_FORM: Bypass = { fwd: 'bypass', detail: 'url' };
const NOBODY: Bypass = { fwd: 'bypass', detail: 'identity' };

// As the request that it stands for came: handlers build absolute URLs of it.
function takeIn(request: FastifyRequest, refresh: Refresh): void {
  if (!refresh.isEncrypted) return;
  (request.raw.socket as { encrypted?: boolean }).encrypted = true;
}

function forward(
  route: CachedRoute,
  instance: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  { fwd, detail }: Bypass,
): unknown {
  route.scope.counters.forward(fwd);
  route.counts.misses++;
  setPass(request, { kind: 'forward', route, fwd, detail });
  return route.handler.call(instance, request, reply);
}
