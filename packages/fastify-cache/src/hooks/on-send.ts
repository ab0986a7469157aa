// The store decision, in an onSend hook of the route, after those of the instance: what it sees is what goes out.
// Invariant: whatever it decides, the client gets its reply, completed only by Date, ETag, Cache-Status; and a reply that
// comes back through the error path takes back what was stored of it.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { finishSend } from '../answer/send.ts';
import { hasTrailers } from '../internals.ts';
import type { RoutePolicy } from '../options/policy.ts';
import { MAX_TAGS } from '../options/tag.ts';
import { wishesOf } from '../reply-cache.ts';
import { computeEtag } from '../rfc/etag.ts';
import type { Fields } from '../rfc/fields.ts';
import { dateOf } from '../rfc/freshness.ts';
import { formatHttpDate } from '../rfc/http-date.ts';
import { storable } from '../rfc/storable.ts';
import type { StoreFacts } from '../rfc/storable.ts';
import { storedFields } from '../rfc/stored-headers.ts';
import { withdraw } from '../store.ts';
import { BodyCopy, isStream, tee } from '../tee.ts';
import { announce, announceVary } from './announce.ts';
import { applyConditions, restoreConditions } from './conditional.ts';
import { keep, refuse } from './keep.ts';
import type { Job } from './keep.ts';
import { passOf } from './pass.ts';
import type { FillPass } from './pass.ts';
import { toBuffer, unwrapResponse } from './payload.ts';
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
  restoreConditions(request, pass.conditions);
  // Judged before: a hook after ours has failed, onError has taken the entry back, and this is the error's way out.
  if (pass.judged) return undefined;
  pass.judged = true;
  const sent = judgeFill(request, reply, pass, payload);
  return sent === payload ? undefined : sent;
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
    const detail = facts === 'skip' ? (wishesOf(reply)?.skip ?? facts) : facts;
    announce(reply, pass, request.method === 'HEAD' ? {} : { stored: false, detail });
    return applyConditions(reply, pass, payload, now);
  }
  complete(reply, pass, payload, now);
  const fields = storedFields(reply.getHeaders() as Fields, {
    omit: facts.omit,
    before: pass.before as Fields,
    receivedAt: now,
  });
  const tags = tagsOf(reply, pass.policy);
  const job: Job = { request, facts, transformed, status: reply.statusCode, now, fields, tags };
  if (isStream(payload)) {
    announce(reply, pass, { stored: true });
    pass.copy = copyOf(pass, job);
    return applyConditions(reply, pass, tee(payload, pass.copy), now);
  }
  const body = toBuffer(payload);
  if (hooksAround(pass.route, request, reply).after) {
    pass.deferred = () => keep(pass, job, body);
    announce(reply, pass, { stored: true });
  } else {
    const reason = keep(pass, job, body);
    announce(reply, pass, reason ? { stored: false, detail: reason } : { stored: true });
  }
  return applyConditions(reply, pass, payload, now);
}

function copyOf(pass: FillPass, job: Job): BodyCopy {
  const { counters, tokens } = pass.route.scope;
  return new BodyCopy(limits(pass), counters, (body, reason) => {
    if (body === undefined) refuse(pass, reason ?? 'incomplete', Date.now());
    else keep(pass, job, body);
    if (pass.start !== undefined) tokens.release(pass.start.mark);
  });
}

function limits(pass: FillPass): { body: number; inflight: number } {
  const { scope } = pass.route;
  return {
    body: Math.min(pass.policy.maxBodyBytes, scope.maxBodyBytes),
    inflight: scope.maxInflightBytes,
  };
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
  if (wishes?.skip !== undefined && !pass.failed) return 'skip';
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
  if (pass.start === undefined) return 'backend';
  if (tagsOf(reply, pass.policy).length > MAX_TAGS) return 'too-many-tags';
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

function tagsOf(reply: FastifyReply, policy: RoutePolicy): readonly string[] {
  const own = wishesOf(reply)?.tags;
  return own === undefined ? policy.tags : [...new Set([...policy.tags, ...own])];
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
