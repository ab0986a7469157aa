// Targeted cache control (RFC 9213): fields with the directives of Cache-Control, meant for one kind of cache only.
// Invariant: a value of the wrong type is never used, and never makes a response more reusable than if it were right:
// a duration becomes 0, a prohibition holds in full, a permission is not given. Empty or malformed: as if not sent.
// What Expires and Age do then is left to freshness.ts.
import type { FieldValue, Fields } from '@catzilla/http';
import { parseCacheControl } from './parse-cache-control.ts';
import type { CacheControl } from './parse-cache-control.ts';
import { parseDictionary } from './structured.ts';
import type { Member } from './structured.ts';

/** The directives that hold for a response, and the field they are from. */
export interface EffectiveCacheControl {
  readonly cacheControl: CacheControl;
  /** The targeted field that was used, lower-case: Cache-Control and Expires are then to be ignored. undefined: none was. */
  readonly target: string | undefined;
}

const durations: ReadonlySet<string> = new Set([
  'max-age',
  's-maxage',
  'stale-while-revalidate',
  'stale-if-error',
]);
const listing: ReadonlySet<string> = new Set(['no-cache', 'private']);
const prohibitions: ReadonlySet<string> = new Set([
  'no-store',
  'must-revalidate',
  'proxy-revalidate',
  'no-transform',
]);
const permissions: ReadonlySet<string> = new Set(['public', 'immutable', 'must-understand']);

/** Reads a targeted field (RFC 9213 2.1, 2.2); never throws. Keys are lower-case, of equal ones the last counts,
 * parameters and unknown directives are ignored. Durations stay seconds.
 * @returns undefined when the field is absent, empty or not a Dictionary: look at the next field then */
export function parseTargeted(value: FieldValue): CacheControl | undefined {
  const members = parseDictionary(value);
  if (members === undefined) return undefined;
  const lines: string[] = [];
  for (const [name, member] of members) {
    const line = directive(name, member);
    if (line !== undefined) lines.push(line);
  }
  return parseCacheControl(lines);
}

/** Chooses the directives of a response (RFC 9213 2.2): the first field of the target list that is valid and not empty
 * replaces Cache-Control and Expires wholly, no-store included; without one, Cache-Control holds.
 * @param headers  of the response
 * @param targets  lower-case names of targeted fields, the most specific first */
export function effectiveCacheControl(
  headers: Fields,
  targets: readonly string[],
): EffectiveCacheControl {
  for (const target of targets) {
    const cacheControl = parseTargeted(headers[target]);
    if (cacheControl !== undefined) return { cacheControl, target };
  }
  return { cacheControl: parseCacheControl(headers['cache-control']), target: undefined };
}

// The directive as Cache-Control spells it, so that one file says what directives mean; undefined: it says nothing.
function directive(name: string, member: Member): string | undefined {
  if (durations.has(name)) {
    // What is no Integer is no number there either, and so 0; left out, a default could keep the response for long.
    return member.kind === 'integer' ? `${name}=${member.value}` : `${name}=`;
  }
  if (permissions.has(name)) return isTrue(member) ? name : undefined;
  if (member.kind === 'boolean' && !member.value) return undefined;
  if (prohibitions.has(name)) return name;
  if (!listing.has(name)) return undefined;
  // Field names come as a String (RFC 9213 2.1). A Token or an Inner List is another type: the unqualified form.
  return member.kind === 'string' ? `${name}="${member.value.replace(/["\\]/g, '\\$&')}"` : name;
}

function isTrue(member: Member): boolean {
  return member.kind === 'boolean' && member.value;
}
