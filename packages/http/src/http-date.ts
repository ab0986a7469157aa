// HTTP dates (RFC 9110 5.6.7): read in the three forms, written in the preferred one.
// Invariant: what is not exactly one of the forms is no date; the local zone never counts.
// The day of the week must be a name of a day, but is not checked against the date: it carries no information.
import { fieldLines, trimOws } from './fields.ts';
import type { FieldValue } from './fields.ts';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const SHORT_DAY = '(?:mon|tue|wed|thu|fri|sat|sun)';
const LONG_DAY = '(?:mon|tues|wednes|thurs|fri|satur|sun)day';
const MONTH = `(${MONTHS.join('|')})`;
const TIME = '([01]\\d|2[0-3]):([0-5]\\d):([0-5]\\d|60)';

const IMF_FIXDATE = new RegExp(`^${SHORT_DAY}, (\\d{2}) ${MONTH} (\\d{4}) ${TIME} gmt$`, 'i');
const RFC_850 = new RegExp(`^${LONG_DAY}, (\\d{2})-${MONTH}-(\\d{2}) ${TIME} gmt$`, 'i');
const ASCTIME = new RegExp(`^${SHORT_DAY} ${MONTH} (\\d{2}| \\d) ${TIME} (\\d{4})$`, 'i');
// The longest form is `Wednesday, 06-Nov-94 08:49:37 GMT`; nothing longer is looked at.
const LONGEST = 33;

/** Reads IMF-fixdate, RFC 850 and asctime dates, names in any case (RFC 9111 4.2).
 * @param value  the field value
 * @param now    ms since the epoch; decides the century of an RFC 850 date (over 50 years ahead = past century)
 * @returns ms since the epoch, or undefined for anything else (an invalid Expires means: already expired) */
export function parseHttpDate(value: string, now: number): number | undefined {
  const text = trimOws(value);
  if (text.length > LONGEST) return undefined;
  let match = IMF_FIXDATE.exec(text);
  if (match !== null) {
    const [, day, month, year, hour, minute, second] = match;
    return utc(Number(year), month!, day!, hour!, minute!, second!);
  }
  match = ASCTIME.exec(text);
  if (match !== null) {
    const [, month, day, hour, minute, second, year] = match;
    return utc(Number(year), month!, day!, hour!, minute!, second!);
  }
  match = RFC_850.exec(text);
  if (match === null) return undefined;
  const [, day, month, shortYear, hour, minute, second] = match;
  const today = new Date(now);
  // The latest year with these two digits that is not more than 50 years ahead, to the second.
  const horizon = new Date(now).setUTCFullYear(today.getUTCFullYear() + 50);
  const century = today.getUTCFullYear() - (today.getUTCFullYear() % 100) + 100;
  for (let base = century; base >= century - 200; base -= 100) {
    const time = utc(base + Number(shortYear), month!, day!, hour!, minute!, second!);
    if (time !== undefined && time <= horizon) return time;
  }
  return undefined;
}

/** The date of a field that may stand once; undefined when it is absent, repeated or invalid. */
export function singleDate(value: FieldValue, now: number): number | undefined {
  const lines = fieldLines(value);
  return lines.length === 1 ? parseHttpDate(lines[0]!, now) : undefined;
}

let lastSecond = NaN;
let lastText = '';

/** Writes an IMF-fixdate, as `Sun, 06 Nov 1994 08:49:37 GMT`; the text of the last second is kept.
 * @param time  ms since the epoch, in the years 0 to 9999; parts of a second are cut */
export function formatHttpDate(time: number): string {
  const second = Math.floor(time / 1000);
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toUTCString();
    lastSecond = second;
  }
  return lastText;
}

function utc(
  year: number,
  monthName: string,
  day: string,
  hour: string,
  minute: string,
  second: string,
): number | undefined {
  const month = MONTHS.indexOf(monthName.toLowerCase());
  // Date.UTC would move the years 0 to 99 to 1900; setUTCFullYear does not.
  const date = new Date(0);
  date.setUTCFullYear(year, month, Number(day));
  // A day that its month does not have ends up in another month.
  if (date.getUTCMonth() !== month) return undefined;
  return date.setUTCHours(Number(hour), Number(minute), Number(second));
}
