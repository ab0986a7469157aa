// Requests that neither read nor fill the cache, decided from the request alone.
// Bodies, upgrades and If-Match go to the handler untouched; credentials by the route's policy.
import type { Fields } from '@catzilla/http';
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

/** Fields that carry a key or token of the client beside Authorization; RFC 9111 does not know them. */
export const apiKeyFields: readonly string[] = ['x-api-key', 'x-auth-token', 'x-access-token'];

const method: Bypass = Object.freeze({ fwd: 'method', detail: 'method' });
const upgrade = bypass('upgrade');
const requestBody = bypass('request-body');
const precondition = bypass('precondition');
const authorization = bypass('authorization');
const credentials = bypass('credentials');
const cookie = bypass('cookie');

/** Why this request must pass the cache by; undefined when the cache may look. HOT: benchmarks/http */
export function requestBypass(
  requestMethod: string,
  headers: Fields,
  policy: BypassPolicy,
): Bypass | undefined {
  if (!policy.methods.includes(requestMethod)) return method;
  if (headers['upgrade'] !== undefined) return upgrade;
  if (hasBody(headers)) return requestBody;
  // They guard against a lost update or a mixed download: only the handler knows the current state (RFC 9110 13.1).
  if (headers['if-match'] !== undefined || headers['if-unmodified-since'] !== undefined) {
    return precondition;
  }
  if (policy.authorization === 'bypass') {
    if (headers['authorization'] !== undefined) return authorization;
    for (const name of apiKeyFields) if (headers[name] !== undefined) return credentials;
  }
  if (policy.cookies === 'bypass' && headers['cookie'] !== undefined) return cookie;
  return undefined;
}

// A body is input that the key does not see (a "fat GET").
function hasBody(headers: Fields): boolean {
  if (headers['transfer-encoding'] !== undefined) return true;
  const length = headers['content-length'];
  return length !== undefined && length !== '0' && length !== 0;
}

function bypass(detail: Reason): Bypass {
  return Object.freeze({ fwd: 'bypass', detail });
}
