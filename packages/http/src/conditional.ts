// Conditions of a client against a response (RFC 9110 13.1, 13.2.2; RFC 9111 4.3.2).
// Invariant: strong comparison for what a change depends on (If-Match), weak for what saves a transfer (If-None-Match).
import { parseEtag, parseEtagList, weakEqual } from './etag.ts';
import { fieldLines, fieldText } from './fields.ts';
import type { Fields } from './fields.ts';
import { parseHttpDate, singleDate } from './http-date.ts';

/** A field as a response is kept: lower-case name, and its line or lines. */
export type HeldField = readonly [name: string, value: string | readonly string[]];

/** What conditions are judged by. `lastModified`, `date`: ms, undefined when absent or invalid. */
export interface Validators {
  readonly status: number;
  readonly etag: string | undefined;
  readonly lastModified: number | undefined;
  readonly date: number | undefined;
}

// RFC 9110 15.4.5. Last-Modified is left out: there is always an ETag, and it is the stronger one.
const sentWith304: ReadonlySet<string> = new Set([
  'cache-control',
  'content-location',
  'date',
  'etag',
  'expires',
  'vary',
]);

/** The validators of a stored response.
 * @param now  ms, for the century of an RFC 850 date */
export function validatorsOf(status: number, headers: Fields, now: number): Validators {
  return {
    status,
    etag: fieldText(headers['etag']),
    lastModified: singleDate(headers['last-modified'], now),
    date: singleDate(headers['date'], now),
  };
}

/** True when the client's copy is current and 304 is the answer. If-None-Match first (weak comparison, lists, `*`),
 * If-Modified-Since only without it; never for a stored status outside 2xx (RFC 9110 13.2.1). HOT: benchmarks/http */
export function isNotModified(headers: Fields, stored: Validators, now: number): boolean {
  if (stored.status < 200 || stored.status > 299) return false;
  const noneMatch = fieldText(headers['if-none-match']);
  if (noneMatch !== undefined) return matchesEtag(noneMatch, stored.etag);
  const modifiedSince = fieldLines(headers['if-modified-since']);
  if (modifiedSince.length !== 1) return false;
  const since = parseHttpDate(modifiedSince[0]!, now);
  const modified = stored.lastModified ?? stored.date;
  return since !== undefined && modified !== undefined && modified <= since;
}

/** Whether If-Match holds: a tag of the list is, strongly, that of the response; true without the field (RFC 9110 13.1.1). */
export function isMatch(headers: Fields, stored: Validators): boolean {
  const match = fieldText(headers['if-match']);
  if (match === undefined || match === '*') return true;
  const current = parseEtag(stored.etag ?? '');
  if (current === undefined || current.weak) return false;
  return parseEtagList(match).some((tag) => !tag.weak && tag.opaque === current.opaque);
}

/** Whether If-Unmodified-Since holds; true without a valid one, without a date of change, and beside an If-Match, which
 * replaces it (RFC 9110 13.1.4). */
export function isUnmodified(headers: Fields, stored: Validators, now: number): boolean {
  if (headers['if-match'] !== undefined) return true;
  const since = singleDate(headers['if-unmodified-since'], now);
  return since === undefined || stored.lastModified === undefined || stored.lastModified <= since;
}

/** The fields a 304 carries: Cache-Control, Content-Location, Date, ETag, Expires, Vary (RFC 9110 15.4.5). */
export function notModifiedFields(fields: readonly HeldField[]): HeldField[] {
  return fields.filter(([name]) => sentWith304.has(name));
}

function matchesEtag(noneMatch: string, etag: string | undefined): boolean {
  if (noneMatch === '*') return true;
  if (etag === undefined || etag === '') return false;
  // The common case, and the only one for a tag that a handler wrote without quotes.
  if (noneMatch === etag) return true;
  const current = parseEtag(etag);
  if (current === undefined) return false;
  return parseEtagList(noneMatch).some((tag) => weakEqual(tag, current));
}
