// The store decision, in an onSend hook of the route, after those of the instance: what it sees is what goes out.
// Invariant: whatever it decides, the client gets its reply, completed only by Date, ETag, Cache-Status; and a reply that
// comes back through the error path takes back what was stored of it.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { finishSend } from '../answer/send.ts';
import { unionVary } from '../answer/compose.ts';
import { hasTrailers } from '../internals.ts';
import type { RoutePolicy } from '../options/policy.ts';
import { wishesOf } from '../reply-cache.ts';
import { appendCacheStatus, formatCacheStatus } from '../rfc/cache-status.ts';
import { isNotModified, notModifiedFields, validatorsOf } from '../rfc/conditional.ts';
import { computeEtag } from '../rfc/etag.ts';
import type { Fields, FieldValue } from '../rfc/fields.ts';
import { dateOf } from '../rfc/freshness.ts';
import { formatHttpDate } from '../rfc/http-date.ts';
import { storable } from '../rfc/storable.ts';
import type { StoreFacts } from '../rfc/storable.ts';
import { isRepresentationField, storedFields } from '../rfc/stored-headers.ts';
import { storeResponse, withdraw } from '../store.ts';
import type { PluginReason } from '../stats.ts';
import { BodyCopy, isStream, tee } from '../tee.ts';
import { passOf, settleFill } from './pass.ts';
import type { FillPass, ForwardPass } from './pass.ts';
import { hooksAround } from './route.ts';

/** Remembers the payload before hooks of others: first of the instance's onSend hooks, from registration on. */
export function noteFirst(request: FastifyRequest, reply: FastifyReply, payload: unknown): void {
  const pass = passOf(request);
  if (pass?.kind !== 'fill' || pass.seen) return;
  pass.seen = true;
  pass.first = payload;
  pass.firstCoding = reply.getHeader('content-encoding');
}

/** Judges a reply at its last onSend hook.
 * @returns the payload to send in its place; undefined: as it is */
export function judge(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
  const pass = passOf(request);
  if (pass === undefined) return undefined;
  if (pass.kind === 'hit') return finishSend(reply, pass.entry, payload);
  if (pass.kind === 'forward') {
    announce(reply, pass, {});
    return undefined;
  }
  restoreConditions(request, pass);
  // Judged before: a hook after ours has failed, onError has taken the entry back, and this is the error's way out.
  if (pass.judged) return undefined;
  pass.judged = true;
  return judgeFill(request, reply, pass, payload);
}

/** The error path was taken: nothing of this reply is kept. */
export function fail(pass: FillPass): void {
  pass.failed = true;
  pass.deferred = undefined;
  pass.copy?.drop('incomplete');
  if (pass.stored !== undefined) {
    withdraw(pass.route.scope, pass.stored);
    pass.stored = undefined;
  }
}

function judgeFill(
  request: FastifyRequest,
  reply: FastifyReply,
  pass: FillPass,
  original: unknown,
): unknown {
  const transformed =
    pass.seen &&
    original !== pass.first &&
    reply.getHeader('content-encoding') === pass.firstCoding;
  const payload = unwrapResponse(reply, original);
  const now = Date.now();
  const facts = decide(request, reply, pass, payload, now);
  // Only now: what clients are told may be wider (Cookie) than what selects the variant (one cookie's value).
  announceVary(reply, pass);
  if (typeof facts === 'string') {
    refuse(pass, facts, now);
    announce(reply, pass, request.method === 'HEAD' ? {} : { stored: false, detail: facts });
    return conditional(reply, pass, payload, original, now);
  }
  complete(reply, pass, payload, now);
  const job = { request, facts, transformed, now, status: reply.statusCode };
  const fields = storedFields(reply.getHeaders() as Fields, {
    omit: facts.omit,
    before: pass.before as Fields,
    receivedAt: now,
  });
  if (isStream(payload)) {
    announce(reply, pass, { stored: true });
    const copy = new BodyCopy(limits(pass), pass.route.scope.counters, (body, reason) => {
      if (body === undefined) refuse(pass, reason ?? 'incomplete', Date.now());
      else finish(pass, job, fields, body);
      if (pass.mark !== undefined) pass.route.scope.tokens.release(pass.mark);
    });
    pass.copy = copy;
    return conditional(reply, pass, tee(payload, copy), original, now);
  }
  const body = toBuffer(payload);
  if (hooksAround(pass.route, request, reply).after) {
    pass.deferred = () => finish(pass, job, fields, body);
    announce(reply, pass, { stored: true });
  } else {
    const reason = finish(pass, job, fields, body);
    announce(
      reply,
      pass,
      reason === undefined ? { stored: true } : { stored: false, detail: reason },
    );
  }
  return conditional(reply, pass, payload, original, now);
}

