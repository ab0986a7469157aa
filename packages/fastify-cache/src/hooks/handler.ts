// What stands in the place of a route's handler: answer from the cache, wait for another's answer, or run the handler.
// It runs after every guard of instance and route, whenever those were registered: a hit can never skip one.
// Invariant: a fault of the cache is a miss. The real handler keeps its `this`, and what it returns goes to Fastify as it is.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { FillOutcome, OpenFill } from '../collapse.ts';
import { letGo } from '../entry/entry.ts';
import type { Entry, VariantIndex } from '../entry/entry.ts';
import { findEntry, findIndex } from '../lookup.ts';
import type { RoutePolicy } from '../options/policy.ts';
import type { TokenMark } from '../purge-token.ts';
import { requestBypass } from '../rfc/bypass.ts';
import type { Fields } from '../rfc/fields.ts';
import { parseCacheControl } from '../rfc/parse-cache-control.ts';
import type { ForwardReason } from '../rfc/reasons.ts';
import { reuseRefusal } from '../rfc/reuse.ts';
import { variantKey } from '../rfc/vary.ts';
import { answer } from './answer.ts';
import { takeConditions } from './conditional.ts';
import { setPass, settleFill, snapshotHeaders } from './pass.ts';
import type { FillPass } from './pass.ts';
import { policyOf } from './route.ts';
import type { CachedRoute } from './route.ts';

/** A lookup: an entry that may answer, or why there is none. */
interface Missed {
  readonly fwd: ForwardReason;
  readonly index: VariantIndex | undefined;
}

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
  return miss(route, instance, request, reply, policy, key, now);
}

// An entry that may answer now. Why there is none is looked into only on the way of a miss.
function lookup(
  route: CachedRoute,
  policy: RoutePolicy,
  key: string,
  request: FastifyRequest,
  now: number,
): Entry | undefined {
  const headers = request.headers as Fields;
  try {
    const entry = findEntry(route.scope.records, key, route.id, headers);
    if (entry === undefined || now >= entry.freshUntil) return letGo(entry);
    return reuseRefusal(headers, entry, policy) === undefined ? entry : letGo(entry);
  } catch (error) {
    route.scope.fault('get', error);
    return undefined;
  }
}

function explain(route: CachedRoute, key: string, headers: Fields, now: number): Missed {
  try {
    const index = findIndex(route.scope.records, key);
    const entry = findEntry(route.scope.records, key, route.id, headers);
    letGo(entry);
    if (entry === undefined) return { fwd: index === undefined ? 'uri-miss' : 'vary-miss', index };
    return { fwd: now >= entry.freshUntil ? 'stale' : 'request', index };
  } catch (error) {
    route.scope.fault('get', error);
    return { fwd: 'miss', index: undefined };
  }
}

function miss(
  route: CachedRoute,
  instance: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  policy: RoutePolicy,
  key: string,
  now: number,
): unknown {
  const headers = request.headers as Fields;
  const { collapser } = route.scope;
  const missed = explain(route, key, headers, now);
  const directives = parseCacheControl(headers['cache-control']);
  // RFC 9111 5.2.1.7; our own 504 says nothing in Cache-Status (RFC 9211 2).
  if (directives.onlyIfCached) return reply.code(504).send();
  const run = (open: OpenFill | undefined, collapsed: boolean | undefined): unknown =>
    fill(route, instance, request, reply, { policy, key, fwd: missed.fwd, open, collapsed });
  if (collapser === undefined || request.raw.method === 'HEAD' || directives.noStore) {
    return run(undefined, undefined);
  }
  if (missed.fwd === 'request') return run(undefined, undefined);
  const queue = queueKey(key, missed.index, headers);
  const waiting = collapser.wait(queue, now);
  if (waiting === undefined) return run(collapser.open(queue, now), undefined);
  route.scope.counters.collapsed++;
  return afterFill(route, instance, request, reply, policy, key, waiting);
}

