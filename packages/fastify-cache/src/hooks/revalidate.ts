// What the handler's word about a stale entry comes to (RFC 9111 4.3.3, 4.3.4, 4.3.5): a 304 makes it fresh again and it is
// answered; the 200 of a HEAD makes it fresh or out of date; an error may be answered by it all the same.
// Invariant: an entry is updated only by a response that is about it; what may no longer be stored is removed.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Fields } from '@catzilla/http';
import type { Entry } from '../entry/entry.ts';
import { makeEntry } from '../entry/entry.ts';
import { engineKey } from '../key/primary-key.ts';
import { freshened, isAbout, comparedByHead } from '../rfc/freshen.ts';
import { storable } from '../rfc/storable.ts';
import { storedFields } from '../rfc/stored-headers.ts';
import type { StoredField } from '../rfc/stored-headers.ts';
import { maySubstitute } from '../rfc/use.ts';
import { wishesOf } from '../reply-cache.ts';
import { discard } from '../tee.ts';
import { forgetKeys } from '../tiers/remove.ts';
import { memberOf } from './announce.ts';
import { headOf, keep, refuse } from './keep.ts';
import { ownHeaders, settleFill } from './pass.ts';
import type { FillPass } from './pass.ts';
import { policyFor, tagsFor } from './reply-policy.ts';
import { askAgain } from './refresh.ts';
import { standIn } from './stand-in.ts';

/** Statuses in whose place a stale response may be sent (RFC 5861 4). */
const ERRORS: ReadonlySet<number> = new Set([500, 502, 503, 504]);

/** Fields of the message inside the application: the one that is sent gets its own. */
const OF_THE_MESSAGE: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'transfer-encoding',
]);

/** What becomes of a reply where there was a stale entry.
 * @returns the payload to send, or a promise of it; undefined: the reply stands for itself */
export function byEntry(
  request: FastifyRequest,
  reply: FastifyReply,
  pass: FillPass,
  payload: unknown,
): unknown {
  const { stale } = pass;
  if (stale === undefined) return undefined;
  const { statusCode: status } = reply;
  const now = Date.now();
  // Nobody waits for a refresh: its error is answered to nobody, and what comes after its deadline is too late.
  if (pass.isRefresh && (ERRORS.has(status) || reply.raw.destroyed)) return undefined;
  if (ERRORS.has(status)) return inPlaceOfError(request, reply, pass, payload, stale, now);
  if (pass.failed) return undefined;
  if (status === 304 && pass.validates) {
    return isAbout(stale.validators, reply.getHeaders() as Fields, now, stale.isWeakened)
      ? revalidated(request, reply, pass, payload, stale, now)
      : anew(request, reply, pass, payload);
  }
  if (request.method === 'HEAD' && status === 200) afterHead(request, reply, pass, stale, now);
  return undefined;
}

function inPlaceOfError(
  request: FastifyRequest,
  reply: FastifyReply,
  pass: FillPass,
  given: unknown,
  entry: Entry,
  now: number,
): unknown {
  if (!maySubstitute(entry, now)) return undefined;
  const { counters } = pass.route.scope;
  counters.staleIfError++;
  counters.refuse('error');
  pass.route.counts.notStored++;
  settleFill(pass, 'failed');
  const member = memberOf(reply, pass, {
    fwdStatus: reply.statusCode,
    ttl: Math.floor((entry.staleFrom - now) / 1000),
    detail: 'stale-if-error',
  });
  return standIn(request, reply, pass, { entry, given, member });
}

function revalidated(
  request: FastifyRequest,
  reply: FastifyReply,
  pass: FillPass,
  given: unknown,
  stale: Entry,
  now: number,
): unknown {
  pass.route.scope.counters.revalidated++;
  const { entry, reason } = renew(request, reply, pass, stale, now);
  const stored = reason === undefined;
  const facts = stored ? { stored } : { stored, detail: reason };
  const member = memberOf(reply, pass, { fwdStatus: 304, ...facts });
  const cookies = reply.getHeader('set-cookie');
  const sent = standIn(request, reply, pass, { entry, given, member });
  // Not stored, unless the policy says so: it is for this client alone, who must not lose it.
  if (cookies !== undefined) reply.removeHeader('set-cookie').header('set-cookie', cookies);
  return sent;
}

// RFC 9111 4.3.5: without a body to store, it can only speak about the one that is stored.
function afterHead(
  request: FastifyRequest,
  reply: FastifyReply,
  pass: FillPass,
  stale: Entry,
  now: number,
): void {
  const headers = reply.getHeaders() as Fields;
  const compared = comparedByHead(stale.validators, stale.body.length, headers, now);
  if (compared === 'same') renew(request, reply, pass, stale, now);
  if (compared !== 'other') return;
  const { scope } = pass.route;
  scope.tiered.expire(engineKey(stale.key)).catch((error: unknown) => scope.fault('set', error));
}

// Stores an entry again with what a response about it says.
function renew(
  request: FastifyRequest,
  reply: FastifyReply,
  pass: FillPass,
  stale: Entry,
  now: number,
): { entry: Entry; reason: string | undefined } {
  const { route } = pass;
  const headers = reply.getHeaders() as Fields;
  const policy = policyFor(reply, pass.policy, wishesOf(reply)?.ttl, stale.status);
  const omit = policy.setCookie === 'store' ? [] : ['set-cookie'];
  const before = ownHeaders(request, pass) as Fields;
  const update = storedFields(headers, { omit, before, receivedAt: now });
  const fields = freshened(stale.fields, update);
  const merged = { ...(Object.fromEntries(fields) as Fields), age: headers['age'] };
  const decision = storable(
    { method: 'GET', headers: pass.headers, startedAt: pass.started },
    { status: stale.status, headers: merged, receivedAt: now },
    policy,
  );
  if (!decision.store) {
    // What one client asked for takes nothing away from others.
    if (decision.reason !== 'request-no-store') forgetKeys(route.scope, [engineKey(stale.key)]);
    refuse(pass, decision.reason, now);
    return { entry: withFields(stale, fields), reason: decision.reason };
  }
  const kept = fields.filter(([name]) => !decision.omit.includes(name));
  // A 304 need not repeat them; what cannot be told anew is what it was.
  const tags = [...new Set([...stale.tags, ...(tagsFor(request, reply, pass, merged) ?? [])])];
  const { status, transformed, isWeakened } = stale;
  const job = { facts: decision, transformed, isWeakened, status, now, fields: kept, tags };
  const reason = keep(pass, job, stale.body);
  return { entry: makeEntry({ ...headOf(pass, job, kept), key: stale.key }, stale.body), reason };
}

function withFields(entry: Entry, fields: readonly StoredField[]): Entry {
  return makeEntry({ ...entry, fields }, entry.body);
}

// The 304 was about a response that is not stored here (RFC 9111 4.3.4): it updates nothing, and the client has to be
// given the whole.
async function anew(
  request: FastifyRequest,
  reply: FastifyReply,
  pass: FillPass,
  payload: unknown,
): Promise<unknown> {
  discard(payload);
  const { instance, own: key } = pass;
  const answer = await askAgain({ request, instance, key });
  // Only now: those who wait find what this has stored.
  refuse(pass, 'incomplete', Date.now());
  const own = ownHeaders(request, pass);
  for (const name of Object.keys(reply.getHeaders())) {
    if (!(name in own)) reply.removeHeader(name);
  }
  reply.code(answer.status);
  for (const [name, value] of Object.entries(answer.headers)) {
    if (!OF_THE_MESSAGE.has(name)) reply.header(name, value);
  }
  return answer.status === 304 || answer.status === 204 ? null : answer.body;
}
