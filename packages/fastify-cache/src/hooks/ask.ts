// One request that asks the cache: what it is about, and the two places where its answer may be, memory and the tiers below.
// Invariant: what is given may answer this request now; a fault of the cache is a miss, counted.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { letGo } from '../entry/entry.ts';
import type { Entry } from '../entry/entry.ts';
import { findEntry } from '../lookup.ts';
import type { RoutePolicy } from '../options/policy.ts';
import { engineKey } from '../key/primary-key.ts';
import type { FoundIndex } from '../records.ts';
import type { Fields } from '../rfc/fields.ts';
import type { ForwardReason } from '../rfc/reasons.ts';
import { reuseRefusal } from '../rfc/reuse.ts';
import type { FoundBelow } from '../tiers/read-below.ts';
import type { CachedRoute } from './route.ts';

/** A request that memory could not answer. */
export interface Ask {
  readonly route: CachedRoute;
  readonly instance: FastifyInstance;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly policy: RoutePolicy;
  /** The full primary key. */
  readonly key: string;
}

/** Why memory has no answer, and the index it has. */
export interface Missed {
  readonly fwd: ForwardReason;
  readonly index: FoundIndex | undefined;
}

/** An entry in memory that may answer now. HOT: benchmarks/http */
export function lookup(
  route: CachedRoute,
  policy: RoutePolicy,
  key: string,
  request: FastifyRequest,
  now: number,
): Entry | undefined {
  if (!policy.readsMemory) return undefined;
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

/** Why `lookup` gave nothing. */
export function explain({ route, policy, key, request }: Ask, now: number): Missed {
  if (!policy.readsMemory) return { fwd: 'uri-miss', index: undefined };
  try {
    const index = route.scope.records.readIndex(engineKey(key));
    const entry = findEntry(route.scope.records, key, route.id, request.headers as Fields);
    letGo(entry);
    if (entry === undefined) return { fwd: index === undefined ? 'uri-miss' : 'vary-miss', index };
    return { fwd: now >= entry.freshUntil ? 'stale' : 'request', index };
  } catch (error) {
    route.scope.fault('get', error);
    return { fwd: 'miss', index: undefined };
  }
}

/** Looks in the tiers below memory, if there are any that this request may be answered from. Never rejects.
 * @param near  the index that memory has */
export async function lookBelow(ask: Ask, near: FoundIndex | undefined): Promise<FoundBelow> {
  const { route, policy, key, request } = ask;
  const tiers = route.scope.belowFor(policy);
  const { below } = route.scope;
  if (below === undefined || tiers === undefined) return { entry: undefined, index: near };
  const headers = request.headers as Fields;
  const found = await below.find({ key, route: route.id, headers, tiers, near });
  const { entry } = found;
  const mayAnswer =
    entry !== undefined &&
    Date.now() < entry.freshUntil &&
    reuseRefusal(headers, entry, policy) === undefined;
  return mayAnswer ? found : { entry: undefined, index: found.index };
}

/** Whether nobody waits for this reply any more. */
export function isGone({ request, reply }: Ask): boolean {
  return reply.sent || request.raw.socket.destroyed;
}
