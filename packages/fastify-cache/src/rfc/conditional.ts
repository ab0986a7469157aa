// Conditions of a client against a stored response (RFC 9110 13.1, 13.2.2; RFC 9111 4.3.2).
// If-Match and If-Unmodified-Since are not judged here: requests with them pass the cache by.
import type { Fields } from './fields.ts';
import type { StoredField } from './stored-headers.ts';

/** What conditions are judged by. `lastModified`, `date`: ms, undefined when absent or invalid. */
export interface Validators {
  readonly status: number;
  readonly etag: string | undefined;
  readonly lastModified: number | undefined;
  readonly date: number | undefined;
}

/** The validators of a stored response. */
export function validatorsOf(status: number, headers: Fields, now: number): Validators {
  throw new Error('pending');
}

/** True when the client's copy is current and 304 is the answer. If-None-Match first (weak comparison, lists, `*`),
 * If-Modified-Since only without it; never for a stored status outside 2xx. HOT: benchmarks/http */
export function isNotModified(headers: Fields, stored: Validators, now: number): boolean {
  throw new Error('pending');
}

/** The fields a 304 carries: Cache-Control, Content-Location, Date, ETag, Expires, Vary (RFC 9110 15.4.5). */
export function notModifiedFields(fields: readonly StoredField[]): StoredField[] {
  throw new Error('pending');
}
