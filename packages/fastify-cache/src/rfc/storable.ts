// May a response be stored, and for how long (RFC 9111 3)? The one place that decides it.
// Invariant: a veto holds whatever the ttl says; where only a ttl makes a response cacheable, more vetoes apply,
// because its author never thought of caches. Sizes, aborts and purges are the plugin's to judge.
import {
  fieldLines,
  fieldText,
  isWritable,
  knownCodings,
  splitList,
  validatorsOf,
} from '@catzilla/http';
import type { FieldValue, Fields } from '@catzilla/http';
import { bornAt, dateOf, isHeuristicallyCacheable, lifetimeOf, parseAge } from './freshness.ts';
import type { Heuristic, LifetimeSource, TtlTable } from './freshness.ts';
import { parseCacheControl } from './parse-cache-control.ts';
import type { CacheControl } from './parse-cache-control.ts';
import type { Reason } from './reasons.ts';
import { partIn } from './partial.ts';
import { reuseRefusal } from './reuse.ts';
import { forbidsStale, staleWindows } from './stale.ts';
import type { StaleWindows } from './stale.ts';
import { effectiveCacheControl } from './targeted.ts';
import { nominated } from './vary.ts';
import type { VaryPolicy } from './vary.ts';

/** The request a response answers. `startedAt`: ms, when it reached the handler. */
export interface RequestFacts {
  readonly method: string;
  readonly headers: Fields;
  readonly startedAt: number;
}

/** A response, at its last onSend hook or after a validation. `receivedAt`: ms, now. `failed`: it came through the error path. */
export interface ResponseFacts {
  readonly status: number;
  readonly headers: Fields;
  readonly receivedAt: number;
  readonly failed?: boolean;
  readonly trailers?: boolean;
}

/** The part of a route's policy that decides storing. */
export interface StorePolicy {
  readonly ttl: TtlTable | undefined;
  readonly ttlMode: 'fallback' | 'override';
  readonly heuristic: Heuristic | undefined;
  /** Fields that stand in the place of Cache-Control, the first of them first; lower-case (RFC 9213). */
  readonly targets: readonly string[];
  /** What a response may be used for once it is stale, where it says nothing itself; ms. */
  readonly stale: StaleWindows;
  /** ms a response with a validator is kept past all that, to be validated. */
  readonly keep: number;
  /** Responses of the error path may be stored. */
  readonly storesErrors: boolean;
  /** Parts may be stored, under a strong validator. */
  readonly storePartial: boolean;
  /** Each identity has responses of its own: private ones may be stored (RFC 9111 3.5, 5.2.2.7 for private caches). */
  readonly isPrivate: boolean;
  readonly requestDirectives: 'safe' | 'full' | 'ignore';
  readonly authorization: 'rfc' | 'bypass' | 'share';
  readonly setCookie: 'refuse' | 'strip' | 'store';
  /** Media types that may be stored, lower-case, as `text/css` or `image/*`; undefined: all. */
  readonly types: readonly string[] | undefined;
  /** Request fields that forbid storing and reusing where only a ttl applies. */
  readonly ttlVetoFields: readonly string[];
  readonly vary: VaryPolicy;
}

/** What the entry must remember, besides fields and body. Times in ms since the epoch. */
export interface StoreFacts {
  readonly store: true;
  readonly lifetimeMs: number;
  /** lifetime less the age the response already had; 0 or less: stale from the start, kept to be validated. */
  readonly freshForMs: number;
  /** How long it is of any use, all windows included; above 0. */
  readonly usefulForMs: number;
  readonly stale: StaleWindows;
  /** Not to be used before it was validated (RFC 9111 5.2.2.4). */
  readonly mustValidate: boolean;
  /** Not to be used stale, whoever asks for it. */
  readonly forbidsStale: boolean;
  /** ETag or Last-Modified of its own: whoever made it may know what has become of it. */
  readonly ownValidator: boolean;
  readonly immutable: boolean;
  /** Age at any moment is now - bornAt; fresh while lifetimeMs > age. */
  readonly bornAt: number;
  readonly source: LifetimeSource;
  /** Only a ttl made it cacheable: `reuseRefusal` looks at the credentials of later requests. */
  readonly ttlOnly: boolean;
  /** public, must-revalidate or s-maxage: may answer requests that carry Authorization (RFC 9111 3.5). */
  readonly authorizationAllowed: boolean;
  /** Names that select the variant (`variantKey`), sorted; may hold `cookie:name` entries. */
  readonly vary: readonly string[];
  /** Fields that may not be stored (qualified private and no-cache, stripped Set-Cookie), lower-case. */
  readonly omit: readonly string[];
}

/** The targeted field that speaks to this cache alone, and goes no further (RFC 9213 2.1). */
export const OWN_TARGET = 'catzilla-cache-control';

