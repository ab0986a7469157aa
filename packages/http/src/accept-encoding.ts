// Accept-Encoding brought to one form (RFC 9110 12.5.3), and the list of weighted names it shares with Accept-Language.
// Invariant: two values get one form only if they accept, refuse and order the known codings alike. An empty field (no
// coding is wanted) has the form ''; an absent one (any will do) has none, and is the caller's to keep apart.
// That no response in an unknown coding is stored, which makes it safe to drop those, is storable.ts.
import { isToken, splitList, trimOws } from './fields.ts';

/** The content codings of the IANA registry, and `identity`: the ones kept from Accept-Encoding, beside `*`. */
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

/** Accept-Encoding: codings in order of weight, equal ones sorted and joined with `,`, a lower weight behind `>`.
 * Unknown codings and those with q=0 are dropped; `identity` and `*` at q=0 are kept as `!name`, and with a `*` in
 * force every excluded name is. What cannot be read is `?` and the value. */
export function acceptEncoding(value: string): string {
  const wishes = weightedList(value);
  if (wishes === undefined) return `?${value}`;
  const star = wishes.some(({ name, weight }) => name === '*' && weight > 0);
  const excluded: string[] = [];
  const accepted: Weighted[] = [];
  for (const { name, weight } of wishes) {
    if (name !== '*' && !knownCodings.has(name)) continue;
    if (weight > 0) accepted.push({ name, weight });
    else if (star || name === 'identity' || name === '*') excluded.push(name);
  }
  return rankedForm(accepted.sort(byWeightAndName), excluded.sort());
}

/** One member of such a list. `name`: in lower case. `weight`: 0 - 1, 1 where none was given (RFC 9110 12.4.2). */
export interface Weighted {
  readonly name: string;
  readonly weight: number;
}

/** `name;q=0.5, name` in the order of the field; undefined when any member is something else. */
export function weightedList(value: string): Weighted[] | undefined {
  const wishes: Weighted[] = [];
  for (const member of splitList(value).members) {
    const wish = weightedMember(member);
    if (wish === undefined) return undefined;
    wishes.push(wish);
  }
  return wishes;
}

/** One trimmed member of the list: a token, and a weight at most; undefined when it is something else. */
export function weightedMember(member: string): Weighted | undefined {
  const semicolon = member.indexOf(';');
  const name = trimOws(semicolon === -1 ? member : member.slice(0, semicolon));
  if (!isToken(name)) return undefined;
  if (semicolon === -1) return { name: name.toLowerCase(), weight: 1 };
  const match = /^[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i.exec(member.slice(semicolon + 1));
  return match === null ? undefined : { name: name.toLowerCase(), weight: Number(match[1]) };
}

/** The order of a form that keeps none among equals: the highest weight first, equal ones by name. */
export function byWeightAndName(a: Weighted, b: Weighted): number {
  return b.weight - a.weight || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

/** `a,b>c!d`: names in their order, `>` where the weight falls, the excluded ones last. No name may hold a mark of these,
 * or two lists could share one form. */
export function rankedForm(accepted: readonly Weighted[], excluded: readonly string[]): string {
  let text = '';
  let last: number | undefined;
  for (const { name, weight } of accepted) {
    if (last !== undefined) text += weight === last ? ',' : '>';
    text += name;
    last = weight;
  }
  for (const name of excluded) text += `!${name}`;
  return text;
}
