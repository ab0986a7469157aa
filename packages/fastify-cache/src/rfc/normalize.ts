// Request field values brought to one form, so that equal wishes select one variant (RFC 9111 4.1).
// Invariant: two values become equal only if a handler that follows the field's definition answers both alike.
// A value that cannot be read stays as it came, behind a `?`, and so never equals a normalised one.
import { isToken, splitList, trimOws } from './fields.ts';

/** The content codings of the IANA registry, and `*`: the ones kept from Accept-Encoding. */
export const knownCodings: ReadonlySet<string> = new Set([
  'aes128gcm',
  'br',
  'compress',
  'dcb',
  'dcz',
  'deflate',
  'exi',
  'gzip',
  'identity',
  'pack200-gzip',
  'x-compress',
  'x-gzip',
  'zstd',
]);

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

/** Accept-Encoding: codings in order of weight, equal ones sorted and joined with `,`, a lower weight behind `>`.
 * Unknown codings and those with q=0 are dropped; `identity` and `*` at q=0 are kept as `!name`, and with a `*` in
 * force every excluded name is. */
export function acceptEncoding(value: string): string {
  const wishes = weighted(value);
  if (wishes === undefined) return `?${value}`;
  const star = wishes.some(({ name, weight }) => name === '*' && weight > 0);
  const excluded: string[] = [];
  const accepted: Weighted[] = [];
  for (const wish of wishes) {
    const name = wish.name.toLowerCase();
    if (name !== '*' && !knownCodings.has(name)) continue;
    if (wish.weight > 0) accepted.push({ name, weight: wish.weight });
    else if (star || name === 'identity' || name === '*') excluded.push(`!${name}`);
  }
  accepted.sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return joined(accepted, excluded.sort());
}

/** Accept-Language: lower case, no spaces, in order of weight; the order among equals is kept, for many handlers read it
 * as priority. Languages with q=0 are kept as `!name`. */
export function acceptLanguage(value: string): string {
  const wishes = weighted(value);
  if (wishes === undefined) return `?${value}`;
  const lower = wishes.map(({ name, weight }) => ({ name: name.toLowerCase(), weight }));
  const accepted = lower.filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight);
  return joined(
    accepted,
    lower.filter(({ weight }) => weight === 0).map(({ name }) => `!${name}`),
  );
}

interface Weighted {
  readonly name: string;
  readonly weight: number;
}

// `name;q=0.5, name`: undefined when any member is something else (RFC 9110 12.4.2).
function weighted(value: string): Weighted[] | undefined {
  const wishes: Weighted[] = [];
  for (const member of splitList(value).members) {
    const semicolon = member.indexOf(';');
    const name = trimOws(semicolon === -1 ? member : member.slice(0, semicolon));
    if (!isToken(name)) return undefined;
    let weight = 1;
    if (semicolon !== -1) {
      const match = /^[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i.exec(member.slice(semicolon + 1));
      if (match === null) return undefined;
      weight = Number(match[1]);
    }
    wishes.push({ name, weight });
  }
  return wishes;
}

function joined(accepted: readonly Weighted[], excluded: readonly string[]): string {
  let text = '';
  let last: number | undefined;
  for (const { name, weight } of accepted) {
    if (last !== undefined) text += weight === last ? ',' : '>';
    text += name;
    last = weight;
  }
  return text + excluded.join('');
}

// Whitespace around the commas of a list says nothing (RFC 9110 5.6.1.2); inside quoted strings it does.
function withoutOptionalSpace(value: string): string {
  const text = trimOws(value);
  if (!text.includes(',')) return text;
  const { members, open } = splitList(text);
  return open ? text : members.join(',');
}

// A pure memo: browsers send the same few values for ever. Cleared when full, so that it stays small under a flood.
const MEMO_ENTRIES = 256;
const MEMO_LENGTH = 256;
const encodings: Map<string, string> = new Map();
const languages: Map<string, string> = new Map();

function remembered(
  memo: Map<string, string>,
  value: string,
  normalize: (value: string) => string,
): string {
  const known = memo.get(value);
  if (known !== undefined) return known;
  const normalized = normalize(value);
  if (value.length > MEMO_LENGTH) return normalized;
  if (memo.size >= MEMO_ENTRIES) memo.clear();
  memo.set(value, normalized);
  return normalized;
}
