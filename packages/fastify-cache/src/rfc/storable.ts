// May a response be stored, and for how long (RFC 9111 3)? The one place that decides it.
// Invariant: a veto holds whatever the ttl says; where only a ttl makes a response cacheable, more vetoes apply,
// because its author never thought of caches. Sizes, aborts and purges are the plugin's to judge.
import type { Fields } from './fields.ts';
import type { LifetimeSource, TtlTable } from './freshness.ts';
import type { Reason } from './reasons.ts';
import type { VaryPolicy } from './vary.ts';

/** The request a response answers. `startedAt`: ms, when it reached the handler. */
export interface RequestFacts {
  readonly method: string;
  readonly headers: Fields;
  readonly startedAt: number;
}

/** A response at its last onSend hook. `receivedAt`: ms, now. `failed`: it came through the error path. */
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
  readonly authorization: 'rfc' | 'bypass' | 'share';
  readonly setCookie: 'refuse' | 'strip' | 'store';
  /** Media types that may be stored, `type/subtype` or `type/*`; undefined: all. */
  readonly types: readonly string[] | undefined;
  /** Request fields that forbid storing and reusing where only a ttl applies. */
  readonly ttlVetoFields: readonly string[];
  readonly vary: VaryPolicy;
}

/** What the entry must remember, besides fields and body. Times in ms since the epoch. */
export interface StoreFacts {
  readonly store: true;
  readonly lifetimeMs: number;
  /** lifetime less the age the response already had: the ttl of the engine entry. */
  readonly freshForMs: number;
  /** Age at any moment is now - bornAt; fresh while lifetimeMs > age. */
  readonly bornAt: number;
  readonly source: LifetimeSource;
  /** Only a ttl made it cacheable: `reuseRefusal` looks at the credentials of later requests. */
  readonly ttlOnly: boolean;
  /** public, must-revalidate or s-maxage: may answer requests that carry Authorization (RFC 9111 3.5). */
  readonly authorizationAllowed: boolean;
  /** Names that select the variant (`variantKey`), sorted; may hold `cookie;name` entries. */
  readonly vary: readonly string[];
  /** Fields that may not be stored (qualified private and no-cache, stripped Set-Cookie), lower-case. */
  readonly omit: readonly string[];
}

/** Store, or not and why. */
export type StoreDecision = StoreFacts | { readonly store: false; readonly reason: Reason };

/** Judges a response. Never throws. */
export function storable(
  request: RequestFacts,
  response: ResponseFacts,
  policy: StorePolicy,
): StoreDecision {
  throw new Error('pending');
}
