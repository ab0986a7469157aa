// The entry that answers a range from a stored part of a response: as part.ts makes it of a whole one.
import type { ByteRange } from '@catzilla/http';
import type { Entry } from '../entry/entry.ts';
import type { Part } from '../rfc/partial.ts';
import type { StoredField } from '../rfc/stored-headers.ts';
import { derive } from './part.ts';

/** Derives the entry to be sent.
 * @param entry  a stored 206; its lease, if any, is taken over
 * @param part   which bytes of the whole it holds
 * @param range  inside the part */
export function partOfPart(entry: Entry, part: Part, range: ByteRange): Entry {
  const { start, end } = range;
  const body = entry.body.subarray(start - part.start, end - part.start + 1);
  const fields: StoredField[] = [
    ...entry.fields.filter(([name]) => name !== 'content-length' && name !== 'content-range'),
    ['content-length', String(body.length)],
    ['content-range', `bytes ${start}-${end}/${part.size}`],
  ];
  return derive(entry, 206, fields, body, entry.lease);
}
