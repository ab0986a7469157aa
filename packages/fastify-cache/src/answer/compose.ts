// The fields of an answer from the cache, in the one order all answer paths keep: stored fields, Age, Cache-Status,
// x-cache, then what hooks set for the current request.
// Invariant: for fields that describe the representation the stored value wins, for every other the current request's;
// Vary is the union. render.ts writes the same for the case without conflicts.
import { fieldLines, notModifiedFields } from '@catzilla/http';
import type { FieldValue } from '@catzilla/http';
import { appendCacheStatus } from '../rfc/cache-status.ts';
import { ageSeconds } from '../rfc/reuse.ts';
import { OWN_TARGET } from '../rfc/storable.ts';
import { toldFields } from './client-control.ts';
import { isRepresentationField } from '../rfc/stored-headers.ts';
import type { StoredField } from '../rfc/stored-headers.ts';
import type { Entry } from '../entry/entry.ts';
import type { ReplyHeaders } from '../internals.ts';
import { hitMember } from './style.ts';
import type { Style } from './style.ts';

/** An answer ready to be sent: fields in order, values as Node takes them. */
export type AnswerField = [name: string, value: string | string[]];

/** How a hit is to be answered. */
export interface Hit {
  readonly notModified: boolean;
  /** ms since the epoch. */
  readonly now: number;
  readonly style: Style;
  /** Our Cache-Status member, where it is not that of a hit. */
  readonly member?: string;
}

/** The stored fields an answer carries: all, or those of a 304 (RFC 9110 15.4.5), as the style tells them; never the one that
 * speaks to this cache alone (RFC 9213 2.1). */
export function carriedFields(
  entry: Entry,
  { notModified, style, now }: Hit,
): readonly StoredField[] {
  const fields = entry.names.has(OWN_TARGET)
    ? entry.fields.filter(([name]) => name !== OWN_TARGET)
    : entry.fields;
  // A 416 says nothing about keeping it: it is of one request (answer/part.ts).
  const isTold = style.told !== undefined && entry.status !== 416;
  const told = isTold ? toldFields(fields, style.told, entry, now) : fields;
  return notModified ? notModifiedFields(told) : told;
}

/** Composes the fields of a hit.
 * @param current  headers on the reply now; undefined values are skipped
 * @param raw      headers on the raw response: they are already in place and only win or lose here */
export function composeFields(
  entry: Entry,
  options: Hit & { readonly current: ReplyHeaders; readonly raw: ReplyHeaders },
): AnswerField[] {
  const { now, style, current, raw } = options;
  const fields: AnswerField[] = [];
  let status: FieldValue = lines(current['cache-status'] ?? raw['cache-status']);
  for (const [name, value] of carriedFields(entry, options)) {
    if (name === 'cache-status') status = [...fieldLines(value), ...fieldLines(status)];
    else if (name === 'vary' && adds(current[name] ?? raw[name], value)) {
      fields.push([name, unionVary(value, current[name] ?? raw[name])]);
    } else if (isRepresentationField(name) || (current[name] ?? raw[name]) === undefined) {
      fields.push([name, typeof value === 'string' ? value : [...value]]);
    }
  }
  const age = ageSeconds(entry, now);
  if (style.told === undefined) fields.push(['age', String(age)]);
  if (style.status !== false) {
    fields.push([
      'cache-status',
      appendCacheStatus(status, options.member ?? hitMember(entry, age, style)),
    ]);
  } else if (status !== undefined && fieldLines(status).length > 0) {
    fields.push(['cache-status', fieldLines(status).join(', ')]);
  }
  if (style.xCache) fields.push(['x-cache', options.member === undefined ? 'HIT' : 'MISS']);
  const taken = new Set(fields.map((field) => field[0]));
  for (const name of Object.keys(current)) {
    const value = current[name];
    if (value === undefined || taken.has(name)) continue;
    if (isRepresentationField(name) && name !== 'vary') continue;
    fields.push([name, Array.isArray(value) ? value.map(String) : String(value)]);
  }
  return fields;
}

/** Fields as Fastify keeps them on a reply. */
export function headersOf(fields: readonly AnswerField[]): ReplyHeaders {
  const headers: ReplyHeaders = {};
  for (const [name, value] of fields) headers[name] = value;
  return headers;
}

/** The union of two Vary values, each name once, the first spelling kept. */
export function unionVary(stored: FieldValue, current: unknown): string {
  const names = [...fieldLines(stored), ...fieldLines(lines(current))].flatMap((line) =>
    line.split(',').map((name) => name.trim()),
  );
  const seen = new Set<string>();
  return names
    .filter((name) => {
      const known = seen.has(name.toLowerCase());
      seen.add(name.toLowerCase());
      return name !== '' && !known;
    })
    .join(', ');
}

// As it was stored, down to its spaces, unless there is something to add: render.ts writes it so.
function adds(current: unknown, stored: StoredField[1]): boolean {
  return current !== undefined && current !== stored;
}

function lines(value: unknown): FieldValue {
  if (value === undefined || value === null) return undefined;
  return Array.isArray(value) ? value.map(String) : String(value);
}
