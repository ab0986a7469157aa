// Whether a client has an answer already (RFC 9110 13.1.2, 13.1.3, 13.2.2): If-None-Match by weak comparison, lists and `*`;
// If-Modified-Since only without it. Invariant: what cannot be read matches nothing, and the whole answer is sent; reading is
// linear in the field. If-Match and If-Unmodified-Since are for requests that change something, and are not judged.
import type { IncomingHttpHeaders } from 'node:http';

/** What an answer is known by; `lastModified` in ms. */
export interface Validators {
  readonly etag: string | undefined;
  readonly lastModified: number | undefined;
}

// One tag of a list and what stands before it. Sticky, so that a list is read without copying; a tag has no escapes and may
// hold commas (RFC 9110 8.8.3); what is followed by anything but a comma is none.
const TAG = /[ \t]*(?:,[ \t]*)*(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")(?=[ \t]*(?:,|$))/y;

const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const LONG_DAY = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const TIME = '\\d\\d:\\d\\d:\\d\\d';
/** The three forms of a date (RFC 9110 5.6.7). */
const DATE = new RegExp(
  `^(?:${DAY}, \\d\\d ${MONTH} \\d{4} ${TIME} GMT|${LONG_DAY}, \\d\\d-${MONTH}-\\d\\d ${TIME} GMT|(${DAY} ${MONTH} [ \\d]\\d ${TIME} \\d{4}))$`,
);

/** True when 304 is the answer to a GET or HEAD. */
export function isNotModified(
  headers: IncomingHttpHeaders,
  { etag, lastModified }: Validators,
): boolean {
  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined) return matches(noneMatch, etag);
  const since = headers['if-modified-since'];
  if (since === undefined || lastModified === undefined) return false;
  const time = timeOf(since);
  return time !== undefined && lastModified <= time;
}

function matches(noneMatch: string, etag: string | undefined): boolean {
  // The common case first.
  if (noneMatch === etag || noneMatch.trim() === '*') return true;
  if (etag === undefined) return false;
  const opaque = etag.replace(/^W\//, '');
  TAG.lastIndex = 0;
  for (let tag = TAG.exec(noneMatch); tag !== null; tag = TAG.exec(noneMatch)) {
    if (tag[1] === opaque) return true;
  }
  return false;
}

function timeOf(text: string): number | undefined {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  // asctime says no zone; it means UTC as all of them do.
  const time = Date.parse(match[1] === undefined ? text : `${text} GMT`);
  return Number.isNaN(time) ? undefined : time;
}
