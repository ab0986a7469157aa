// The store decision about a reply that stands for itself, with all that hooks of the instance have made of it.
// Invariant: what is stored is what is sent; what is refused says why, in Cache-Status and in the counters.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { computeEtag, formatHttpDate } from '@catzilla/http';
import type { Fields } from '@catzilla/http';
import { toldFields } from '../answer/client-control.ts';
import { emitTags } from './emit-tags.ts';
import { hasRawHeaders, hasTrailers, replyHeaders } from '../internals.ts';
import { MAX_TAGS } from '../options/tag.ts';
import { wishesOf } from '../reply-cache.ts';
import { dateOf } from '../rfc/freshness.ts';
import { SilentReplies } from '../rfc/silent-replies.ts';
import { storable } from '../rfc/storable.ts';
import type { StoreFacts } from '../rfc/storable.ts';
import { storedFields } from '../rfc/stored-headers.ts';
import { BodyCopy, discard, isStream, tee } from '../tee.ts';
import { forgetKeys } from '../tiers/remove.ts';
import { engineKey } from '../key/primary-key.ts';
import { announce, announceVary, UNFRESH } from './announce.ts';
import { applyConditions } from './conditional.ts';
import { bodyLimit, keep, refuse } from './keep.ts';
import type { Job } from './keep.ts';
import { ownHeaders } from './pass.ts';
import type { FillPass } from './pass.ts';
import { toBuffer } from './payload.ts';
import { bornAfterInvalidation, speaksForGet } from './post.ts';
import { policyFor, tagsFor } from './reply-policy.ts';
import { hooksAround } from './route.ts';

/** Statuses by which a refresh was refused, or failed: they say nothing about the response that is there. */
const NOT_OF_IT: ReadonlySet<number> = new Set([401, 403, 407, 429]);
/** Statuses that say that there is no such response any more. */
const GONE: ReadonlySet<number> = new Set([404, 410]);

/** Judges a reply: stores it, has its stream stored once it has ended, or says why not.
 * @param original  the payload as it came
 * @param payload   the same, taken out of a Response
 * @returns the payload to send */
export function judgeFill(
  request: FastifyRequest,
  reply: FastifyReply,
  pass: FillPass,
  { original, payload }: { readonly original: unknown; readonly payload: unknown },
): unknown {
  if (isSilent(request, reply, pass)) {
    const now = Date.now();
    announceVary(reply, pass);
    refuse(pass, 'no-freshness', now);
    announce(reply, pass, UNFRESH);
    return applyConditions(reply, pass, payload, now);
  }
  const transformed =
    pass.seen &&
    original !== pass.first &&
    reply.getHeader('content-encoding') === pass.firstCoding;
  const now = Date.now();
  const tags = tagsFor(request, reply, pass, reply.getHeaders() as Fields);
  const facts = decide(request, reply, pass, payload, tags, now);
  // Only now: what clients are told may be wider (Cookie) than what selects the variant (one cookie's value).
  announceVary(reply, pass);
  if (typeof facts === 'string') {
    refuse(pass, facts, now);
    if (pass.isRefresh && GONE.has(reply.statusCode)) removeStale(pass);
    const detail = facts === 'skip' ? (wishesOf(reply)?.skip ?? facts) : facts;
    announce(reply, pass, request.method === 'HEAD' ? {} : { stored: false, detail });
    return applyConditions(reply, pass, payload, now);
  }
  const isWeakened = complete(reply, pass, payload, now);
  emitTags(reply, pass.policy.emitTags, facts.tags);
  const fields = storedFields(reply.getHeaders() as Fields, {
    omit: facts.omit,
    before: ownHeaders(request, pass) as Fields,
    receivedAt: now,
  });
  const { statusCode: status } = reply;
  const job: Job = { facts, transformed, isWeakened, status, now, fields, tags: facts.tags };
  tellClient(reply, pass, job);
  const isEmpty = status === 204;
  if (isStream(payload) && !isEmpty) {
    announce(reply, pass, { stored: true });
    pass.copy = copyOf(pass, job);
    return applyConditions(reply, pass, tee(payload, pass.copy), now);
  }
  // Nobody reads the stream of a response that can have no body (RFC 9110 15.3.5): its copy would never end.
  if (isEmpty) discard(payload);
  const sent = isEmpty ? null : payload;
  const body = toBuffer(sent);
  if (hooksAround(pass.route, request, reply).after) {
    pass.deferred = () => keep(pass, job, body);
    announce(reply, pass, { stored: true });
  } else {
    const reason = keep(pass, job, body);
    announce(reply, pass, reason ? { stored: false, detail: reason } : { stored: true });
  }
  return applyConditions(reply, pass, sent, now);
}

