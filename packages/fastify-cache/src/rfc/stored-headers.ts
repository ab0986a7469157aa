// Which fields of a response are kept with it (RFC 9111 3.1).
// Invariant: nothing that belongs to one connection or one request is ever kept; unknown fields are.
import { fieldLines, fieldText, formatHttpDate, splitList } from '@catzilla/http';
import type { FieldValue, Fields } from '@catzilla/http';
import { dateOf } from './freshness.ts';

/** A kept field: lower-case name, and its line or lines. */
export type StoredField = readonly [name: string, value: string | readonly string[]];

/** What else decides which fields stay. */
export interface KeepOptions {
  /** Fields the response or the policy forbids to keep (`StoreFacts.omit`), lower-case. */
  readonly omit: readonly string[];
  /** Fields that were on the reply when the handler started (cors, helmet, request ids): an unchanged one belongs to
   * its request and is not kept, the representation's own fields excepted. */
  readonly before: Fields | undefined;
  /** ms; written as Date where the response has no valid one (RFC 9110 6.6.1). */
  readonly receivedAt: number;
}

// Fields of one connection (RFC 9111 3.1, RFC 9110 7.6.1), and Age, which is made anew on each reuse.
const neverKept: ReadonlySet<string> = new Set([
  'age',
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

// Not `content-*`: Content-Security-Policy is set per request, often with a nonce.
const representation: ReadonlySet<string> = new Set([
  'age',
  'cache-control',
  'cache-groups',
  'cache-tag',
  'content-digest',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-md5',
  'content-range',
  'content-type',
  'date',
  'etag',
  'expires',
  'last-modified',
  'no-vary-search',
  'repr-digest',
  'surrogate-control',
  'surrogate-key',
  'vary',
  // Of @catzilla/realtime: the place in the log of live channels at which it was rendered.
  'x-catzilla-stream',
]);

/** Chooses the fields to keep.
 * @returns fields in the order of the response, Date always among them */
export function storedFields(headers: Fields, options: KeepOptions): StoredField[] {
  const dropped = new Set([...options.omit, ...connectionListed(headers)]);
  const hasDate = dateOf(headers, options.receivedAt) !== undefined;
  const kept: StoredField[] = [];
  for (const [givenName, value] of Object.entries(headers)) {
    const name = givenName.toLowerCase();
    if (value === undefined || neverKept.has(name) || dropped.has(name)) continue;
    if (name === 'date' && !hasDate) continue;
    const belongsToRequest =
      !isRepresentationField(name) && sameValue(options.before?.[name], value);
    if (!belongsToRequest) kept.push([name, kind(value)]);
  }
  if (!hasDate) kept.push(['date', formatHttpDate(options.receivedAt)]);
  return kept;
}

/** True for fields that describe the stored representation (content-type, etag, cache-control, …): on a hit the stored
 * value wins over one set for the current request; for every other field the current request's value wins. */
export function isRepresentationField(name: string): boolean {
  // Targeted fields have names of this form (RFC 9213 2.1).
  return representation.has(name) || name.endsWith('-cache-control');
}

function connectionListed(headers: Fields): string[] {
  return splitList(fieldText(headers['connection']) ?? '').members.map((name) =>
    name.toLowerCase(),
  );
}

function kind(value: Exclude<FieldValue, undefined>): string | readonly string[] {
  return typeof value === 'object' ? value.map(String) : String(value);
}

function sameValue(before: FieldValue, after: FieldValue): boolean {
  if (before === undefined) return false;
  const [old, current] = [fieldLines(before), fieldLines(after)];
  return old.length === current.length && old.every((line, i) => line === current[i]);
}
