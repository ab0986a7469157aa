// What the user says that a constant route answers, made into status, fields and bytes.
// Invariant: what comes out can be sent by any HTTP/1.1 or HTTP/2 server as it stands; whatever Node would refuse at the
// first request is refused here, at the line that declares the route. Tags, codings and conditions are render.ts.
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { checkOptions, custom, int, optional, orFalse, show, string } from '@catzilla/common';
import type { OptionSpecs } from '@catzilla/common';
import { errors } from '../errors.ts';
import type { Field } from './plan.ts';
import type { ConstantBody } from './types.ts';

/** A checked response. */
export interface CheckedResponse {
  readonly status: number;
  /** Without Content-Type, Content-Length, ETag and Last-Modified. */
  readonly fields: readonly Field[];
  readonly body: Buffer;
  /** The body, where it was given as text or JSON. */
  readonly text: string | undefined;
  readonly contentType: string | undefined;
  /** undefined: to be made of the body. */
  readonly etag: string | false | undefined;
  /** ms since the epoch, whole seconds. */
  readonly lastModified: number | undefined;
}

const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';
const BYTES = 'application/octet-stream';

/** Statuses that have no content (RFC 9110 15.3.5, 15.3.6, 15.4.5). */
const EMPTY: ReadonlySet<number> = new Set([204, 205, 304]);

/** Fields of the message, which the server writes. */
const OF_THE_MESSAGE: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** A description with its defaults; its headers are taken out before. */
interface Told {
  readonly status: number;
  readonly headers: object | undefined;
  readonly body: ConstantBody;
  readonly contentType: string | undefined;
  readonly etag: string | false | undefined;
  readonly lastModified: Date | undefined;
}

const specs: OptionSpecs<Told> = {
  status: int({ min: 200, max: 599, default: 200 }),
  headers: optional(custom('an object of header fields', isPlain)),
  body: custom('text, bytes, an object or null', isBody),
  contentType: optional(
    string({
      what: 'a media type',
      pattern: /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:[ \t]*;[\t\x20-\x7e]*)?$/,
    }),
  ),
  etag: optional(
    orFalse(
      string({
        what: 'a tag in quotes, as \'"v1"\'',
        pattern: /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/,
      }),
    ),
  ),
  lastModified: optional(custom('a valid Date', isDate)),
};
const KEYS = Object.keys(specs);

/** @param where  the route, for messages
 * @throws CATZ_ROUTER_BAD_ROUTE */
export function checkResponse(response: unknown, where: string): CheckedResponse {
  const bad: Bad = (message) => new errors.BAD_ROUTE(`${where}: ${message}`);
  const fields = new Map<string, string | readonly string[]>();
  const told = checkOptions(withOptions(describe(response, bad), fields, bad), specs, {
    path: 'response',
    error: bad,
  });
  const { status, contentType, etag, lastModified } = told;
  const { body, text, type } = encode(told.body, bad);
  if (EMPTY.has(status) && body.length > 0) {
    throw bad(
      `expected response.body to be null, as ${status} has no content, got ${show(told.body)}`,
    );
  }
  return {
    status,
    fields: [...fields],
    body,
    text,
    contentType: contentType ?? type,
    etag,
    lastModified: lastModified && Math.floor(lastModified.getTime() / 1000) * 1000,
  };
}

type Bad = (message: string) => Error;

// An object with `body` is a description; one without that could have been meant as one is not guessed at.
function describe(response: unknown, bad: Bad): Record<string, unknown> {
  if (!isPlain(response)) return { body: response };
  const keys = Object.keys(response);
  const isLikeOne = keys.length > 0 && keys.every((key) => KEYS.includes(key));
  if (keys.includes('body')) {
    if (isLikeOne) return response;
    const unknown = keys.find((key) => !KEYS.includes(key)) as string;
    throw bad(
      `unknown response.${unknown.slice(0, 64)} beside response.body: known are ${KEYS.join(', ')}, and JSON that has a key named body is written { body: { … } }`,
    );
  }
  if (isLikeOne && (typeof response['status'] === 'number' || isPlain(response['headers']))) {
    throw bad(
      'expected response.body; an answer without content has body: null, and JSON that looks like this is written { body: { … } }',
    );
  }
  return { body: response };
}

// Takes the header fields apart from those that have an option of their own.
function withOptions(
  told: Record<string, unknown>,
  fields: Map<string, string | readonly string[]>,
  bad: Bad,
): Record<string, unknown> {
  const { headers } = told;
  if (!isPlain(headers)) return told;
  const options = { ...told };
  const take = (option: string, value: unknown): void => {
    if (options[option] !== undefined) throw bad(`expected ${option} or its header, got both`);
    options[option] = value;
  };
  for (const [key, value] of Object.entries(headers)) {
    const name = key.toLowerCase();
    if (OF_THE_MESSAGE.has(name)) {
      throw bad(`expected response.headers without ${name}, which the server writes itself`);
    }
    if (name === 'content-type') take('contentType', value);
    else if (name === 'etag') take('etag', value);
    else if (name === 'last-modified') take('lastModified', dateOf(value) ?? value);
    else if (fields.has(name)) throw bad(`expected response.headers to name ${name} once`);
    else fields.set(name, linesOf(name, value, bad));
  }
  return options;
}

function linesOf(name: string, value: unknown, bad: Bad): string | readonly string[] {
  const lines: unknown[] = Array.isArray(value) ? value : [value];
  const texts = lines.map((line) => {
    if (typeof line === 'string' || typeof line === 'number') return String(line);
    throw bad(
      `expected response.headers.${name} to be text, a number or a list, got ${show(line)}`,
    );
  });
  try {
    validateHeaderName(name);
    for (const text of texts) validateHeaderValue(name, text);
  } catch (cause) {
    throw bad(`expected response.headers to be what HTTP allows: ${(cause as Error).message}`);
  }
  return Array.isArray(value) ? texts : (texts[0] as string);
}

type Encoded = Pick<CheckedResponse, 'body' | 'text'> & { type: string | undefined };

function encode(body: ConstantBody, bad: Bad): Encoded {
  if (body === null) return { body: Buffer.alloc(0), text: undefined, type: undefined };
  if (typeof body === 'string') return { body: Buffer.from(body), text: body, type: TEXT };
  // Copied: the caller may go on to use its memory.
  if (body instanceof Uint8Array) {
    return { body: Buffer.from(body), text: undefined, type: BYTES };
  }
  let text: string | undefined;
  let why = '';
  try {
    text = JSON.stringify(body) as string | undefined;
  } catch (cause) {
    why = `: ${(cause as Error).message}`;
  }
  if (text === undefined) throw bad(`expected response.body to be what JSON can hold${why}`);
  return { body: Buffer.from(text), text, type: JSON_TYPE };
}

// In headers it is text, in the one form that is written today (RFC 9110 5.6.7).
function dateOf(value: unknown): Date | undefined {
  if (typeof value !== 'string') return undefined;
  const date = new Date(value);
  return isDate(date) && date.toUTCString() === value ? date : undefined;
}

function isBody(value: unknown): value is ConstantBody {
  return typeof value === 'string' || typeof value === 'object';
}

function isDate(value: unknown): value is Date {
  if (!(value instanceof Date)) return false;
  const year = value.getUTCFullYear();
  return year >= 0 && year <= 9999;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
