// The forms of a streamed reply: how an item is written, what stands between items, and which fields the response has.
// Invariant: pure; an item is written whole or its form throws, so that no part of one is ever sent.
import { show } from '@catzilla/common';
import { encodeEvent, EVENT_STREAM } from '@catzilla/http';
import { errors } from '../errors.ts';

/** An event of `reply.events()`. */
export interface EventItem {
  /** What the client sends back as Last-Event-ID when it connects again. Default: none. */
  readonly id?: string | undefined;
  /** Its name. Default: none, which clients hear as `message`. */
  readonly event?: string | undefined;
  /** A string is sent as it is, anything else as JSON. Absent: nothing is heard. */
  readonly data?: unknown;
  /** How long the client waits before it connects again, ms. */
  readonly retry?: number | undefined;
}

/** How items become bytes. */
export interface Form<T> {
  readonly open: string;
  readonly between: string;
  readonly close: string;
  encode(item: T): string;
  /** Sent where nothing was for a while; undefined: the form has nothing that means nothing. */
  readonly idle: string | undefined;
  /** Fields of the response, unless it has them already. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A JSON text per line. */
export const ndjsonForm: Form<unknown> = {
  open: '',
  between: '',
  close: '',
  encode: (item) => `${json(item)}\n`,
  idle: undefined,
  // nginx holds back what is less than a buffer, unless it is told.
  fields: {
    'content-type': 'application/x-ndjson',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  },
};

/** One JSON array. */
export const jsonForm: Form<unknown> = {
  open: '[',
  between: ',',
  close: ']',
  encode: json,
  idle: undefined,
  fields: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
};

/** Server-sent events. */
export const eventsForm: Form<EventItem> = {
  open: '',
  between: '',
  close: '',
  encode(item) {
    if (!isObject(item)) {
      throw new errors.OPTION(
        `expected an item of events() to be an object such as { event, data }, got ${show(item)}`,
      );
    }
    const { id, event, data, retry } = item;
    const text = data === undefined || typeof data === 'string' ? data : json(data);
    return encodeEvent({ id, event, data: text, retry });
  },
  idle: encodeEvent({ comment: '' }),
  // no-transform: what compresses on the way holds events back.
  fields: {
    'content-type': EVENT_STREAM,
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  },
};

// A text has none of the fields of an event: it would be sent as nothing.
function isObject(item: unknown): boolean {
  return typeof item === 'object' && item !== null;
}

// As JSON.stringify does it in an array: what has no JSON is null.
function json(value: unknown): string {
  return (JSON.stringify(value) as string | undefined) ?? 'null';
}
