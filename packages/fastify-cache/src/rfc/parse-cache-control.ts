// Cache-Control of requests and responses (RFC 9111 5.2) as one typed object.
// Invariant: where a field is malformed or contradicts itself, the strictest reading is taken: the smallest
// lifetime, no permission to serve stale, the unqualified form, and no-store when a quoted string is never closed.
import { fieldLines, isToken, splitList, trimOws, unquote } from '@catzilla/http';
import type { FieldValue } from '@catzilla/http';

/** Directives that were present. Durations are seconds, as in the field. An invalid duration is 0: what carries it is stale. */
export interface CacheControl {
  readonly maxAge: number | undefined;
  readonly sMaxage: number | undefined;
  readonly noStore: boolean;
  /** true: unqualified; a list: the lower-case fields that may not be stored. */
  readonly noCache: boolean | readonly string[];
  readonly private: boolean | readonly string[];
  readonly public: boolean;
  readonly mustRevalidate: boolean;
  readonly proxyRevalidate: boolean;
  readonly mustUnderstand: boolean;
  readonly noTransform: boolean;
  readonly immutable: boolean;
  readonly onlyIfCached: boolean;
  /** RFC 5861 3 and 4; 0 when invalid, which gives no permission. */
  readonly staleWhileRevalidate: number | undefined;
  readonly staleIfError: number | undefined;
  /** Infinity: max-stale without an argument. */
  readonly maxStale: number | undefined;
  /** Infinity: min-fresh that could not be read, which nothing satisfies. */
  readonly minFresh: number | undefined;
}

/** 2^31: what a greater delta-seconds becomes (RFC 9111 1.2.2). */
export const maxDeltaSeconds: number = 2_147_483_648;

type Draft = { -readonly [K in keyof CacheControl]: CacheControl[K] };

const NOTHING: CacheControl = Object.freeze(draft());

/** Reads the lines of a Cache-Control field; never throws. Absent = no directive. */
export function parseCacheControl(value: FieldValue): CacheControl {
  if (value === undefined) return NOTHING;
  const found = draft();
  let isBroken = false;
  for (const line of fieldLines(value)) {
    const { members, open } = splitList(line);
    // What an unclosed quote swallowed cannot be known: it may have been a prohibition.
    isBroken ||= open;
    for (const member of members) {
      const equals = member.indexOf('=');
      const name = equals === -1 ? member : member.slice(0, equals);
      apply(
        found,
        trimOws(name).toLowerCase(),
        equals === -1 ? undefined : argument(member, equals),
      );
    }
  }
  // Not even must-understand lifts that.
  if (isBroken) Object.assign(found, { noStore: true, mustUnderstand: false });
  return found;
}

/** Reads delta-seconds (RFC 9111 1.2.2): digits only, at most 2^31.
 * @returns undefined when it is anything else */
export function parseDeltaSeconds(text: string): number | undefined {
  return /^\d+$/.test(text) ? Math.min(Number(text), maxDeltaSeconds) : undefined;
}

// '' stands for an argument that cannot be read: no number and no field name is empty.
function argument(member: string, equals: number): string {
  const text = member.slice(equals + 1);
  if (isOwsAt(member, equals - 1) || isOwsAt(member, equals + 1)) return '';
  return isToken(text) ? text : (unquote(text) ?? '');
}

function isOwsAt(text: string, index: number): boolean {
  return text[index] === ' ' || text[index] === '\t';
}

function apply(found: Draft, name: string, value: string | undefined): void {
  switch (name) {
    case 'max-age':
      found.maxAge = least(found.maxAge, seconds(value, 0));
      break;
    case 's-maxage':
      found.sMaxage = least(found.sMaxage, seconds(value, 0));
      break;
    case 'no-store':
      found.noStore = true;
      break;
    case 'no-cache':
      found.noCache = widen(found.noCache, value);
      break;
    case 'private':
      found.private = widen(found.private, value);
      break;
    case 'public':
      found.public = true;
      break;
    case 'must-revalidate':
      found.mustRevalidate = true;
      break;
    case 'proxy-revalidate':
      found.proxyRevalidate = true;
      break;
    case 'must-understand':
      found.mustUnderstand = true;
      break;
    case 'no-transform':
      found.noTransform = true;
      break;
    case 'immutable':
      found.immutable = true;
      break;
    case 'only-if-cached':
      found.onlyIfCached = true;
      break;
    case 'stale-while-revalidate':
      found.staleWhileRevalidate = least(found.staleWhileRevalidate, seconds(value, 0));
      break;
    case 'stale-if-error':
      found.staleIfError = least(found.staleIfError, seconds(value, 0));
      break;
    case 'max-stale':
      found.maxStale = least(found.maxStale, value === undefined ? Infinity : seconds(value, 0));
      break;
    case 'min-fresh':
      found.minFresh = Math.max(found.minFresh ?? 0, seconds(value, Infinity));
      break;
  }
}

function seconds(value: string | undefined, invalid: number): number {
  return (value === undefined ? undefined : parseDeltaSeconds(value)) ?? invalid;
}

function least(a: number | undefined, b: number): number {
  return a === undefined ? b : Math.min(a, b);
}

// Unqualified beats any list; a list that cannot be read is unqualified (RFC 9111 5.2.2.4, 5.2.2.7).
function widen(
  known: boolean | readonly string[],
  value: string | undefined,
): boolean | readonly string[] {
  if (known === true || value === undefined) return true;
  const names = splitList(value).members.map((name) => name.toLowerCase());
  if (names.length === 0 || !names.every(isToken)) return true;
  return known === false ? names : [...known, ...names];
}

function draft(): Draft {
  return {
    maxAge: undefined,
    sMaxage: undefined,
    noStore: false,
    noCache: false,
    private: false,
    public: false,
    mustRevalidate: false,
    proxyRevalidate: false,
    mustUnderstand: false,
    noTransform: false,
    immutable: false,
    onlyIfCached: false,
    staleWhileRevalidate: undefined,
    staleIfError: undefined,
    maxStale: undefined,
    minFresh: undefined,
  };
}
