// Requests that neither read nor fill the cache, decided from the request alone.
// Bodies, upgrades, ranges and If-Match go to the handler untouched; credentials by the route's policy.
import type { Fields } from './fields.ts';
import type { ForwardReason, Reason } from './reasons.ts';

/** What a bypass says in Cache-Status. */
export interface Bypass {
  readonly fwd: ForwardReason;
  readonly detail: Reason;
}

/** The part of a route's policy that decides it. */
export interface BypassPolicy {
  readonly methods: readonly string[];
  readonly authorization: 'rfc' | 'bypass' | 'share';
  readonly cookies: 'auto' | 'ignore' | 'bypass' | 'key';
}

/** Why this request must pass the cache by; undefined when the cache may look. HOT: benchmarks/http */
export function requestBypass(
  method: string,
  headers: Fields,
  policy: BypassPolicy,
): Bypass | undefined {
  throw new Error('pending');
}
