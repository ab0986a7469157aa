// What is known of one request between the wrapped handler and the last onSend hook: it is on its way as a hit sent
// through the reply, as a fill, or past the cache. Kept on the request under a symbol; raw and head hits need none.
// Invariant: a fill is settled exactly once, by whichever hook or event ends it (settleFill).
import { perRequestFields } from '@catzilla/router';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Fields } from '@catzilla/http';
import type { Entry } from '../entry/entry.ts';
import type { FillOutcome, OpenFill } from '../collapse.ts';
import { hasRawHeaders, replyHeaders } from '../internals.ts';
import type { ReplyHeaders } from '../internals.ts';
import type { RoutePolicy } from '../options/policy.ts';
import type { FoundIndex } from '../records.ts';
import type { ForwardReason } from '../rfc/reasons.ts';
import type { StoredKeys } from '../store.ts';
import type { BodyCopy } from '../tee.ts';
import type { FillLock } from '../tiers/fill-lock.ts';
import type { FillStart } from '../tiers/fill-start.ts';
import type { CachedRoute } from './route.ts';

/** A hit on its way through reply.send. */
export interface HitPass {
  readonly kind: 'hit';
  readonly entry: Entry;
}

/** A request that the cache let by. */
export interface ForwardPass {
  readonly kind: 'forward';
  readonly route: CachedRoute;
  readonly fwd: ForwardReason;
  readonly detail: string;
}

/** A request whose handler runs and whose reply may be stored. */
export interface FillPass {
  readonly kind: 'fill';
  readonly route: CachedRoute;
  readonly policy: RoutePolicy;
  readonly instance: FastifyInstance;
  /** The full primary key that was looked for, and that of the URL. */
  readonly key: string;
  readonly own: string;
  /** Fields that select the variant, as the request gave them. */
  readonly headers: Fields;
  /** The entry there was, no longer fresh: to be validated, and to stand in for an error. Its body is its own. */
  readonly stale: Entry | undefined;
  /** The handler was asked whether that entry is current. */
  readonly validates: boolean;
  /** A refresh behind a stale answer. */
  readonly isRefresh: boolean;
  readonly fwd: ForwardReason;
  /** true: others wait for it. undefined: nothing was asked. false: it waited in vain. */
  readonly collapsed: boolean | undefined;
  /** When the handler started, ms. */
  readonly started: number;
  /** undefined: the cache could not be read, so nothing is stored. */
  start: FillStart | undefined;
  /** The index found below memory, before the handler ran. */
  readonly below: FoundIndex | undefined;
  /** Held while other instances wait for this fill. */
  readonly lock: FillLock | undefined;
  /** Headers on the reply when the handler started. */
  readonly before: ReplyHeaders;
  /** Conditions of the client, taken from the request while the handler runs. */
  readonly conditions: Fields | undefined;
  readonly open: OpenFill | undefined;
  /** Payload and coding as the first onSend hook saw them; `seen` once it has. */
  seen: boolean;
  first: unknown;
  firstCoding: unknown;
  /** The error path was taken. */
  failed: boolean;
  judged: boolean;
  stored: StoredKeys | undefined;
  /** Why it was not stored. */
  refused: string | undefined;
  copy: BodyCopy | undefined;
  /** The copy is drained without a client: a 304 went out while the full body fills. */
  detached: boolean;
  /** Stores at the end of the response, where hooks after ours may still fail. */
  deferred: (() => void) | undefined;
}

/** One request's way. */
export type Pass = HitPass | ForwardPass | FillPass;

const PASS: unique symbol = Symbol('catzilla.fastify-cache.pass');

interface WithPass {
  [PASS]?: Pass;
}

/** The way of a request; undefined when the cache has not touched it. */
export function passOf(request: FastifyRequest): Pass | undefined {
  return (request as WithPass)[PASS];
}

/** Notes the way of a request. */
export function setPass(request: FastifyRequest, pass: Pass): void {
  (request as WithPass)[PASS] = pass;
}

/** A copy of what is on the reply now, lists included. */
export function snapshotHeaders(reply: FastifyReply): ReplyHeaders {
  // Those of the raw response come first in what getHeaders() joins; most have none there.
  const headers: ReplyHeaders = hasRawHeaders(reply.raw)
    ? reply.getHeaders()
    : { ...replyHeaders(reply) };
  for (const name in headers) {
    const value = headers[name];
    if (Array.isArray(value)) headers[name] = [...(value as unknown[])];
  }
  return headers;
}

/** Headers that are of the request, not of what its handler answered: those that hooks had set before it ran, and those that
 * middleware sets for each request behind it. */
export function ownHeaders(request: FastifyRequest, pass: FillPass): ReplyHeaders {
  return { ...pass.before, ...perRequestFields(request) };
}

/** Frees the waiters of a fill, here and in other instances; harmless when it has been done. */
export function settleFill(pass: FillPass, outcome: FillOutcome): void {
  const { stored } = pass;
  pass.lock?.letGo(
    [stored?.entry, stored?.index].filter((key): key is string => key !== undefined),
  );
  if (pass.open !== undefined) pass.route.scope.collapser?.settle(pass.open, outcome);
}
