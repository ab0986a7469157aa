// The entry that answers a range request in the place of the stored one: a slice, several as multipart/byteranges, or a
// 416 (RFC 9110 14.4, 14.6, 15.3.7, 15.5.17). It is sent as any other entry, and never stored.
// Invariant: the stored entry is left as it is, forms included; a lease goes on with a slice, and is released when none of
// its bytes are sent from the cache's memory. Which ranges, and whether any, is decided by @catzilla/http.
import { randomBytes } from 'node:crypto';
import { fieldText, validatorsOf } from '@catzilla/http';
import type { ByteRange, RangeDecision } from '@catzilla/http';
import type { Entry, Pin } from '../entry/entry.ts';
import { isRepresentationField } from '../rfc/stored-headers.ts';
import type { StoredField } from '../rfc/stored-headers.ts';

// Sums over the content of one message (RFC 9530 2): that of the whole body is wrong for a part. Repr-Digest stays.
const wholeOnly: ReadonlySet<string> = new Set([
  'content-digest',
  'content-length',
  'content-md5',
  'content-range',
]);
const RANDOM_BYTES = 18;

/** Derives the entry to be sent.
 * @param entry     a complete 200; its lease, if any, is taken over
 * @param decision  of `decideRange` for this entry and the size of its body
 * @returns 206 with the slice of one range or a multipart copy of several, or an empty 416. Fields keep their order, those
 * about the length and the range come last */
export function partOf(
  entry: Entry,
  decision: Exclude<RangeDecision, { readonly kind: 'whole' }>,
): Entry {
  if (decision.kind === 'unsatisfiable') return unsatisfiable(entry);
  const { ranges } = decision;
  return ranges.length === 1 ? onePart(entry, ranges[0]!) : manyParts(entry, ranges);
}

function onePart(entry: Entry, range: ByteRange): Entry {
  const body = entry.body.subarray(range.start, range.end + 1);
  const fields: StoredField[] = [
    ...entry.fields.filter(([name]) => !wholeOnly.has(name)),
    ['content-length', String(body.length)],
    ['content-range', contentRange(range, entry)],
  ];
  return derive(entry, 206, fields, body, entry.lease);
}

// Without Content-Range in the head (15.3.7.2). Content-Encoding moves into the parts with Content-Type, as it says how to
// get at the type named beside it (8.4): the multipart itself is not coded.
function manyParts(entry: Entry, ranges: readonly ByteRange[]): Entry {
  try {
    const boundary = randomBytes(RANDOM_BYTES).toString('base64url');
    const body = multipart(entry, ranges, boundary);
    const type: StoredField = ['content-type', `multipart/byteranges; boundary=${boundary}`];
    const fields = entry.fields
      .filter(([name]) => !wholeOnly.has(name) && name !== 'content-encoding')
      .map((field) => (field[0] === 'content-type' ? type : field));
    if (!entry.names.has('content-type')) fields.push(type);
    fields.push(['content-length', String(body.length)]);
    return derive(entry, 206, fields, body, undefined);
  } finally {
    entry.lease?.release();
  }
}

// Nothing that describes the stored body, and nothing that would let the 416 be kept, targeted fields included (RFC 9213).
function unsatisfiable(entry: Entry): Entry {
  const fields: StoredField[] = [
    ...entry.fields.filter(([name]) => !isOfWhole(name)),
    ['content-length', '0'],
    ['content-range', `bytes */${entry.body.length}`],
  ];
  entry.lease?.release();
  return derive(entry, 416, fields, Buffer.alloc(0), undefined);
}

function isOfWhole(name: string): boolean {
  if (name === 'date' || name === 'vary') return false;
  return isRepresentationField(name) || name.endsWith('-cache-control');
}

/** An entry made of another one, with forms of its own: those of the stored entry are shared by all its hits. */
export function derive(
  entry: Entry,
  status: number,
  fields: readonly StoredField[],
  body: Buffer,
  lease: Pin | undefined,
): Entry {
  const byName = Object.fromEntries(fields);
  return {
    ...entry,
    status,
    fields,
    body,
    lease,
    validators: validatorsOf(status, byName, entry.bornAt),
    names: new Set(Object.keys(byName)),
    forms: { rendered: undefined, composed: undefined },
  };
}

// A copy, so that it outlives the lease. The boundary is not looked for in the body: it has 144 random bits.
function multipart(entry: Entry, ranges: readonly ByteRange[], boundary: string): Buffer {
  const lines = partLine(entry, 'Content-Type') + partLine(entry, 'Content-Encoding');
  const pieces: Buffer[] = [];
  for (const range of ranges) {
    const open = `${pieces.length === 0 ? '' : '\r\n'}--${boundary}\r\n`;
    const head = `${open}${lines}Content-Range: ${contentRange(range, entry)}\r\n\r\n`;
    pieces.push(Buffer.from(head, 'latin1'), entry.body.subarray(range.start, range.end + 1));
  }
  pieces.push(Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1'));
  return Buffer.concat(pieces);
}

function partLine(entry: Entry, name: string): string {
  const value = entry.fields.find((field) => field[0] === name.toLowerCase())?.[1];
  const text = fieldText(value);
  return text === undefined ? '' : `${name}: ${text}\r\n`;
}

function contentRange({ start, end }: ByteRange, entry: Entry): string {
  return `bytes ${start}-${end}/${entry.body.length}`;
}
