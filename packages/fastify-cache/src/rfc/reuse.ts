// May a stored, selected response answer this request (RFC 9111 4)? The twin of storable.ts for hits.
// Invariant: whatever storable refuses to store for a request's credentials is not read with them either.
import type { Fields } from './fields.ts';
import type { Reason } from './reasons.ts';
import type { StoreFacts, StorePolicy } from './storable.ts';

/** Why the entry may not answer; undefined when it may. Freshness is `isFresh`. HOT: benchmarks/http */
export function reuseRefusal(
  headers: Fields,
  stored: Pick<StoreFacts, 'ttlOnly' | 'authorizationAllowed'>,
  policy: Pick<StorePolicy, 'authorization' | 'ttlVetoFields'>,
): Reason | undefined {
  throw new Error('pending');
}

/** Fresh while its lifetime is greater than its age (RFC 9111 4.2). HOT: benchmarks/http */
export function isFresh(stored: Pick<StoreFacts, 'bornAt' | 'lifetimeMs'>, now: number): boolean {
  throw new Error('pending');
}

/** The Age field of a reused response in whole seconds, 0 to 2^31 (RFC 9111 5.1). */
export function ageSeconds(stored: Pick<StoreFacts, 'bornAt'>, now: number): number {
  throw new Error('pending');
}
