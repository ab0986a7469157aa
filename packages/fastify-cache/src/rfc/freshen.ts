// Updating a stored response by a 304, or by the 200 of a HEAD (RFC 9111 3.2, 4.3.4, 4.3.5).
// Invariant: a response is updated only if its validators say that it is the one that was meant; what describes the bytes
// stays as it was, for they have not come again.
import { fieldText, parseEtag, parseHttpDate, weakEqual } from '@catzilla/http';
import type { Fields, Validators } from '@catzilla/http';
import type { StoredField } from './stored-headers.ts';

// They belong to the stored bytes (RFC 9111 3.2; RFC 9110 8.4, 14.4).
const OF_THE_BODY: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-length',
  'content-range',
]);

/** Whether a 304 speaks about a stored response (RFC 9111 4.3.4): by its ETag, compared strongly if it is a strong one, else
 * by Last-Modified; without either, about the only one that was asked for.
 * @param isWeakened  the stored tag is weak only because we made it so */
export function isAbout(
  stored: Validators,
  headers: Fields,
  now: number,
  isWeakened: boolean,
): boolean {
  const given = fieldText(headers['etag']);
  if (given !== undefined) {
    if (given === stored.etag) return true;
    const tag = parseEtag(given);
    const known = stored.etag === undefined ? undefined : parseEtag(stored.etag);
    if (tag === undefined || known === undefined) return false;
    // A strong tag names a response that is stored with it, and no other. One that was stored weakened, since a hook coded
    // the body behind it, is the handler's strong one all the same.
    return (tag.weak || isWeakened) && weakEqual(tag, known);
  }
  const modified = fieldText(headers['last-modified']);
  if (modified === undefined) return true;
  return parseHttpDate(modified, now) === stored.lastModified;
}

/** What the 200 of a HEAD says of a stored response (RFC 9111 4.3.5). 'same': its validators are those of the stored one, and
 * its length is. 'other': one of them is not. 'unknown': it has no validator, so that a body of the same length may have
 * changed; to join its fields with the stored bytes would then make a response that never was. */
export function comparedByHead(
  stored: Validators,
  length: number,
  headers: Fields,
  now: number,
): 'same' | 'other' | 'unknown' {
  const declared = fieldText(headers['content-length']);
  if (declared !== undefined && declared !== String(length)) return 'other';
  const etag = fieldText(headers['etag']);
  const modified = fieldText(headers['last-modified']);
  if (etag !== undefined && etag !== stored.etag) return 'other';
  if (modified !== undefined && parseHttpDate(modified, now) !== stored.lastModified)
    return 'other';
  return etag === undefined && modified === undefined ? 'unknown' : 'same';
}

/** The fields of an updated response: each field that came replaces all lines of its name, or is added.
 * @param update  what of the 304 may be stored */
export function freshened(
  stored: readonly StoredField[],
  update: readonly StoredField[],
): readonly StoredField[] {
  const news = new Map(update.filter(([name]) => !OF_THE_BODY.has(name)));
  const fields = stored.map(([name, value]): StoredField => {
    const fresh = news.get(name);
    news.delete(name);
    // A weak tag stays weak: the stored bytes are not those that a strong one names.
    return [name, fresh === undefined || isWeak(name, value) ? value : fresh];
  });
  return [...fields, ...news];
}

function isWeak(name: string, value: StoredField[1]): boolean {
  return name === 'etag' && typeof value === 'string' && value.startsWith('W/');
}
