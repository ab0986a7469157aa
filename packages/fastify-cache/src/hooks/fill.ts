// A run of the real handler whose reply may be stored: what is noted before it, and what becomes of it however it ends.
// Invariant: a response that ends, in whatever way, frees who waits for it, here and in other instances.
import type { ServerResponse } from 'node:http';
import { notePerRequestFields } from '@catzilla/router';
import { startFill } from '../tiers/fill-start.ts';
import { setConditions, takeConditions } from './conditional.ts';
import { mayAskAgain, refreshOf } from './refresh.ts';
import type { Ask } from './ask.ts';
import { setPass, settleFill, snapshotHeaders } from './pass.ts';
import type { FillPass } from './pass.ts';

/** Which fill a response ends. */
const FILL: unique symbol = Symbol('catzilla.fastify-cache.fill');

type Filled = ServerResponse & { [FILL]?: FillPass };

/** Runs the handler.
 * @returns what it returned */
export function fill(
  ask: Ask,
  facts: Pick<FillPass, 'fwd' | 'open' | 'collapsed' | 'below' | 'lock' | 'stale'>,
): unknown {
  const { route, instance, request, reply, policy, key } = ask;
  const { scope } = route;
  scope.addKeyScope(policy.key);
  scope.counters.forward(facts.fwd);
  route.counts.misses++;
  const refresh = refreshOf(request);
  // Where its 304 may be about something else, there must be a way to ask for the whole.
  const asks =
    facts.stale !== undefined && refresh?.isUnconditional !== true && mayAskAgain(request);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const takes = isRead && (asks || policy.conditionalMiss === 'fill');
  const conditions = takes ? takeConditions(request) : undefined;
  const pass: FillPass = {
    kind: 'fill',
    route,
    instance,
    policy,
    key,
    own: ask.own,
    headers: ask.headers,
    fwd: facts.fwd,
    open: facts.open,
    collapsed: facts.collapsed,
    below: facts.below,
    lock: facts.lock,
    stale: facts.stale,
    started: Date.now(),
    start: startFill(scope, request.raw.url ?? '/', key),
    before: snapshotHeaders(reply),
    conditions,
    validates: asks && facts.stale !== undefined && setConditions(request, facts.stale),
    isRefresh: refresh?.isUnconditional === false,
    seen: false,
    first: undefined,
    firstCoding: undefined,
    failed: false,
    judged: false,
    stored: undefined,
    refused: undefined,
    copy: undefined,
    detached: false,
    deferred: undefined,
  };
  setPass(request, pass);
  notePerRequestFields(request);
  // Functions that all responses share: most replies would pay for closures of their own for nothing.
  (reply.raw as Filled)[FILL] = pass;
  reply.raw.on('finish', onFinish);
  reply.raw.on('close', onClose);
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

function onFinish(this: ServerResponse): void {
  release((this as Filled)[FILL] as FillPass, true);
}

function onClose(this: ServerResponse): void {
  release((this as Filled)[FILL] as FillPass, false);
}

// The end of a response, however it came: nobody may go on waiting for it.
function release(pass: FillPass, finished: boolean): void {
  const { deferred } = pass;
  pass.deferred = undefined;
  if (finished && !pass.failed) deferred?.();
  if (!pass.detached) pass.copy?.drop('incomplete');
  if (pass.copy?.isOpen) return;
  settleFill(pass, finished ? 'not-stored' : 'again');
  if (pass.start !== undefined) pass.route.scope.tokens.release(pass.start.mark);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
