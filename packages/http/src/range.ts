// Which bytes of a complete stored response a GET asks for (RFC 9110 13.1.5, 14.1, 14.2, 15.3.7.2, 17.15).
// Invariant: ranges given out are not empty, lie inside the body, never overlap, and are at most 8; what is not exactly a
// set of byte ranges, or saves nothing, is 'whole', as a server may always ignore Range.
// The method and If-None-Match come first and are the caller's; the 206 or 416 itself is, too.
import type { Validators } from './conditional.ts';
import { parseEtag } from './etag.ts';
import { fieldLines, splitList } from './fields.ts';
import type { Fields } from './fields.ts';
import { parseHttpDate } from './http-date.ts';

/** Bytes `start` to `end`, both included, counted from 0 in the body as it is stored, content coding included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What a Range field comes to: the whole body (200), nothing that exists (416), or at least one range (206). */
export type RangeDecision =
  | { readonly kind: 'whole' }
  | { readonly kind: 'unsatisfiable' }
  | { readonly kind: 'parts'; readonly ranges: readonly ByteRange[] };

const WHOLE: RangeDecision = Object.freeze({ kind: 'whole' });
const UNSATISFIABLE: RangeDecision = Object.freeze({ kind: 'unsatisfiable' });

const MAX_RANGES = 8;
const UNIT = /^bytes=/i;
const SPEC = /^(?:(\d+)-(\d*)|-(\d+))$/;
// The list rule has space around commas, and none between `=` and a first range (RFC 9110 5.6.1.2, 14.1.1).
const SPACED_FIRST = /^[ \t]+[^ \t,]/;
const SECOND = 1000;

/** Decides Range and If-Range of a GET against a stored 200; 'whole' for every other stored status.
 *
 * Ranges come in the client's order; where some overlap, they are merged with those they overlap or adjoin, at the place
 * of the first. Several ranges that cover all of the body, or are more than 8 then, give 'whole'; a single one never does.
 * @param headers  of the request
 * @param stored   of the stored response; only If-Range looks at etag, lastModified and date
 * @param size     bytes of the stored body
 * @param now      ms since the epoch, for the century of an RFC 850 date in If-Range */
export function decideRange(
  headers: Fields,
  stored: Validators,
  size: number,
  now: number,
): RangeDecision {
  const lines = fieldLines(headers['range']);
  if (lines.length !== 1 || stored.status !== 200) return WHOLE;
  if (!isIfRangeTrue(headers, stored, now)) return WHOLE;
  const ranges = satisfiableRanges(lines[0]!, size);
  if (ranges === undefined) return WHOLE;
  if (ranges.length === 0) return UNSATISFIABLE;
  if (ranges.length === 1) return { kind: 'parts', ranges };
  const parts = coalesce(ranges);
  const bytes = parts.reduce((sum, { start, end }) => sum + end - start + 1, 0);
  if (parts.length > MAX_RANGES || bytes >= size) return WHOLE;
  return { kind: 'parts', ranges: parts };
}

// RFC 9110 13.1.5. True without If-Range: a client may ask for a range of whatever there is now.
function isIfRangeTrue(headers: Fields, stored: Validators, now: number): boolean {
  const lines = fieldLines(headers['if-range']);
  if (lines.length === 0) return true;
  if (lines.length > 1) return false;
  const tag = parseEtag(lines[0]!);
  if (tag !== undefined) {
    const current = parseEtag(stored.etag ?? '');
    // Strong comparison (8.8.3.2): bytes of two weakly equal bodies do not fit together.
    return current?.weak === false && !tag.weak && tag.opaque === current.opaque;
  }
  const date = parseHttpDate(lines[0]!, now);
  return date !== undefined && date === stored.lastModified && isStrongDate(stored);
}

// RFC 9110 8.8.2.2: within the second of Date, the body could have changed again under the same Last-Modified.
function isStrongDate({ lastModified, date }: Validators): boolean {
  return lastModified !== undefined && date !== undefined && date - lastModified >= SECOND;
}

// Undefined when the field is to be ignored, none when nothing it names exists.
function satisfiableRanges(text: string, size: number): ByteRange[] | undefined {
  if (!UNIT.test(text)) return undefined;
  const set = text.slice('bytes='.length);
  if (SPACED_FIRST.test(set)) return undefined;
  const { members } = splitList(set);
  if (members.length === 0) return undefined;
  const ranges: ByteRange[] = [];
  for (const member of members) {
    const match = SPEC.exec(member);
    if (match === null) return undefined;
    const [, first, last, suffix] = match;
    if (first === undefined) {
      const length = Number(suffix);
      if (length === 0) continue;
      // Satisfiable by definition (14.1.2), but Content-Range has no form for no bytes.
      if (size === 0) return undefined;
      ranges.push({ start: Math.max(0, size - length), end: size - 1 });
    } else {
      if (last !== '' && isGreater(first, last!)) return undefined;
      // Rounding of huge numbers does no harm from here on: they stay above any size.
      const start = Number(first);
      if (start >= size) continue;
      ranges.push({ start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) });
    }
  }
  return ranges;
}

// By digits: as numbers, two of thirty digits could become equal.
function isGreater(a: string, b: string): boolean {
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return left.length === right.length ? left > right : left.length > right.length;
}

// Disjoint ranges are left as they were asked for, adjacent ones too: such a client has its reasons.
function coalesce(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const sorted = ranges
    .map(({ start, end }, place) => ({ start, end, place }))
    .sort((a, b) => a.start - b.start);
  if (!sorted.some(({ start }, i) => i > 0 && start <= sorted[i - 1]!.end)) return ranges;
  const merged: typeof sorted = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last === undefined || range.start > last.end + 1) {
      merged.push(range);
      continue;
    }
    last.end = Math.max(last.end, range.end);
    last.place = Math.min(last.place, range.place);
  }
  return merged.sort((a, b) => a.place - b.place).map(({ start, end }) => ({ start, end }));
}
