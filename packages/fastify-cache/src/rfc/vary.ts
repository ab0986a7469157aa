// The second key: which request fields select among the variants of one URL (RFC 9111 4.1, RFC 9110 12.5.5).
// Invariant: two requests get one variant key only if every nominated field matches; absent matches absent only.
// The form of single values is normalize.ts; how many variants are kept is the store's.
import { fieldLines, fieldText, isToken } from '@catzilla/http';
import type { FieldValue, Fields } from '@catzilla/http';
import { normalizeBy, normalizeValue } from './normalize.ts';
import type { Normalizers } from './normalize.ts';

/** Names added to and taken from every Vary, and how their values count; all names in lower case. */
export interface VaryPolicy {
  /** May hold `cookie:name`: the value of one cookie. */
  readonly add: readonly string[];
  readonly ignore: readonly string[];
  /** Never holds `cookie:name`. */
  readonly normalize: Normalizers;
}

const COOKIE = 'cookie:';

/** Names of a Vary field: lower-case, sorted, each once; `*` when a `*` stands anywhere or the field cannot be read. */
export function parseVary(value: FieldValue): '*' | readonly string[] {
  const names = new Set<string>();
  for (const line of fieldLines(value)) {
    for (const member of line.split(',')) {
      const name = member.trim().toLowerCase();
      if (name === '') continue;
      if (name === '*' || !isToken(name)) return '*';
      names.add(name);
    }
  }
  return [...names].sort();
}

/** The names that select the variant: those of the response's Vary with the policy applied. `*` stays `*`. */
export function nominated(vary: FieldValue, policy: VaryPolicy): '*' | readonly string[] {
  const names = parseVary(vary);
  if (names === '*') return names;
  if (policy.add.length === 0 && policy.ignore.length === 0) return names;
  const kept = names.filter((name) => !policy.ignore.includes(name));
  return [...new Set([...kept, ...policy.add])].sort();
}

/** The variant key: names with the values of this request, normalised, in full. '' for no names. HOT: benchmarks/http
 * @param names      what `nominated` gave: in lower case, sorted
 * @param normalize  that of the policy; a stored response and a request must be keyed with the same one */
export function variantKey(
  names: readonly string[],
  headers: Fields,
  normalize?: Normalizers,
): string {
  // Most applications have none, and then no name is looked up.
  const normalizers = normalize === undefined || normalize.size === 0 ? undefined : normalize;
  let key = '';
  for (const name of names) {
    const value = fieldValue(name, headers, normalizers);
    // Names hold neither `=` nor `;`, and lengths make the rest unambiguous, whatever a value holds.
    key += value === undefined ? `${name};` : `${name}=${value.length}:${value};`;
  }
  return key;
}

function fieldValue(
  name: string,
  headers: Fields,
  normalizers: Normalizers | undefined,
): string | undefined {
  if (name.startsWith(COOKIE)) {
    return cookieValues(fieldText(headers['cookie']), name.slice(COOKIE.length));
  }
  const value = fieldText(headers[name]);
  const normalizer = normalizers?.get(name);
  if (normalizer !== undefined) return normalizeBy(normalizer, name, value);
  return value === undefined ? undefined : normalizeValue(name, value);
}

// All values of one cookie in order: frameworks differ in which of several they take. Absent: undefined.
function cookieValues(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  let found: string | undefined;
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals === -1 || pair.slice(0, equals).trim() !== name) continue;
    const value = pair.slice(equals + 1).trim();
    found = found === undefined ? value : `${found};${value}`;
  }
  return found;
}