/** Store, or not and why. */
export type StoreDecision = StoreFacts | { readonly store: false; readonly reason: Reason };

// The final statuses of RFC 9110 15 but 206 and 304: the ones whose meaning for caches is known here (must-understand).
const understood: ReadonlySet<number> = new Set([
  200, 201, 202, 203, 204, 205, 300, 301, 302, 303, 305, 307, 308, 400, 401, 402, 403, 404, 405,
  406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 426, 500, 501, 502, 503,
  504, 505,
]);

/** Judges a response. Never throws. */
export function storable(
  request: RequestFacts,
  response: ResponseFacts,
  policy: StorePolicy,
): StoreDecision {
  const { headers, status, receivedAt } = response;
  const { cacheControl: given, target } = effectiveCacheControl(headers, policy.targets);
  const cacheControl = policy.isPrivate ? forPrivate(given) : given;
  const vary = nominated(headers['vary'], policy.vary);
  const veto =
    messageVeto(request, response, policy) ??
    directiveVeto(cacheControl, status, policy) ??
    cookieVeto(cacheControl, headers, policy) ??
    contentVeto(response, policy);
  if (veto !== undefined) return refuse(veto);
  if (vary === '*') return refuse('vary-star');

  const lifetime = lifetimeOf({
    status,
    headers,
    cacheControl,
    isTargeted: target !== undefined,
    receivedAt,
    ttl: policy.ttl,
    ttlMode: policy.ttlMode,
    heuristic: policy.heuristic,
  });
  const born = bornAt({
    startedAt: request.startedAt,
    receivedAt,
    date: dateOf(headers, receivedAt),
    age: parseAge(headers['age']),
  });
  const age = receivedAt - born;
  const freshForMs = (lifetime?.ms ?? 0) - age;
  const mustValidate = cacheControl.noCache === true || touchesContent(cacheControl.noCache);
  const stale = staleWindows(cacheControl, policy.stale);
  const ownValidator = hasValidator(headers, receivedAt);
  const facts: StoreFacts = {
    store: true,
    lifetimeMs: lifetime?.ms ?? 0,
    freshForMs,
    usefulForMs: usefulFor(freshForMs, mustValidate, stale, ownValidator ? policy.keep : 0),
    stale,
    mustValidate,
    forbidsStale: mustValidate || forbidsStale(cacheControl),
    ownValidator,
    immutable: cacheControl.immutable,
    bornAt: born,
    source: lifetime?.source ?? 'ttl',
    // `public` is the word of an author who thought of shared caches; a lifetime that is over is not.
    ttlOnly: lifetime?.source === 'ttl' && (lifetime.ownMs ?? 0) <= age && !cacheControl.public,
    authorizationAllowed:
      cacheControl.public || cacheControl.mustRevalidate || cacheControl.sMaxage !== undefined,
    vary,
    omit: omitted(cacheControl, policy),
  };
  // What this request may not read from the cache it may not put there either.
  const refusal = reuseRefusal(request.headers, facts, policy);
  if (refusal !== undefined) return refuse(refusal);
  // 0 of a ttl means never, also for a while in which it is stale.
  if (lifetime?.source === 'ttl' && lifetime.ms === 0) return refuse('no-freshness');
  if (lifetime === undefined) {
    if (!mustValidate) return refuse('no-freshness');
    if (!cacheControl.public && !isHeuristicallyCacheable(status)) return refuse('no-cache');
  }
  if (facts.usefulForMs <= 0) return refuse(mustValidate ? 'no-cache' : 'no-freshness');
  if (facts.ttlOnly && isLoginRedirect(status)) return refuse('status');
  if (facts.ttlOnly && hasNonce(headers)) return refuse('nonce');
  return facts;
}

/** True for a Content-Type whose bodies have no end. */
export function isEndless(contentType: FieldValue): boolean {
  return isEndlessType(mediaType(contentType));
}

// They speak to shared caches (RFC 9111 5.2.2.8, 5.2.2.10).
function forPrivate(cacheControl: CacheControl): CacheControl {
  return { ...cacheControl, sMaxage: undefined, proxyRevalidate: false };
}

// Overload is no reason to keep what was never fresh.
function usefulFor(
  freshFor: number,
  mustValidate: boolean,
  stale: StaleWindows,
  keep: number,
): number {
  if (mustValidate) return keep > 0 ? Math.max(freshFor, 0) + keep : 0;
  const overload = freshFor > 0 ? stale.overload : 0;
  const windows = Math.max(stale.revalidate, stale.error, overload);
  return Math.max(freshFor + windows, keep > 0 ? Math.max(freshFor, 0) + windows + keep : 0);
}

function hasValidator(headers: Fields, now: number): boolean {
  const { etag, lastModified } = validatorsOf(200, headers, now);
  return (etag !== undefined && etag !== '') || lastModified !== undefined;
}

