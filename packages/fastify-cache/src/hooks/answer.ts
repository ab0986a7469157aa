// Sends a hit by the shortest way that is provably the same answer: raw, head or send. HOT: benchmarks/http.
// Invariant: whatever the way, status, fields, their order and the body are equal; only the cost differs.
import { runPerRequest } from '@catzilla/router';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isNotModified } from '@catzilla/http';
import type { Fields } from '@catzilla/http';
import { extraLines } from '../answer/extra-lines.ts';
import { answerHead } from '../answer/head.ts';
import { settleLease } from '../answer/pin.ts';
import { ranged } from '../answer/ranged.ts';
import { connectionTail, isRawAllowed, writeRaw } from '../answer/raw.ts';
import { bodyText, notModifiedBytes, notModifiedHead, rendered } from '../answer/render.ts';
import { selfTestState } from '../answer/self-test.ts';
import { answerSend } from '../answer/send.ts';
import type { Style } from '../answer/style.ts';
import { letGo } from '../entry/entry.ts';
import type { Entry } from '../entry/entry.ts';
import { hasTrailers, replyHeaders } from '../internals.ts';
import type { RoutePolicy } from '../options/policy.ts';
import { setPass } from './pass.ts';
import { hasOpenScope, hooksAround } from './route.ts';
import type { CachedRoute } from './route.ts';

/** Answers a request from an entry that may answer it.
 * @param found  a lease of it is taken over */
export function answer(
  route: CachedRoute,
  policy: RoutePolicy,
  request: FastifyRequest,
  reply: FastifyReply,
  found: Entry,
  now: number,
): void {
  const { counters, settings, styles } = route.scope;
  const headers = request.headers as Fields;
  const notModified =
    (headers['if-none-match'] !== undefined || headers['if-modified-since'] !== undefined) &&
    isNotModified(headers, found.validators, now);
  passMiddleware(request, reply, found);
  const sends = mustSend(route, policy, request, reply, found);
  // Before anything of the application runs: from here on the lease ends with the response.
  const whole =
    found.lease === undefined
      ? found
      : settleLease(found, found.lease, reply.raw, sends && !notModified);
  const entry =
    notModified || headers['range'] === undefined
      ? whole
      : ranged(request, { ...whole, lease: undefined }, now);
  const style = styles.choose(request, policy);
  counters.hits++;
  counters.savedMs += found.took;
  route.counts.hits++;
  if (notModified) counters.notModified++;
  if (sends) {
    counters.send++;
    setPass(request, { kind: 'hit', entry });
    answerSend(reply, entry, { notModified, now, style });
    return;
  }
  if (
    settings.mode === 'auto' &&
    selfTestState().state === 'passed' &&
    isRawAllowed(request.raw, reply.raw) &&
    answerRaw(reply, entry, notModified, now, style)
  ) {
    counters.raw++;
    return;
  }
  counters.head++;
  answerHead(reply, entry, { notModified, now, style });
}

// What middleware has for each reply is set before the answer is composed, so that every way sends it. What was stored has passed
// the rest of it.
function passMiddleware(request: FastifyRequest, reply: FastifyReply, found: Entry): void {
  try {
    runPerRequest(request, reply);
  } catch (error) {
    letGo(found);
    throw error;
  }
}

// Hooks of others must see the reply, unless what is stored has passed them and been changed by them already.
function mustSend(
  route: CachedRoute,
  policy: RoutePolicy,
  request: FastifyRequest,
  reply: FastifyReply,
  entry: Entry,
): boolean {
  if (entry.transformed) return false;
  if (request.raw.httpVersionMajor === 2) return true;
  if (replyHeaders(reply)['set-cookie'] !== undefined || hasTrailers(reply)) return true;
  if (route.scope.settings.mode === 'send') return true;
  if (!policy.runsOnSend) return false;
  return hasOpenScope(request) || hooksAround(route, request, reply).foreign;
}

function answerRaw(
  reply: FastifyReply,
  entry: Entry,
  notModified: boolean,
  now: number,
  style: Style,
): boolean {
  const res = reply.raw;
  const headers = replyHeaders(reply);
  const extra = extraLines(headers, entry);
  if (extra === undefined) return false;
  const tail = connectionTail(res);
  const form = rendered(entry, now, style, tail, extra, headers);
  const isWhole = extra === form.extra;
  reply.hijack();
  if (notModified) {
    const head = isWhole
      ? notModifiedBytes(entry, form, now)
      : notModifiedHead(entry, form, now) + extra + tail;
    writeRaw(res, 304, head, undefined);
  } else if (isWhole) {
    if (form.whole !== undefined) writeRaw(res, entry.status, form.whole, undefined);
    else writeRaw(res, entry.status, form.headBytes as Buffer, entry.body);
  } else if (form.whole !== undefined) {
    writeRaw(res, entry.status, form.head + extra + tail + bodyText(entry, form), undefined);
  } else {
    writeRaw(res, entry.status, form.head + extra + tail, entry.body);
  }
  return true;
}
