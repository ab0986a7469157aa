// HTTP dates (RFC 9110 5.6.7): read in the three forms, written in the preferred one.
// Invariant: what is not exactly one of the forms is no date; the local zone never counts.

/** Reads IMF-fixdate, RFC 850 and asctime dates, names in any case (RFC 9111 4.2).
 * @param value  the field value
 * @param now    ms since the epoch; decides the century of an RFC 850 date (over 50 years ahead = past century)
 * @returns ms since the epoch, or undefined for anything else (an invalid Expires means: already expired) */
export function parseHttpDate(value: string, now: number): number | undefined {
  throw new Error('pending');
}

/** Writes an IMF-fixdate, as `Sun, 06 Nov 1994 08:49:37 GMT`; the text of the last second is kept.
 * @param time  ms since the epoch; parts of a second are cut */
export function formatHttpDate(time: number): string {
  throw new Error('pending');
}
