// May a stored, selected response answer this request (RFC 9111 4)? The twin of storable.ts for hits, and used by it.
// Invariant: whatever storable refuses to store for a request's credentials is not read with them either.
import type { Fields } from '@catzilla/http';
import type { Reason } from './reasons.ts';
import type { StoreFacts, StorePolicy } from './storable.ts';

/** Why the entry may not answer; undefined when it may. Freshness is use.ts. HOT: benchmarks/http
 *
 * Stricter than RFC 9111 3.5, which lets a response to an anonymous request answer one with Authorization: a handler
 * may look at the field without naming it in Vary. */
export function reuseRefusal(
  headers: Fields,
  stored: Pick<StoreFacts, 'ttlOnly' | 'authorizationAllowed'>,
  policy: Pick<StorePolicy, 'authorization' | 'ttlVetoFields' | 'isPrivate'>,
): Reason | undefined {
  // Nobody is answered from what was stored for another.
  if (policy.isPrivate) return undefined;
  if (
    headers['authorization'] !== undefined &&
    !(policy.authorization === 'share') &&
    !(policy.authorization === 'rfc' && stored.authorizationAllowed)
  ) {
    return 'authorization';
  }
  if (!stored.ttlOnly) return undefined;
  // By index: an iterator over a frozen array makes an object for each of its items.
  const fields = policy.ttlVetoFields;
  for (let i = 0; i < fields.length; i++) {
    const name = fields[i] as string;
    if (headers[name] === undefined) continue;
    return name === 'cookie' || name === 'authorization' ? name : 'credentials';
  }
  return undefined;
}

/** The Age field of a reused response in whole seconds, 0 to 2^31 (RFC 9111 5.1). */
export function ageSeconds(stored: Pick<StoreFacts, 'bornAt'>, now: number): number {
  return Math.min(Math.max(0, Math.floor((now - stored.bornAt) / 1000)), 2_147_483_648);
}

/** When the Age field of a response moves on, ms since the epoch: what was written with it is good until then. */
export function untilNextAge(stored: Pick<StoreFacts, 'bornAt'>, now: number): number {
  return now + 1000 - (Math.max(0, now - stored.bornAt) % 1000);
}
