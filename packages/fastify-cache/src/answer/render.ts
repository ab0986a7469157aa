// A hit's head rendered to text, and with a small body to the very bytes of the answer, once a second per entry: Age and
// the ttl of Cache-Status are all that changes. HOT: benchmarks/http.
// Invariant: rendered bytes are never changed, only replaced: a queued socket write may still hold the old ones.
// The order of lines is that of compose.ts; which path sends them is decided in raw.ts.
import { STATUS_CODES } from 'node:http';
import { ageSeconds, untilNextAge } from '../rfc/reuse.ts';
import type { Entry } from '../entry/entry.ts';
import type { ReplyHeaders } from '../internals.ts';
import { carriedFields } from './compose.ts';
import { appendCacheStatus } from '../rfc/cache-status.ts';
import { snapshot } from './snapshot.ts';
import type { Snapshot } from './snapshot.ts';
import { hitMember } from './style.ts';
import type { Style } from './style.ts';

/** Largest head and body rendered together; above, head and body are written corked. */
const WHOLE_LIMIT = 16_384;

const NONE: ReplyHeaders = Object.freeze({});

/** Rendered forms of one entry, good for one style, one connection tail, until the age's next second. Bytes have the headers
 * of the request for which they were rendered: with others the answer is put together of the texts. */
export interface Rendered {
  /** First ms at which Age has moved on. Not a number alone in the eyes of V8: it would unpack one on its way to each hit,
   * and make an object of it until the code is optimized. */
  until: number | undefined;
  readonly style: Style;
  /** The lines Node writes about the connection, with the empty line that ends the head. */
  readonly tail: string;
  /** The request's own headers, and the lines they make. */
  readonly beside: Snapshot;
  readonly extra: string;
  /** Status line to x-cache: `extra` and `tail` go behind. */
  readonly head: string;
  /** The same for a 304, and with `extra` and `tail` its bytes; made when first asked for. */
  notModifiedHead: string | undefined;
  notModified: Buffer | undefined;
  /** A small body as Latin-1 text, to go behind a head with a request's own headers; made when first asked for. */
  bodyText: string | undefined;
  /** Head, extra, tail and body when small. */
  readonly whole: Buffer | undefined;
  /** Head, extra and tail alone, for a large body. */
  readonly headBytes: Buffer | undefined;
}

/** The current rendering of an entry; made anew when the second, style or tail is another.
 * @param extra    lines for the headers of this request, from extraLines
 * @param headers  those headers; both count only when it is made anew */
export function rendered(
  entry: Entry,
  now: number,
  style: Style,
  tail: string,
  extra = '',
  headers: ReplyHeaders = NONE,
): Rendered {
  const last = entry.forms.rendered;
  if (last?.until !== undefined && now < last.until && last.style === style && last.tail === tail) {
    return last;
  }
  return (entry.forms.rendered = render(entry, now, style, tail, extra, snapshot(headers)));
}

/** Head of the 304 of an entry, rendered on first use within the same second. */
export function notModifiedHead(entry: Entry, form: Rendered, now: number): string {
  return (form.notModifiedHead ??= headText(entry, now, form.style, true));
}

/** The whole 304 of an entry, for a request with the headers of its rendering. */
export function notModifiedBytes(entry: Entry, form: Rendered, now: number): Buffer {
  return (form.notModified ??= bytesOf(notModifiedHead(entry, form, now) + form.extra + form.tail));
}

/** A small body as text, byte for byte: one string write is cheaper than a string and a buffer. */
export function bodyText(entry: Entry, form: Rendered): string {
  return (form.bodyText ??= entry.body.toString('latin1'));
}

function render(
  entry: Entry,
  now: number,
  style: Style,
  tail: string,
  extra: string,
  beside: Snapshot,
): Rendered {
  const head = headText(entry, now, style, false);
  const text = head + extra + tail;
  const small = text.length + entry.body.length <= WHOLE_LIMIT;
  const size = text.length + (small ? entry.body.length : 0);
  // Not from the pool: a slice of it would keep 8 KiB alive for each queued write.
  const bytes = Buffer.allocUnsafeSlow(size);
  bytes.write(text, 'latin1');
  if (small) entry.body.copy(bytes, text.length);
  const form: Rendered = {
    until: undefined,
    style,
    tail,
    beside,
    extra,
    head,
    notModifiedHead: undefined,
    notModified: undefined,
    bodyText: undefined,
    whole: small ? bytes : undefined,
    headBytes: small ? undefined : bytes,
  };
  form.until = untilNextAge(entry, now);
  return form;
}

function bytesOf(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(text.length);
  bytes.write(text, 'latin1');
  return bytes;
}

function headText(entry: Entry, now: number, style: Style, notModified: boolean): string {
  const status = notModified ? 304 : entry.status;
  const age = ageSeconds(entry, now);
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`;
  let upstream: string | readonly string[] | undefined;
  for (const [name, value] of carriedFields(entry, { notModified, style, now })) {
    if (name === 'cache-status') upstream = value;
    else if (typeof value === 'string') text += `${name}: ${value}\r\n`;
    else for (const line of value) text += `${name}: ${line}\r\n`;
  }
  if (style.told === undefined) text += `age: ${age}\r\n`;
  if (style.status !== false) {
    text += `cache-status: ${appendCacheStatus(upstream, hitMember(entry, age, style))}\r\n`;
  } else if (upstream !== undefined) {
    text += `cache-status: ${typeof upstream === 'string' ? upstream : upstream.join(', ')}\r\n`;
  }
  if (style.xCache) text += 'x-cache: HIT\r\n';
  return text;
}
