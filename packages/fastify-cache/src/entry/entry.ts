// A stored response as the program works with it: the head as fields, the body as bytes, and the rendered forms that
// the answers keep next to it. One Entry lives as long as its near-cache record, so a hit decodes nothing.
// Invariant: names and values were validated when the entry was made; nothing in it changes but its `forms`.
// How it is written to bytes is encode.ts, how it is read back decode.ts.
import { validatorsOf } from '@catzilla/http';
import type { Validators } from '@catzilla/http';
import type { StaleWindows } from '../rfc/stale.ts';
import type { StoredField } from '../rfc/stored-headers.ts';
import type { Composed } from '../answer/composed.ts';
import type { Rendered } from '../answer/render.ts';

/** What is stored of a response besides its body. Times are ms since the epoch. */
export interface EntryHead {
  /** Identity of the route that made it: two handlers of one URL must not serve each other's replies. */
  readonly route: string;
  /** The full key, compared on reads where the engine's key is only a digest of it. */
  readonly key: string;
  readonly status: number;
  /** Every stored field; always with date, with content-length where there is a body, never with age. */
  readonly fields: readonly StoredField[];
  /** Age at any moment is `now - bornAt` (RFC 9111 4.2.3). */
  readonly bornAt: number;
  /** Fresh while this is greater than the age; ms. */
  readonly lifetimeMs: number;
  /** Fresh only by a `ttl` option: requests with credentials get nothing from it. */
  readonly ttlOnly: boolean;
  /** May answer requests with Authorization (RFC 9111 3.5). */
  readonly authorizationAllowed: boolean;
  /** An onSend hook had changed the body: hits must not pass those hooks again. */
  readonly transformed: boolean;
  /** Its ETag was a strong one, before a hook coded the body behind it. */
  readonly isWeakened: boolean;
  /** How long it may be used past its freshness. */
  readonly stale: StaleWindows;
  /** Not to be used before it was validated. */
  readonly mustValidate: boolean;
  /** Not to be used stale, whoever asks for it. */
  readonly forbidsStale: boolean;
  /** Its ETag or Last-Modified came with it: the handler can be asked whether it is still current. */
  readonly ownValidator: boolean;
  /** Will not change while it is fresh (RFC 8246). */
  readonly immutable: boolean;
  /** What its handler took, ms. */
  readonly took: number;
  /** The groups it belongs to. */
  readonly tags: readonly string[];
}

/** What keeps a body in the memory of the cache. */
export interface Pin {
  /** true: the body is a copy of its own after all. */
  readonly copied: boolean;
  /** Lets the memory go. Idempotent. */
  release(): void;
}

/** Forms of an entry made for answers; shared by all hits of one version. */
export interface Forms {
  /** Kept by answer/render.ts. */
  rendered: Rendered | undefined;
  /** Kept by answer/composed.ts. */
  composed: Composed | undefined;
}

/** A decoded entry. */
export interface Entry extends EntryHead {
  /** As sent, content coding included. */
  readonly body: Buffer;
  /** Where the body is memory of the cache: pins it, for this hit alone. */
  readonly lease: Pin | undefined;
  /** First ms at which it is no longer fresh, by its own word. */
  readonly freshUntil: number;
  /** The ms from which it is stale: that, or the soft purge that came before. */
  readonly staleFrom: number;
  /** What the conditions of clients are judged by. */
  readonly validators: Validators;
  /** Names among `fields`, to find what a header of the current request replaces. */
  readonly names: ReadonlySet<string>;
  readonly forms: Forms;
  /** The tiers call it stale: past its time, or before it by a soft purge. */
  readonly isMarkedStale: boolean;
}

/** A decoded index of variants: what stands under a primary key when responses carried Vary. */
export interface VariantIndex {
  /** The full primary key. */
  readonly key: string;
  /** Part of each variant's key: after a purge the index is born anew and old variants are out of reach. */
  readonly generation: string;
  /** The lists of nominated names seen, newest first. */
  readonly lists: readonly (readonly string[])[];
  /** Engine keys of the variants, oldest first. */
  readonly variants: readonly string[];
  /** When the last of its variants expires; ms since the epoch. */
  readonly until: number;
}

/** What a record under a primary key can be. */
export type Stored = Entry | VariantIndex;

/** Tells an index from an entry. */
export function isIndex(stored: Stored): stored is VariantIndex {
  return 'lists' in stored;
}

/** Gives back the memory that an entry has pinned which will not be sent.
 * @returns undefined, for the reader who finds nothing */
export function letGo(stored: Stored | undefined): undefined {
  if (stored !== undefined && !isIndex(stored)) stored.lease?.release();
  return undefined;
}

/** The newer of two, where there are two. */
export function newerOf(one: Entry | undefined, other: Entry | undefined): Entry | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other.bornAt > one.bornAt ? other : one;
}

/** The same entry with a body of its own, whatever it was; its lease is released. */
export function ownBody(entry: Entry): Entry {
  if (entry.lease === undefined) return entry;
  const body = Buffer.from(entry.body);
  entry.lease.release();
  return { ...entry, body, lease: undefined };
}

/** The same entry, called stale by the tiers.
 * @param from  since when, ms since the epoch */
export function markedStale(entry: Entry, from: number): Entry {
  const forms = { rendered: undefined, composed: undefined };
  const staleFrom = Math.min(entry.freshUntil, from);
  return { ...entry, forms, isMarkedStale: true, staleFrom };
}

/** Makes the entry of a head and its body. */
export function makeEntry(head: EntryHead, body: Buffer): Entry {
  const fields = Object.fromEntries(head.fields);
  return {
    route: head.route,
    key: head.key,
    status: head.status,
    fields: head.fields,
    bornAt: head.bornAt,
    lifetimeMs: head.lifetimeMs,
    ttlOnly: head.ttlOnly,
    authorizationAllowed: head.authorizationAllowed,
    transformed: head.transformed,
    isWeakened: head.isWeakened,
    stale: head.stale,
    mustValidate: head.mustValidate,
    forbidsStale: head.forbidsStale,
    ownValidator: head.ownValidator,
    immutable: head.immutable,
    took: head.took,
    tags: head.tags,
    body,
    lease: undefined,
    freshUntil: head.bornAt + head.lifetimeMs,
    staleFrom: head.bornAt + head.lifetimeMs,
    validators: validatorsOf(head.status, fields, head.bornAt),
    names: new Set(Object.keys(fields)),
    forms: { rendered: undefined, composed: undefined },
    isMarkedStale: false,
  };
}