interface Job {
  readonly request: FastifyRequest;
  readonly facts: StoreFacts;
  readonly transformed: boolean;
  readonly status: number;
  readonly now: number;
}

function announceVary(reply: FastifyReply, pass: FillPass): void {
  const names = pass.policy.announceVary;
  if (names.length === 0 || pass.failed) return;
  reply.header('vary', unionVary(reply.getHeader('vary') as FieldValue, names.join(', ')));
}

// The facts to store by, or the word that says why not.
function decide(
  request: FastifyRequest,
  reply: FastifyReply,
  pass: FillPass,
  payload: unknown,
  now: number,
): StoreFacts | string {
  const wishes = wishesOf(reply);
  if (wishes?.skip !== undefined && !pass.failed) return wishes.skip;
  const headers = reply.getHeaders() as Fields;
  const decision = storable(
    { method: request.method, headers: request.headers as Fields, startedAt: pass.started },
    {
      status: reply.statusCode,
      headers,
      receivedAt: now,
      failed: pass.failed,
      trailers: hasTrailers(reply),
    },
    policyFor(reply, pass.policy, wishes?.ttl),
  );
  if (!decision.store) return decision.reason;
  if (pass.mark === undefined) return 'backend';
  const limit = limits(pass).body;
  if (isStream(payload)) {
    return Number(headers['content-length'] ?? 0) > limit ? 'too-large' : decision;
  }
  if (
    payload !== null &&
    payload !== undefined &&
    typeof payload !== 'string' &&
    !Buffer.isBuffer(payload)
  ) {
    return 'error'; // Fastify is about to refuse it too
  }
  return payload && Buffer.byteLength(payload) > limit ? 'too-large' : decision;
}

// The route's policy with what this reply adds. @fastify/compress names Accept-Encoding in Vary only when it compresses, so
// the plain body would go to everybody: with it the field always counts.
function policyFor(reply: FastifyReply, policy: RoutePolicy, ttl: number | undefined): RoutePolicy {
  let result = policy;
  if (ttl !== undefined) {
    const table = { exact: new Map([[reply.statusCode, ttl]]), classes: [] };
    result = { ...result, ttl: table, ttlMode: 'override' };
  }
  const compresses = typeof (reply as { compress?: unknown }).compress === 'function';
  if (compresses && !policy.vary.add.includes('accept-encoding')) {
    const { add, ignore } = policy.vary;
    result = { ...result, vary: { add: [...add, 'accept-encoding'], ignore } };
  }
  return result;
}

function limits(pass: FillPass): { body: number; inflight: number } {
  const { scope } = pass.route;
  return {
    body: Math.min(pass.policy.maxBodyBytes, scope.maxBodyBytes),
    inflight: scope.maxInflightBytes,
  };
}

// Date is what age counts from (RFC 9110 6.6.1); Node would add its own, maybe a second later. The ETag is made once, here.
function complete(reply: FastifyReply, pass: FillPass, payload: unknown, now: number): void {
  if (dateOf(reply.getHeaders() as Fields, now) === undefined) {
    reply.header('date', formatHttpDate(now));
  }
  const etag = reply.getHeader('etag');
  if (etag === undefined) {
    if (reply.statusCode === 200 && !isStream(payload)) {
      reply.header('etag', computeEtag(toBuffer(payload)));
    }
    return;
  }
  // A coding that a hook added may have come after the tag: then one strong tag would name two bodies.
  const isCoded = pass.seen && reply.getHeader('content-encoding') !== pass.firstCoding;
  if (isCoded && typeof etag === 'string' && etag.startsWith('"'))
    reply.header('etag', `W/${etag}`);
}

/** Puts a whole body into the cache and frees the waiters.
 * @returns why it was not stored */
