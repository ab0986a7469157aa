// Conditions of a client against a stored response (RFC 9110 13.1, 13.2.2; RFC 9111 4.3.2).
// If-Match and If-Unmodified-Since are not judged here: requests with them pass the cache by.
import { parseEtag, parseEtagList, weakEqual } from './etag.ts';
import { fieldLines, fieldText } from './fields.ts';
import type { Fields } from './fields.ts';
import { dateOf } from './freshness.ts';
import { parseHttpDate } from './http-date.ts';
import type { StoredField } from './stored-headers.ts';

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
  const lastModified = fieldLines(headers['last-modified']);
  return {
    status,
    etag: fieldText(headers['etag']),
    lastModified: lastModified.length === 1 ? parseHttpDate(lastModified[0]!, now) : undefined,
    date: dateOf(headers, now),
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

/** The fields a 304 carries: Cache-Control, Content-Location, Date, ETag, Expires, Vary (RFC 9110 15.4.5). */
export function notModifiedFields(fields: readonly StoredField[]): StoredField[] {
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