// Those who could be served by one fill: before anything is known of the URL all of them, later those of one variant.
function queueKey(key: string, index: VariantIndex | undefined, headers: Fields): string {
  const names = index?.lists[0];
  return names === undefined ? key : `${key}\n${variantKey(names, headers)}`;
}

// An async function of its own: what follows `await` runs in the context (AsyncLocalStorage) of its own request.
async function afterFill(
  route: CachedRoute,
  instance: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  policy: RoutePolicy,
  key: string,
  first: Promise<FillOutcome>,
): Promise<unknown> {
  const { collapser, counters } = route.scope;
  let waiting: Promise<FillOutcome> | undefined = first;
  let fwd: ForwardReason = 'uri-miss';
  let open: OpenFill | undefined;
  // Twice: the first answer may have been another variant of the URL, or not for the cache.
  for (let round = 0; round < 2 && waiting !== undefined; round++) {
    const outcome = await waiting;
    waiting = undefined;
    if (outcome === 'timeout') counters.timeouts++;
    if (reply.sent || request.raw.socket.destroyed) return reply;
    const now = Date.now();
    const entry = lookup(route, policy, key, request, now);
    if (entry !== undefined) {
      answer(route, request, reply, entry, now);
      return reply;
    }
    const missed = explain(route, key, request.headers as Fields, now);
    ({ fwd } = missed);
    if (outcome !== 'stored' && outcome !== 'again') break;
    const queue = queueKey(key, missed.index, request.headers as Fields);
    waiting = collapser?.wait(queue, now);
    if (waiting === undefined) open = collapser?.open(queue, now);
  }
  const result = fill(route, instance, request, reply, {
    policy,
    key,
    fwd,
    open,
    collapsed: false,
  });
  // undefined: the handler will call reply.send itself; a reply is awaited until it has been sent.
  return result === undefined ? reply : result;
}

function fill(
  route: CachedRoute,
  instance: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  facts: Pick<FillPass, 'policy' | 'key' | 'fwd' | 'open' | 'collapsed'>,
): unknown {
  const { scope } = route;
  scope.addKeyScope(facts.policy.key);
  scope.counters.forward(facts.fwd);
  const pass: FillPass = {
    kind: 'fill',
    route,
    ...facts,
    started: Date.now(),
    mark: markOf(route, request),
    before: snapshotHeaders(reply),
    conditions: takeConditions(request),
    seen: false,
    first: undefined,
    firstCoding: undefined,
    failed: false,
    judged: false,
    stored: undefined,
    copy: undefined,
    detached: false,
    deferred: undefined,
  };
  setPass(request, pass);
  reply.raw.once('finish', () => release(pass, true));
  reply.raw.once('close', () => release(pass, false));
  let result: unknown;
  try {
    result = route.handler.call(instance, request, reply);
  } catch (error) {
    settleFill(pass, 'not-stored');
    throw error;
  }
  // A hijacked reply never comes to our onSend hook.
  if (reply.sent && !pass.judged) settleFill(pass, 'not-stored');
  else if (pass.open !== undefined && isThenable(result)) {
    const check = (): void => {
      if (reply.sent && !pass.judged) settleFill(pass, 'not-stored');
    };
    result.then(check, check);
  }
  return result;
}

// The end of a response, however it came: nobody may go on waiting for it.
function release(pass: FillPass, finished: boolean): void {
  const { deferred } = pass;
  pass.deferred = undefined;
  if (finished && !pass.failed) deferred?.();
  if (!pass.detached) pass.copy?.drop('incomplete');
  if (pass.copy?.isOpen) return;
  settleFill(pass, finished ? 'not-stored' : 'again');
  if (pass.mark !== undefined) pass.route.scope.tokens.release(pass.mark);
}

function markOf(route: CachedRoute, request: FastifyRequest): TokenMark | undefined {
  try {
    return route.scope.tokens.mark(request.raw.url ?? '/');
  } catch (error) {
    route.scope.fault('get', error);
    return undefined;
  }
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

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
