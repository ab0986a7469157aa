// No-Vary-Search (draft-ietf-httpbis-no-vary-search): which parts of a query a response does not depend on.
// Invariant: two queries have one canonical form exactly when the policy calls them equivalent (draft, Comparing);
// a field that is not wholly understood is no policy, so that everything counts. Which responses may be shared
// between URLs, and that scheme, host and path must be equal, is left to the caller.
import type { FieldValue } from '@catzilla/http';
import { parseDictionary } from './structured.ts';
import type { Member } from './structured.ts';

/** A policy that lets something be ignored. Names are decoded: `é 気`, not `%C3%A9+%E6%B0%97`. */
export interface NoVarySearch {
  /** true: the order of parameters with different names does not count. */
  readonly keyOrder: boolean;
  /** Parameters that do not count; true: none counts but those in `except`. */
  readonly params: true | readonly string[];
  /** Parameters that count all the same; empty unless `params` is true. */
  readonly except: readonly string[];
}

/** Reads a No-Vary-Search field; never throws. Unknown keys and parameters are ignored. Both spellings of "all but these"
 * are read, as neither means anything else in the other: `except=("a")` of draft 09, and `params, except=("a")` of the
 * drafts before, which browsers send and documentation shows.
 * @returns undefined, the default, when the field is absent, malformed, invalid or lets nothing be ignored */
export function parseNoVarySearch(value: FieldValue): NoVarySearch | undefined {
  const members = parseDictionary(value);
  if (members === undefined) return undefined;
  const keyOrder = boolean(members.get('key-order'), false);
  if (keyOrder === undefined) return undefined;
  const params = members.get('params');
  const except = members.get('except');
  if (except !== undefined) {
    const names = strings(except);
    if (names === undefined || boolean(params, true) !== true) return undefined;
    return { keyOrder, params: true, except: names };
  }
  const ignored = params?.kind === 'inner-list' ? strings(params) : boolean(params, false);
  if (ignored === undefined) return undefined;
  const policy: NoVarySearch = { keyOrder, params: ignored === false ? [] : ignored, except: [] };
  return isDefault(policy) ? undefined : policy;
}

/** The part of a query that counts, in an order that counts. Names and values are compared after x-www-form-urlencoded
 * parsing (WHATWG URL): `a`, `a=` and `%61=&` are one, bytes that are no UTF-8 are U+FFFD. Idempotent.
 * @param rawQuery  as it came, without `?`; '' when there is none
 * @returns the pairs, encoded anew; the raw query when the policy lets nothing be ignored (draft, Comparing, step 2) */
export function canonicalSearch(policy: NoVarySearch, rawQuery: string): string {
  if (isDefault(policy)) return rawQuery;
  const { params } = policy;
  const listed = new Set(params === true ? policy.except : params);
  const pairs = [...parse(rawQuery)].filter(([name]) => listed.has(name) === (params === true));
  const search = new URLSearchParams(pairs);
  // By code units and stable: parameters of one name keep their order, which always counts.
  if (policy.keyOrder) search.sort();
  return search.toString();
}

function isDefault({ keyOrder, params }: NoVarySearch): boolean {
  return !keyOrder && params !== true && params.length === 0;
}

// Node hands over one unit for each byte of the target, and the draft parses bytes: byte 0xe9 is not U+00E9.
function parse(rawQuery: string): URLSearchParams {
  const bytes = rawQuery.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`);
  // URLSearchParams drops one leading `?`, which here would belong to the first name.
  return new URLSearchParams(`?${bytes}`);
}

function boolean(member: Member | undefined, absent: boolean): boolean | undefined {
  if (member === undefined) return absent;
  return member.kind === 'boolean' ? member.value : undefined;
}

// Names of an Inner List of Strings, each decoded like a name in a query (draft, Parse a key).
function strings(member: Member): string[] | undefined {
  if (member.kind !== 'inner-list') return undefined;
  const names: string[] = [];
  for (const item of member.value) {
    if (item.kind !== 'string') return undefined;
    // As a value, in which `=` is nothing special and only `&` would end it.
    names.push(parse(`=${item.value.replaceAll('&', '%26')}`).get('') ?? '');
  }
  return names;
}