// Most replies: nothing of what decides otherwise is there, neither from the handler nor from the options. What tags a function
// of the options would tell is not asked here, and it may fail. HOT: benchmarks/app
function isSilent(request: FastifyRequest, reply: FastifyReply, pass: FillPass): boolean {
  const { route, policy } = pass;
  if (pass.failed || pass.isRefresh || policy.tagsOf.length > 0) return false;
  if (wishesOf(reply) !== undefined || hasTrailers(reply)) return false;
  if (route.silent?.policy !== policy) route.silent = new SilentReplies(policy);
  const { raw } = reply;
  return route.silent.has(
    request.method,
    request.headers as Fields,
    raw.statusCode,
    replyHeaders(reply) as Fields,
    hasRawHeaders(raw) ? (raw.getHeaders() as Fields) : undefined,
  );
}

// What was refreshed is there no longer: nobody is to get it any more, though its window is open.
function removeStale({ route, stale }: FillPass): void {
  if (stale !== undefined) forgetKeys(route.scope, [engineKey(stale.key)]);
}

// Clients are told by a field of their own how long they may keep the response; what is stored keeps the handler's.
function tellClient(reply: FastifyReply, pass: FillPass, job: Job): void {
  const { clientCacheControl } = pass.policy;
  if (clientCacheControl === undefined) return;
  const { facts, status, now } = job;
  const entry = { status, key: pass.key, lifetimeMs: facts.lifetimeMs, bornAt: facts.bornAt };
  for (const [name, value] of toldFields(job.fields, clientCacheControl, entry, now)) {
    if (name === 'cache-control' || name === 'date') reply.header(name, value);
  }
  reply.removeHeader('age').removeHeader('expires');
}

function copyOf(pass: FillPass, job: Job): BodyCopy {
  const { counters, tokens, maxInflightBytes } = pass.route.scope;
  const limits = { body: bodyLimit(pass), inflight: maxInflightBytes };
  return new BodyCopy(limits, counters, (body, reason) => {
    if (body === undefined) refuse(pass, reason ?? 'incomplete', Date.now());
    else keep(pass, job, body);
    if (pass.start !== undefined) tokens.release(pass.start.mark);
  });
}

interface Decision extends StoreFacts {
  readonly tags: readonly string[];
}

// The facts to store by, or the word that says why not.
function decide(
  request: FastifyRequest,
  reply: FastifyReply,
  pass: FillPass,
  payload: unknown,
  tags: readonly string[] | undefined,
  now: number,
): Decision | string {
  const wishes = wishesOf(reply);
  if (wishes?.skip !== undefined && !pass.failed) return 'skip';
  const isRefused = NOT_OF_IT.has(reply.statusCode) || reply.statusCode >= 500;
  // One that was given up may come behind a newer one.
  if (pass.isRefresh && (isRefused || reply.raw.destroyed)) return 'refresh-refused';
  const isPost = request.method === 'POST';
  if (isPost && !speaksForGet(request, reply)) return 'method';
  const headers = reply.getHeaders() as Fields;
  const method = isPost ? 'GET' : request.method;
  const decision = storable(
    { method, headers: request.headers as Fields, startedAt: pass.started },
    {
      status: reply.statusCode,
      headers,
      receivedAt: now,
      failed: pass.failed,
      trailers: hasTrailers(reply),
    },
    policyFor(reply, pass.policy, wishes?.ttl, reply.statusCode),
  );
  if (!decision.store) return decision.reason;
  if (isPost) {
    // RFC 9110 9.3.3: explicit freshness, that of the response itself.
    if (decision.source === 'ttl' || decision.source === 'heuristic') return 'no-freshness';
    bornAfterInvalidation(pass, request);
  }
  if (pass.start === undefined || tags === undefined) return 'backend';
  if (tags.length > MAX_TAGS) return 'too-many-tags';
  const limit = bodyLimit(pass);
  if (isStream(payload)) {
    return Number(headers['content-length'] ?? 0) > limit ? 'too-large' : { ...decision, tags };
  }
  if (
    payload !== null &&
    payload !== undefined &&
    typeof payload !== 'string' &&
    !Buffer.isBuffer(payload)
  ) {
    return 'error'; // Fastify is about to refuse it too
  }
  return payload && Buffer.byteLength(payload) > limit ? 'too-large' : { ...decision, tags };
}

// Date is what age counts from (RFC 9110 6.6.1); Node would add its own, maybe a second later. The ETag is made once, here.
// Returns whether a strong tag was made weak.
function complete(reply: FastifyReply, pass: FillPass, payload: unknown, now: number): boolean {
  if (dateOf(reply.getHeaders() as Fields, now) === undefined) {
    reply.header('date', formatHttpDate(now));
  }
  const etag = reply.getHeader('etag');
  if (etag === undefined) {
    if (reply.statusCode === 200 && !isStream(payload)) {
      reply.header('etag', computeEtag(toBuffer(payload)));
    }
    return false;
  }
  // A coding that a hook added may have come after the tag: then one strong tag would name two bodies.
  const isCoded = pass.seen && reply.getHeader('content-encoding') !== pass.firstCoding;
  if (!isCoded || typeof etag !== 'string' || !etag.startsWith('"')) return false;
  reply.header('etag', `W/${etag}`);
  return true;
}