function messageVeto(
  request: RequestFacts,
  response: ResponseFacts,
  policy: StorePolicy,
): Reason | undefined {
  const { headers, status } = response;
  if (response.failed === true && !policy.storesErrors) return 'error';
  // A HEAD is answered from the entry of a GET but has no body to store (RFC 9110 9.3.2).
  if (request.method !== 'GET') return 'method';
  if (!Number.isInteger(status) || status < 200 || status > 599) return 'status';
  // 304 speaks about another response, and 206 is a part of one (RFC 9111 3.3, 4.3.4).
  if (status === 304) return 'status';
  if (status === 206 && !(policy.storePartial && partIn(headers) !== undefined)) return 'status';
  if (
    policy.requestDirectives !== 'ignore' &&
    parseCacheControl(request.headers['cache-control']).noStore
  ) {
    return 'request-no-store';
  }
  if (response.trailers === true || headers['trailer'] !== undefined) return 'trailers';
  for (const name of Object.keys(headers)) {
    if (!isWritable(name, headers[name])) return 'field';
  }
  return undefined;
}

function directiveVeto(
  cacheControl: CacheControl,
  status: number,
  policy: StorePolicy,
): Reason | undefined {
  // RFC 9111 5.2.2.3: must-understand lifts no-store for a status whose meaning is known, and forbids any other.
  if (cacheControl.mustUnderstand) {
    if (!understood.has(status)) return cacheControl.noStore ? 'no-store' : 'status';
  } else if (cacheControl.noStore) return 'no-store';
  if (policy.isPrivate) return undefined;
  if (cacheControl.private === true || touchesContent(cacheControl.private)) return 'private';
  return undefined;
}

// Without these fields the stored body means something else, so a list that names them forbids the whole.
function touchesContent(qualified: boolean | readonly string[]): boolean {
  return (
    typeof qualified === 'object' &&
    qualified.some((name) => name === 'vary' || name.startsWith('content-'))
  );
}

function cookieVeto(
  cacheControl: CacheControl,
  headers: Fields,
  policy: StorePolicy,
): Reason | undefined {
  if (policy.setCookie !== 'refuse' || fieldLines(headers['set-cookie']).length === 0)
    return undefined;
  return qualifiedFields(cacheControl, policy.isPrivate).includes('set-cookie')
    ? undefined
    : 'set-cookie';
}

function contentVeto(response: ResponseFacts, policy: StorePolicy): Reason | undefined {
  const { headers, status } = response;
  const type = mediaType(headers['content-type']);
  if (isEndlessType(type)) return 'event-stream';
  // variantKey drops codings it does not know from Accept-Encoding, so a body in one could reach the wrong client.
  const codings = splitList(fieldText(headers['content-encoding'])?.toLowerCase() ?? '').members;
  if (!codings.every((coding) => knownCodings.has(coding))) return 'content-encoding';
  const isRedirect = status >= 300 && status < 400;
  if (policy.types !== undefined && !isRedirect && !matchesType(policy.types, type)) {
    return 'content-type';
  }
  return undefined;
}

function matchesType(types: readonly string[], type: string): boolean {
  return types.some((wanted) =>
    wanted.endsWith('/*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted,
  );
}

// Endless by design: nobody may wait for their end.
function isEndlessType(type: string): boolean {
  return type === 'text/event-stream' || type === 'multipart/x-mixed-replace';
}

function mediaType(value: FieldValue): string {
  const text = fieldText(value) ?? '';
  return text.split(';', 1)[0]!.trim().toLowerCase();
}

// Redirects that mostly depend on who asks; an author who wants them cached says so in Cache-Control.
function isLoginRedirect(status: number): boolean {
  return status === 302 || status === 303 || status === 307;
}

// A nonce given twice protects nobody. A page without a type may be sniffed as HTML.
function hasNonce(headers: Fields): boolean {
  const type = mediaType(headers['content-type']);
  if (type !== '' && type !== 'text/html' && type !== 'application/xhtml+xml') return false;
  return ['content-security-policy', 'content-security-policy-report-only'].some((name) =>
    (fieldText(headers[name]) ?? '').toLowerCase().includes("'nonce-"),
  );
}

function qualifiedFields(cacheControl: CacheControl, isPrivate: boolean): readonly string[] {
  const { noCache, private: privately } = cacheControl;
  return [
    ...(typeof privately === 'object' && !isPrivate ? privately : []),
    // One that names fields without which the body means something else counts as unqualified.
    ...(typeof noCache === 'object' && !touchesContent(noCache) ? noCache : []),
  ];
}

function omitted(cacheControl: CacheControl, policy: StorePolicy): readonly string[] {
  const names = qualifiedFields(cacheControl, policy.isPrivate);
  return policy.setCookie === 'store' ? names : [...names, 'set-cookie'];
}

function refuse(reason: Reason): StoreDecision {
  return { store: false, reason };
}
