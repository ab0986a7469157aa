// Request field values brought to one form, so that equal wishes select one variant (RFC 9111 4.1).
// Invariant: two values become equal only if a handler that follows the field's definition answers both alike, or if the
// author said so by a normaliser. What cannot be read stays as it came, behind a `?`, and so never equals a normalised one.
// The forms are those of @catzilla/http and accept-language.ts; which fields count is vary.ts.
import { acceptEncoding, splitList, trimOws } from '@catzilla/http';
import { acceptLanguage, chooseLanguage, languageSet } from './accept-language.ts';

/** How the values of one request field select a variant, in place of the form it has by default (RFC 9111 4.1).
 *
 * - `'set'`, for accept-language: languages of equal weight count the same in any order. Say it only if the handler reads
 *   no priority from their order, as RFC 9110 12.5.4 leaves open.
 * - `{ languages }`, for accept-language: one variant for each of them at most, the one `chooseLanguage` gives, also where
 *   the field is absent. Right only if the handler asks `chooseLanguage` with the same list. Not empty; do not change it.
 * - a function: gets the lines of the field joined with `, `, or undefined where it is absent, and returns the value that
 *   counts, or undefined to count as absent. Values it makes equal share one response, so it must keep apart whatever the
 *   handler tells apart. It runs several times in a request, so let it be fast and depend on the value alone. It cannot
 *   fail a request: where it throws, or returns anything else (a promise too), the value counts as it is.
 *
 * On another field than accept-language, the first two are the default. */
export type Normalizer =
  | 'set'
  | { readonly languages: readonly string[] }
  | ((value: string | undefined) => string | undefined);

/** Normalisers by field name in lower case; fields that are not in it have their default form. */
export type Normalizers = ReadonlyMap<string, Normalizer>;

// Their whitespace may matter to whoever compares them, and they are no lists.
const verbatim: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'user-agent',
  'x-access-token',
  'x-api-key',
  'x-auth-token',
]);

/** One form of the value of a request field; the field name in lower case. */
export function normalizeValue(name: string, value: string): string {
  if (name === 'accept-encoding') return remembered(encodings, value, acceptEncoding);
  if (name === 'accept-language') return remembered(languages, value, acceptLanguage);
  return verbatim.has(name) ? trimOws(value) : withoutOptionalSpace(value);
}

/** The value of a request field as its normaliser sees it; undefined counts as absent. Never throws.
 * @param name   the field name in lower case
 * @param value  all lines joined; undefined when the field is absent */
export function normalizeBy(
  normalizer: Normalizer,
  name: string,
  value: string | undefined,
): string | undefined {
  if (typeof normalizer === 'function') return returned(normalizer, value);
  if (name === 'accept-language' && normalizer !== 'set') {
    return chosen(normalizer.languages, value);
  }
  if (value === undefined) return undefined;
  if (name === 'accept-language') return remembered(languageSets, value, languageSet);
  return normalizeValue(name, value);
}

// Not remembered: the value may be a credential, and what the author reads from it may end with time.
function returned(
  normalizer: (value: string | undefined) => unknown,
  value: string | undefined,
): string | undefined {
  try {
    const result = normalizer(value);
    if (result === undefined || typeof result === 'string') return result;
    // Unobserved, its rejection would end the process.
    if (result instanceof Promise) result.catch(() => undefined);
  } catch {
    // The author's fault and not the client's: more variants, no failed request.
  }
  return value === undefined ? undefined : `?${value}`;
}

// Absent: nothing to remember, and `chooseLanguage` has nothing to read.
function chosen(list: readonly string[], value: string | undefined): string {
  if (value === undefined) return chooseLanguage(value, list);
  let memo = choices.get(list);
  if (memo === undefined) choices.set(list, (memo = new Map()));
  const known = memo.get(value);
  if (known !== undefined) return known;
  return remember(memo, value, chooseLanguage(value, list));
}

// Whitespace around the commas of a list says nothing (RFC 9110 5.6.1.2); inside quoted strings it does.
function withoutOptionalSpace(value: string): string {
  const text = trimOws(value);
  if (!text.includes(',')) return text;
  const { members, open } = splitList(text);
  return open ? text : members.join(',');
}

// Pure memos: browsers send the same few values for ever. Cleared when full, so that each stays below 256 KiB under a
// flood; those of lists go with their list.
const MEMO_ENTRIES = 256;
const MEMO_LENGTH = 256;
const encodings: Map<string, string> = new Map();
const languages: Map<string, string> = new Map();
const languageSets: Map<string, string> = new Map();
const choices: WeakMap<readonly string[], Map<string, string>> = new WeakMap();

function remembered(
  memo: Map<string, string>,
  value: string,
  normalize: (value: string) => string,
): string {
  return memo.get(value) ?? remember(memo, value, normalize(value));
}

function remember(memo: Map<string, string>, value: string, normalized: string): string {
  if (value.length > MEMO_LENGTH) return normalized;
  if (memo.size >= MEMO_ENTRIES) memo.clear();
  memo.set(value, normalized);
  return normalized;
}
