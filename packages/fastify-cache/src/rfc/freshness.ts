// How long a response stays fresh and how old it is (RFC 9111 4.2). All in ms; seconds exist only in fields.
// Invariant: what cannot be read makes a response older or staler, never fresher.
import type { CacheControl } from './parse-cache-control.ts';
import type { Fields, FieldValue } from './fields.ts';

/** 2^31 s, what a larger delta-seconds and `ttl: Infinity` become (RFC 9111 1.2.2), in ms. */
export const maxLifetime: number = 2_147_483_648_000;

/** ttl by status: the exact number first, then its class (index 2 to 5). ms, 0 = never. */
export interface TtlTable {
  readonly exact: ReadonlyMap<number, number>;
  readonly classes: readonly (number | undefined)[];
}

/** Where a lifetime came from. */
export type LifetimeSource = 's-maxage' | 'max-age' | 'expires' | 'ttl';

/** A freshness lifetime in ms; `explicit`: the response itself gave one, even if a ttl overrode it. */
export interface Lifetime {
  readonly ms: number;
  readonly source: LifetimeSource;
  readonly explicit: boolean;
}

/** The ttl a table holds for a status, undefined when it holds none. */
export function ttlOf(table: TtlTable | undefined, status: number): number | undefined {
  throw new Error('pending');
}

/** Lifetime of a response: s-maxage, max-age, Expires - Date, else the ttl; `ttlMode: 'override'` puts the ttl first.
 * @returns undefined when neither the response nor the ttl gives one */
export function lifetimeOf(facts: {
  readonly status: number;
  readonly headers: Fields;
  readonly cacheControl: CacheControl;
  readonly receivedAt: number;
  readonly ttl: TtlTable | undefined;
  readonly ttlMode: 'fallback' | 'override';
}): Lifetime | undefined {
  throw new Error('pending');
}

/** Age of a response in seconds: the first member of the first line; undefined when it is no non-negative integer (RFC 9111 5.1). */
export function parseAge(value: FieldValue): number | undefined {
  throw new Error('pending');
}

/** The moment at which a response had age zero (RFC 9111 4.2.3): its age at any later time is `now - bornAt`.
 * @param facts.startedAt   ms: when the request reached the handler
 * @param facts.receivedAt  ms: when the response was complete enough to be judged
 * @param facts.date        ms: its Date, undefined when absent or invalid
 * @param facts.age         seconds: its Age field */
export function bornAt(facts: {
  readonly startedAt: number;
  readonly receivedAt: number;
  readonly date: number | undefined;
  readonly age: number | undefined;
}): number {
  throw new Error('pending');
}
