// Parts of a representation that are stored by themselves (RFC 9111 3.3, 3.4; RFC 9110 14.4, 15.3.7.3).
// Invariant: two parts are joined only under one strong validator, and only where they leave no gap; a part that says
// nothing of the whole's size, or has no strong validator, is not stored.
import { fieldText, parseEtag } from '@catzilla/http';
import type { Fields } from '@catzilla/http';

/** Which bytes of a whole a body holds; both ends included. */
export interface Part {
  readonly start: number;
  readonly end: number;
  /** Bytes of the whole. */
  readonly size: number;
}

const CONTENT_RANGE = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/i;

/** Name among the fields that select a variant, by which parts are kept apart from whole responses. */
export const PART = ':part';

/** The part that a 206 carries; undefined: none that could be stored. */
export function partIn(headers: Fields): Part | undefined {
  const match = CONTENT_RANGE.exec(fieldText(headers['content-range']) ?? '');
  const tag = parseEtag(fieldText(headers['etag']) ?? '');
  if (match === null || tag === undefined || tag.weak) return undefined;
  const [start, end, size] = match.slice(1).map(Number) as [number, number, number];
  return start <= end && end < size ? { start, end, size } : undefined;
}

/** A part with its bytes. */
export interface Piece {
  readonly part: Part;
  readonly body: Buffer;
}

/** Joins two pieces of one representation; where they overlap, the newer one counts.
 * @returns undefined: a gap lies between them, or they are of wholes of different size */
export function joined(older: Piece, newer: Piece): Piece | undefined {
  const a = older.part;
  const b = newer.part;
  if (a.size !== b.size || a.start > b.end + 1 || b.start > a.end + 1) return undefined;
  const start = Math.min(a.start, b.start);
  const end = Math.max(a.end, b.end);
  const body = Buffer.alloc(end - start + 1);
  older.body.copy(body, a.start - start);
  newer.body.copy(body, b.start - start);
  return { part: { start, end, size: a.size }, body };
}

/** Whether a part is all of it. */
export function isWhole({ start, end, size }: Part): boolean {
  return start === 0 && end === size - 1;
}
