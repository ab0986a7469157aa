// What the tests of src/rfc/storable.ts share: policies, and the decision as its facts or its reason.
import type { Fields } from '@catzilla/http';
import { OWN_TARGET, storable } from '../../src/rfc/storable.ts';
import type {
  ResponseFacts,
  StoreDecision,
  StoreFacts,
  StorePolicy,
} from '../../src/rfc/storable.ts';
import { NO_STALE } from '../../src/rfc/stale.ts';

/** When responses are judged, ms. */
export const now: number = Date.UTC(2026, 0, 1);

export const strict: StorePolicy = {
  ttl: undefined,
  ttlMode: 'fallback',
  heuristic: undefined,
  targets: [OWN_TARGET, 'cdn-cache-control'],
  stale: NO_STALE,
  keep: 0,
  storesErrors: false,
  storePartial: false,
  isPrivate: false,
  requestDirectives: 'safe',
  authorization: 'rfc',
  setCookie: 'refuse',
  types: undefined,
  ttlVetoFields: ['cookie', 'x-api-key', 'x-auth-token', 'x-access-token', 'authorization'],
  vary: { add: [], ignore: [], normalize: new Map() },
};
export const keeping: StorePolicy = { ...strict, keep: 100_000 };
export const withTtl: StorePolicy = {
  ...strict,
  ttl: { exact: new Map([[200, 60_000]]), classes: [undefined, undefined, undefined, 60_000] },
};

export interface Case {
  method?: string;
  request?: Fields;
  status?: number;
  response?: Partial<ResponseFacts>;
  policy?: StorePolicy;
  startedAt?: number;
}

export function judge(headers: Fields, more: Case = {}): StoreDecision {
  return storable(
    { method: more.method ?? 'GET', headers: more.request ?? {}, startedAt: more.startedAt ?? now },
    { status: more.status ?? 200, headers, receivedAt: now, ...more.response },
    more.policy ?? strict,
  );
}

export function reason(headers: Fields, more: Case = {}): string | undefined {
  const decision = judge(headers, more);
  return decision.store ? undefined : decision.reason;
}

export const fresh: Fields = { 'cache-control': 'max-age=60' };
export const stored = (headers: Fields, more: Case = {}): StoreFacts => {
  const decision = judge(headers, more);
  if (!decision.store) throw new Error(`not stored: ${decision.reason}`);
  return decision;
};

export const etag: Fields = { etag: '"a"' };
