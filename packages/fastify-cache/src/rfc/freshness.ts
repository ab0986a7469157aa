// How long a response stays fresh and how old it is (RFC 9111 4.2). All in ms; seconds exist only in fields.
// Invariant: what cannot be read makes a response older or staler, never fresher.
import { fieldLines, singleDate } from '@catzilla/http';
import type { FieldValue, Fields } from '@catzilla/http';
import { maxDeltaSeconds, parseDeltaSeconds } from './parse-cache-control.ts';
import type { CacheControl } from './parse-cache-control.ts';

/** 2^31 s in ms: what any greater lifetime, `ttl: Infinity` included, becomes (RFC 9111 1.2.2). */
export const maxLifetime: number = maxDeltaSeconds * 1000;

/** ttl by status: the exact number first, then its class (index 2 to 5). ms, 0 = never. */
export interface TtlTable {
  readonly exact: ReadonlyMap<number, number>;
  readonly classes: readonly (number | undefined)[];
}

/** Where a lifetime came from. */
export type LifetimeSource = 's-maxage' | 'max-age' | 'expires' | 'ttl' | 'heuristic';

/** A heuristic lifetime: `fraction` of the time since the last change, at most `max` ms (RFC 9111 4.2.2). */
export interface Heuristic {
  readonly fraction: number;
  readonly max: number;
}

/** A freshness lifetime in ms. `ownMs`: the one the response itself gave, even if a ttl overrode it. */
export interface Lifetime {
  readonly ms: number;
  readonly source: LifetimeSource;
  readonly ownMs: number | undefined;
}

/** Whether responses of a status may be stored without explicit freshness (RFC 9110 15.1). */
export function isHeuristicallyCacheable(status: number): boolean {
  return heuristicStatuses.has(status);
}

/** The ttl a table holds for a status, undefined when it holds none. */
export function ttlOf(table: TtlTable | undefined, status: number): number | undefined {
  if (table === undefined) return undefined;
  return table.exact.get(status) ?? table.classes[Math.floor(status / 100)];
}

/** What decides a lifetime. `receivedAt`: ms, stands in for a missing Date. */
export interface LifetimeFacts {
  readonly status: number;
  readonly headers: Fields;
  readonly cacheControl: CacheControl;
  /** A targeted field stands in the place of Cache-Control and Expires (RFC 9213 2.2). */
  readonly isTargeted: boolean;
  readonly receivedAt: number;
  readonly ttl: TtlTable | undefined;
  readonly ttlMode: 'fallback' | 'override';
  readonly heuristic: Heuristic | undefined;
}

/** Lifetime of a response: s-maxage, max-age, Expires - Date, else the ttl, else a heuristic; `ttlMode: 'override'` puts the
 * ttl first.
 * @returns undefined when nothing gives one */
export function lifetimeOf(facts: LifetimeFacts): Lifetime | undefined {
  const explicit = explicitLifetime(facts);
  const ttl = ttlOf(facts.ttl, facts.status);
  if (ttl !== undefined && (explicit === undefined || facts.ttlMode === 'override')) {
    return { ms: Math.min(ttl, maxLifetime), source: 'ttl', ownMs: explicit?.ms };
  }
  return explicit ?? heuristicLifetime(facts);
}

/** The Date of a response in ms; undefined when absent, repeated or invalid. */
export function dateOf(headers: Fields, now: number): number | undefined {
  return singleDate(headers['date'], now);
}

/** Age of a response in seconds: the first member of the first line; undefined when it is no non-negative integer (RFC 9111 5.1). */
export function parseAge(value: FieldValue): number | undefined {
  const first = fieldLines(value)[0]?.split(',', 1)[0];
  return first === undefined ? undefined : parseDeltaSeconds(first.trim());
}

/** What decides an age. Times in ms since the epoch: `startedAt` when the request reached the handler, `receivedAt` when the
 * response was judged, `date` its Date. `age`: seconds, its Age field. undefined: absent or invalid. */
export interface AgeFacts {
  readonly startedAt: number;
  readonly receivedAt: number;
  readonly date: number | undefined;
  readonly age: number | undefined;
}

/** The moment at which a response had age zero (RFC 9111 4.2.3): its age at any later time is `now - bornAt`. */
export function bornAt(facts: AgeFacts): number {
  const { startedAt, receivedAt, date = receivedAt, age = 0 } = facts;
  const apparentAge = Math.max(0, receivedAt - date);
  // A clock set back meanwhile must not make a response younger than its Age field says.
  const responseDelay = Math.max(0, receivedAt - startedAt);
  return receivedAt - Math.max(apparentAge, age * 1000 + responseDelay);
}

// The statuses that are cacheable without explicit freshness (RFC 9110 15.1), less 206, which is a part.
const heuristicStatuses: ReadonlySet<number> = new Set([
  200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501,
]);

function heuristicLifetime(facts: LifetimeFacts): Lifetime | undefined {
  const { heuristic, status, headers, cacheControl, receivedAt } = facts;
  if (heuristic === undefined) return undefined;
  if (!isHeuristicallyCacheable(status) && !cacheControl.public) return undefined;
  const modified = singleDate(headers['last-modified'], receivedAt);
  if (modified === undefined) return undefined;
  const date = dateOf(headers, receivedAt) ?? receivedAt;
  const ms = Math.min(Math.max(0, date - modified) * heuristic.fraction, heuristic.max);
  return { ms: Math.floor(ms), source: 'heuristic', ownMs: undefined };
}

function explicitLifetime(facts: LifetimeFacts): Lifetime | undefined {
  const { cacheControl, headers, receivedAt, isTargeted } = facts;
  if (cacheControl.sMaxage !== undefined) return from('s-maxage', cacheControl.sMaxage * 1000);
  if (cacheControl.maxAge !== undefined) return from('max-age', cacheControl.maxAge * 1000);
  if (isTargeted || fieldLines(headers['expires']).length === 0) return undefined;
  const expires = singleDate(headers['expires'], receivedAt);
  if (expires === undefined) return from('expires', 0);
  const date = dateOf(headers, receivedAt) ?? receivedAt;
  return from('expires', Math.min(Math.max(0, expires - date), maxLifetime));
}

function from(source: LifetimeSource, ms: number): Lifetime {
  return { ms, source, ownMs: ms };
}
