// One request that asks the cache: what it is about, and the two places where its answer may be, memory and the tiers below.
// Invariant: what is given may answer this request now, or is said not to; a fault of the cache is a miss, counted.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Fields } from '@catzilla/http';
import { letGo, newerOf, ownBody } from '../entry/entry.ts';
import type { Entry } from '../entry/entry.ts';
import { findEntry } from '../lookup.ts';
import type { RoutePolicy } from '../options/policy.ts';
import { engineKey } from '../key/primary-key.ts';
import type { FoundIndex } from '../records.ts';
import { parseCacheControl } from '../rfc/parse-cache-control.ts';
import type { CacheControl } from '../rfc/parse-cache-control.ts';
import type { ForwardReason } from '../rfc/reasons.ts';
import { reuseRefusal } from '../rfc/reuse.ts';
import { isFreshNow, useOf } from '../rfc/use.ts';
import type { Use } from '../rfc/use.ts';
import { mayRefreshBehind, refreshOf } from './refresh.ts';
import type { CachedRoute } from './route.ts';

/** A request that memory could not answer at once. */
export interface Ask {
  readonly route: CachedRoute;
  readonly instance: FastifyInstance;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly policy: RoutePolicy;
  /** The full primary key under which its answer is looked for. */
  readonly key: string;
  /** That of its URL; another only where responses say that queries make no difference. */
  readonly own: string;
  /** Fields that may select a variant: those of the request, and whose it is. */
  readonly headers: Fields;
}

/** An entry that fits the request, and what it is good for. */
export interface Candidate {
  readonly entry: Entry;
  readonly use: Use;
}

/** Why memory has no fresh answer, and what it has. */
export interface Missed {
  readonly fwd: ForwardReason;
  readonly index: FoundIndex | undefined;
  /** Its entry has a lease only if it may be answered. */
  readonly candidate: Candidate | undefined;
}

const NOTHING: Missed = Object.freeze({ fwd: 'uri-miss', index: undefined, candidate: undefined });

/** What the tiers below have. */
export interface FoundBelow {
  readonly candidate: Candidate | undefined;
  readonly index: FoundIndex | undefined;
}

/** A fresh entry in memory that may answer now. HOT: benchmarks/http */
export function lookup(
  route: CachedRoute,
  policy: RoutePolicy,
  key: string,
  headers: Fields,
  now: number,
): Entry | undefined {
  if (!policy.readsMemory) return undefined;
  try {
    const entry = findEntry(
      route.scope.records,
      key,
      route.id,
      headers,
      policy.vary.normalize,
      now,
    );
    if (entry === undefined || !isFreshNow(entry, now)) return letGo(entry);
    if (policy.requestDirectives === 'full' && headers['cache-control'] !== undefined) {
      if (useOf(entry, directivesOf(policy, headers), now, false) !== 'fresh') return letGo(entry);
    }
    return reuseRefusal(headers, entry, policy) === undefined ? entry : letGo(entry);
  } catch (error) {
    route.scope.fault('get', error);
    return undefined;
  }
}

/** Why `lookup` gave nothing.
 * @param isAbsent  it has just found no record under the key: memory is not read again. HOT: benchmarks/app */
export function explain(ask: Ask, now: number, isAbsent: boolean): Missed {
  const { route, policy, key, headers } = ask;
  if (isAbsent || !policy.readsMemory) return NOTHING;
  const nothing = { index: undefined, candidate: undefined };
  try {
    const index = route.scope.records.readIndex(engineKey(key));
    const entry = findEntry(
      route.scope.records,
      key,
      route.id,
      headers,
      policy.vary.normalize,
      now,
    );
    if (entry === undefined) {
      return { fwd: index === undefined ? 'uri-miss' : 'vary-miss', ...nothing, index };
    }
    const fwd = isFreshNow(entry, now) ? 'request' : 'stale';
    return { fwd, index, candidate: judgeEntry(ask, entry, now) };
  } catch (error) {
    route.scope.fault('get', error);
    return { fwd: 'miss', ...nothing };
  }
}

/** Looks in the tiers below memory, if there are any that this request may be answered from. Never rejects.
 * @param near  the index that memory has */
export async function lookBelow(ask: Ask, near: FoundIndex | undefined): Promise<FoundBelow> {
  const { route, policy, key, headers } = ask;
  const tiers = route.scope.belowFor(policy);
  const { below } = route.scope;
  if (below === undefined || tiers === undefined) return { candidate: undefined, index: near };
  const { normalize } = policy.vary;
  const found = await below.find({ key, route: route.id, headers, normalize, tiers, near });
  const { entry, index } = found;
  const candidate = entry === undefined ? undefined : judgeEntry(ask, entry, Date.now());
  return { candidate, index };
}

/** The entry of a candidate that may be answered without asking the handler. */
export function answerable(candidate: Candidate | undefined): Entry | undefined {
  return candidate === undefined || candidate.use === 'validate' ? undefined : candidate.entry;
}

/** The newer of two. */
export function newer(
  one: Candidate | undefined,
  other: Candidate | undefined,
): Candidate | undefined {
  return newerOf(one?.entry, other?.entry) === one?.entry ? (one ?? other) : other;
}

/** Whether nobody waits for this reply any more. */
export function isGone({ request, reply }: Ask): boolean {
  return reply.sent || request.raw.socket.destroyed;
}

// The request's directives, as far as the policy lets them count (RFC 9111 5.2.1).
function directivesOf(policy: RoutePolicy, headers: Fields): CacheControl | undefined {
  return policy.requestDirectives === 'full'
    ? parseCacheControl(headers['cache-control'])
    : undefined;
}

function judgeEntry(ask: Ask, entry: Entry, now: number): Candidate | undefined {
  const { policy, headers, request } = ask;
  if (reuseRefusal(headers, entry, policy) !== undefined) return letGo(entry);
  let use = useOf(entry, directivesOf(policy, headers), now, isOverloaded(ask));
  // Nobody could refresh it behind the client's back, or this is who does.
  if (use === 'behind' && (refreshOf(request) !== undefined || !mayRefreshBehind(ask, entry))) {
    use = 'validate';
  }
  // What waits for the handler must not pin memory of the cache meanwhile.
  return { entry: use === 'validate' ? ownBody(entry) : entry, use };
}

// @fastify/under-pressure, where it is registered.
function isOverloaded({ instance, route }: Ask): boolean {
  const { isUnderPressure } = instance as { isUnderPressure?: () => boolean };
  try {
    return typeof isUnderPressure === 'function' && isUnderPressure.call(instance);
  } catch (error) {
    route.scope.fault('pressure', error);
    return false;
  }
}
