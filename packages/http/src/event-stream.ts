// The text of server-sent events, as the HTML standard has them (9.2.5, 9.2.6).
// Invariant: what is written is one event, whatever the values hold: nothing in them can begin another field or another event.
// Connections, buffers and the fields of the response are left to whoever streams.

/** One event, or what only steers the client. */
export interface StreamedEvent {
  /** What the client sends back as Last-Event-ID. CR, LF and NUL are left out; `''` makes the client forget the last one. */
  readonly id?: string | undefined;
  /** Name of the event; default: none, which clients hear as `message`. CR, LF and NUL are left out. */
  readonly event?: string | undefined;
  /** Its text, of any number of lines. A client that hears no data hears no event. */
  readonly data?: string | undefined;
  /** How long the client waits before it connects again, ms; fractions are cut. What is no time is left out. */
  readonly retry?: number | undefined;
  /** For people and proxies: clients skip it. */
  readonly comment?: string | undefined;
}

/** The media type of such a stream. It is always UTF-8. */
export const EVENT_STREAM = 'text/event-stream';

/** Writes one event, its empty line included; `''` when there is nothing in it.
 *
 * Line ends in `data` (CRLF, LF, CR) arrive as LF. An `id` without `data` moves the client's Last-Event-ID and is not heard.
 * @example encodeEvent({ id: '7', event: 'price', data: '{"eur":12}' }) // 'id: 7\nevent: price\ndata: {"eur":12}\n\n' */
export function encodeEvent({ id, event, data, retry, comment }: StreamedEvent): string {
  let text = '';
  if (comment !== undefined) text += lines(': ', comment);
  if (id !== undefined) text += `id: ${oneLine(id)}\n`;
  if (event !== undefined) text += `event: ${oneLine(event)}\n`;
  if (retry !== undefined && retry >= 0 && retry <= Number.MAX_SAFE_INTEGER) {
    text += `retry: ${Math.trunc(retry)}\n`;
  }
  if (data !== undefined) text += lines('data: ', data);
  return text === '' ? '' : `${text}\n`;
}

// Most data is JSON, in which no line ends: one search, no array.
function lines(prefix: string, text: string): string {
  if (!/[\r\n]/.test(text)) return `${prefix}${text}\n`;
  return text
    .split(/\r\n|\n|\r/)
    .map((line) => `${prefix}${line}\n`)
    .join('');
}

function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- NUL is what has to go: clients ignore an id that holds one.
  return /[\r\n\0]/.test(text) ? text.replace(/[\r\n\0]/g, '') : text;
}