function finish(
  pass: FillPass,
  job: Job,
  fields: ReturnType<typeof storedFields>,
  body: Buffer,
): PluginReason | undefined {
  const { route } = pass;
  const now = Date.now();
  const declared = fields.find((field) => field[0] === 'content-length')?.[1];
  if (pass.copy !== undefined && declared !== undefined && Number(declared) !== body.length) {
    return refuse(pass, 'incomplete', now);
  }
  const { facts, status } = job;
  const kept = fields.filter((field) => field[0] !== 'content-length');
  if (status === 200 && !kept.some((field) => field[0] === 'etag')) {
    kept.push(['etag', computeEtag(body)]);
  }
  if (status !== 204) kept.push(['content-length', String(body.length)]);
  const ttl = facts.freshForMs - (now - job.now);
  if (pass.mark === undefined || ttl <= 0) return refuse(pass, 'incomplete', now);
  const stored = storeResponse(
    route.scope,
    {
      key: pass.key,
      head: {
        route: route.id,
        status,
        fields: kept,
        bornAt: facts.bornAt,
        lifetimeMs: facts.lifetimeMs,
        ttlOnly: facts.ttlOnly,
        authorizationAllowed: facts.authorizationAllowed,
        transformed: job.transformed,
      },
      body,
      ttl,
      vary: facts.vary,
      constrained: route.constrained,
      headers: job.request.headers as Fields,
      maxVariants: pass.policy.maxVariants,
      started: pass.started,
      mark: pass.mark,
    },
    now,
  );
  if (typeof stored === 'string') return refuse(pass, stored, now);
  pass.stored = stored;
  route.scope.counters.stored++;
  if (pass.open !== undefined) route.scope.collapser?.unmark(pass.open.key);
  settleFill(pass, 'stored');
  return undefined;
}

// Reasons that lie in the request: the next client may well get a storable reply.
const PERSONAL: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'credentials',
  'request-no-store',
  'method',
  'purged-meanwhile',
  'incomplete',
]);

function refuse<R extends string>(pass: FillPass, reason: R, now: number): R {
  const { counters, collapser } = pass.route.scope;
  counters.refuse(reason);
  const isPersonal = PERSONAL.has(reason);
  if (pass.open !== undefined && !isPersonal) collapser?.mark(pass.open.key, now);
  settleFill(pass, isPersonal ? 'again' : 'not-stored');
  return reason;
}

function announce(
  reply: FastifyReply,
  pass: FillPass | ForwardPass,
  facts: { readonly stored?: boolean; readonly detail?: string },
): void {
  const style = pass.route.scope.styles.choose(reply.request);
  if (style.xCache) reply.header('x-cache', 'MISS');
  if (style.status === false) return;
  const detail = pass.kind === 'forward' ? pass.detail : facts.detail;
  const member = formatCacheStatus({
    fwd: pass.fwd,
    ...(facts.stored === undefined ? {} : { stored: facts.stored }),
    ...(pass.kind === 'fill' && pass.collapsed !== undefined ? { collapsed: pass.collapsed } : {}),
    ...(style.status === 'full' && pass.kind === 'fill' ? { key: pass.key } : {}),
    ...(detail === undefined ? {} : { detail }),
  });
  const existing = reply.getHeader('cache-status') as FieldValue;
  reply.header('cache-status', appendCacheStatus(existing, member));
}

// The client's conditions, judged on the full reply in the handler's place (RFC 9110 13.2.1).
function conditional(
  reply: FastifyReply,
  pass: FillPass,
  payload: unknown,
  original: unknown,
  now: number,
): unknown {
  const unchanged = payload === original ? undefined : payload;
  if (pass.conditions === undefined || pass.failed) return unchanged;
  const headers = reply.getHeaders() as Fields;
  if (!isNotModified(pass.conditions, validatorsOf(reply.statusCode, headers, now), now)) {
    return unchanged;
  }
  reply.code(304);
  const carried = new Set(
    notModifiedFields(Object.entries(headers) as never).map(([name]) => name),
  );
  for (const name of Object.keys(headers)) {
    if (isRepresentationField(name) && !carried.has(name)) reply.removeHeader(name);
  }
  if (isStream(payload)) void drain(pass, payload);
  return null;
}

// The body goes into the copy only: the client has it already.
async function drain(pass: FillPass, payload: AsyncIterable<unknown>): Promise<void> {
  pass.detached = true;
  try {
    for await (const _ of payload);
  } catch {
    pass.copy?.drop('incomplete'); // the stream's own error: nobody is left to send it to
  }
}

// Fastify applies status and fields of a Response after all hooks; one with private or Set-Cookie would look harmless here.
function unwrapResponse(reply: FastifyReply, payload: unknown): unknown {
  if (Object.prototype.toString.call(payload) !== '[object Response]') return payload;
  const response = payload as Response;
  if (response.bodyUsed) return payload;
  reply.code(response.status);
  for (const [name, value] of response.headers) reply.header(name, value);
  return response.body;
}

function restoreConditions(request: FastifyRequest, pass: FillPass): void {
  for (const [name, value] of Object.entries(pass.conditions ?? {})) {
    if (value !== undefined) request.raw.headers[name] = value as string;
  }
}

function toBuffer(payload: unknown): Buffer {
  if (Buffer.isBuffer(payload)) return payload;
  return Buffer.from((payload as string | null | undefined) ?? '');
}
