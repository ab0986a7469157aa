// Where the answer of a request lies: its full key, and the fields that select among the variants under it.
// Invariant: a request for which either cannot be told passes the cache by.
import type { FastifyRequest } from 'fastify';
import type { Fields } from '@catzilla/http';
import { IDENTITY, identityValue } from '../key/identity.ts';
import type { RoutePolicy } from '../options/policy.ts';
import type { CachedRoute } from './route.ts';

/** Where a request's answer would be stored: the full key, and the fields that select among its variants. */
export interface Place {
  readonly key: string;
  readonly headers: Fields;
}

/** Where the answer of a request is; undefined: it passes the cache by. */
export function placeOf(
  route: CachedRoute,
  policy: RoutePolicy,
  request: FastifyRequest,
): Place | undefined {
  const host = route.scope.hostOf(request);
  if (host === undefined) return undefined;
  const key = route.scope.keyOf(policy, request, host);
  if (key === undefined) return undefined;
  const headers = selecting(route, policy, request);
  return headers === undefined ? undefined : { key, headers };
}

/** The fields that may select a variant, and whose it is; undefined: the application says that it is nobody's, or cannot
 * tell, which is a fault. HOT */
export function selecting(
  { scope }: CachedRoute,
  policy: RoutePolicy,
  request: FastifyRequest,
): Fields | undefined {
  const headers = request.headers as Fields;
  if (policy.identityOf === undefined) return headers;
  try {
    const identity = policy.identityOf(request);
    if (typeof identity !== 'string') return undefined;
    return { ...headers, [IDENTITY]: identityValue(identity) };
  } catch (error) {
    scope.fault('identity', error);
    return undefined;
  }
}
