// The last word on a reply, in an onSend hook of the route, after those of the instance: what it sees is what goes out.
// Invariant: whatever it decides, the client gets its reply, completed only by Date, ETag, Cache-Status; and a reply that
// comes back through the error path takes back what was stored of it. What a stale entry has to do with it is revalidate.ts.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { finishSend } from '../answer/send.ts';
import { withdraw } from '../store.ts';
import { announce } from './announce.ts';
import { restoreConditions } from './conditional.ts';
import { judgeFill } from './judge-fill.ts';
import { passOf } from './pass.ts';
import type { FillPass } from './pass.ts';
import { unwrapResponse } from './payload.ts';
import { byEntry } from './revalidate.ts';

/** Remembers the payload before hooks of others: first of the instance's onSend hooks, from registration on. */
export function noteFirst(request: FastifyRequest, reply: FastifyReply, payload: unknown): void {
  const pass = passOf(request);
  if (pass?.kind !== 'fill' || pass.seen) return;
  pass.seen = true;
  pass.first = payload;
  pass.firstCoding = reply.getHeader('content-encoding');
}

/** Judges a reply at its last onSend hook.
 * @returns the payload to send in its place, or a promise of it; undefined: as it is */
export function judge(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
  const pass = passOf(request);
  if (pass === undefined) return undefined;
  if (pass.kind === 'hit') return finishSend(reply, pass.entry, payload);
  if (pass.kind === 'forward') {
    announce(reply, pass, {});
    return undefined;
  }
  restoreConditions(request, pass.conditions, pass.validates);
  // Judged before: a hook after ours has failed, onError has taken the entry back, and this is the error's way out.
  if (pass.judged) return undefined;
  pass.judged = true;
  const plain = unwrapResponse(reply, payload);
  const instead = byEntry(request, reply, pass, plain);
  if (instead !== undefined) return instead;
  const sent = judgeFill(request, reply, pass, { original: payload, payload: plain });
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
