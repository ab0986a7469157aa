// A checked response made into the forms it is sent in: one per content coding, and the 304 of each.
// Invariant: a form's `head` is what Node writes for its `fields`, in their order; an entity tag that is made here is made of
// the bytes it stands for, content coding included, and no two forms share one (RFC 9110 8.8.3.3).
import { createHash } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { IncomingHttpHeaders } from 'node:http';
import { errors } from '../errors.ts';
import { isNotModified } from './conditional.ts';
import { chooseCoding } from './encoding.ts';
import type { ConstantForm, ConstantPlan, ConstantVariant, Field } from './plan.ts';
import { checkResponse } from './response.ts';
import type { CheckedResponse } from './response.ts';

/** How a plan is made. */
export interface RenderOptions {
  /** Names the route in messages. */
  readonly where: string;
  /** Clients may have it already: GET and HEAD. */
  readonly isConditional: boolean;
  /** Make forms in brotli and gzip, where they are smaller. */
  readonly compress: boolean;
}

const SHA_256_CHARACTERS = 22;

/** Fields that describe the content, which a 304 does not have (RFC 9110 15.4.5). */
const OF_THE_CONTENT: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-length',
  'content-range',
  'content-type',
]);

/** The plan of a constant route. Cost: O(body); with `compress` that of the best brotli and gzip, once.
 * @throws CATZ_ROUTER_BAD_ROUTE */
export function makePlan(response: unknown, options: RenderOptions): ConstantPlan {
  const checked = checkResponse(response, options.where);
  const variants = Object.freeze(makeVariants(checked, options));
  const plain = variants[0] as ConstantVariant;
  const isPlain = variants.length === 1;
  const choose = chooser(variants);
  return Object.freeze({
    kind: 'constant',
    variants,
    select(headers: IncomingHttpHeaders): ConstantForm {
      const variant = isPlain ? plain : choose(headers['accept-encoding']);
      const { notModified } = variant;
      return notModified !== undefined && isNotModified(headers, variant) ? notModified : variant;
    },
  });
}

// Clients say the same again and again: their last word is remembered.
function chooser(
  variants: readonly ConstantVariant[],
): (field: string | undefined) => ConstantVariant {
  const codings = variants.map(({ encoding }) => encoding);
  let lastField: string | undefined;
  let last = variants[0] as ConstantVariant;
  return (field) => {
    if (field !== lastField) {
      last = variants[chooseCoding(field, codings)] as ConstantVariant;
      lastField = field;
    }
    return last;
  };
}

function makeVariants(
  response: CheckedResponse,
  { where, compress, isConditional }: RenderOptions,
): ConstantVariant[] {
  const { body } = response;
  if (!compress) return [makeVariant(response, body, undefined, isConditional)];
  if (response.fields.some(([name]) => name === 'content-encoding')) {
    throw new errors.BAD_ROUTE(
      `${where}: expected compress: false of a response that has a content-encoding already`,
    );
  }
  const smaller = (
    [
      ['gzip', gzipSync(body, { level: 9 })],
      ['br', brotli(body)],
    ] as const
  ).filter(([, bytes]) => bytes.length < body.length);
  if (smaller.length === 0) return [makeVariant(response, body, undefined, isConditional)];
  const varied = { ...response, fields: withVary(response.fields) };
  return [
    makeVariant(varied, body, undefined, isConditional),
    ...smaller.map(([coding, bytes]) => makeVariant(varied, bytes, coding, isConditional)),
  ];
}

function brotli(body: Buffer): Buffer {
  return brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: body.length } });
}

function withVary(fields: readonly Field[]): Field[] {
  const vary = fields.find(([name]) => name === 'vary')?.[1] ?? [];
  const others = fields.filter(([name]) => name !== 'vary');
  return [...others, ['vary', mergeVary(vary, 'accept-encoding')]];
}

/** Two values of Vary as one; names that stand in the first already are not repeated. */
export function mergeVary(first: Field[1], second: Field[1]): string {
  const names = namesIn(first);
  const known = new Set(names.map((name) => name.toLowerCase()));
  names.push(...namesIn(second).filter((name) => !known.has(name.toLowerCase())));
  return names.includes('*') ? '*' : names.join(', ');
}

function namesIn(value: Field[1]): string[] {
  const names = [value].flat().join(',').split(',');
  return names.map((name) => name.trim()).filter((name) => name !== '');
}

function makeVariant(
  response: CheckedResponse,
  body: Buffer,
  encoding: ConstantVariant['encoding'],
  isConditional: boolean,
): ConstantVariant {
  const { status, contentType, lastModified } = response;
  const isSuccess = status >= 200 && status <= 299;
  const etag = tagOf(response, body, encoding, isSuccess);
  const fields: Field[] = [];
  if (contentType !== undefined) fields.push(['content-type', contentType]);
  if (encoding !== undefined) fields.push(['content-encoding', encoding]);
  fields.push(...response.fields);
  if (etag !== undefined) fields.push(['etag', etag]);
  if (lastModified !== undefined) {
    fields.push(['last-modified', new Date(lastModified).toUTCString()]);
  }
  // What is known by its tag needs no date.
  const kept = fields.filter(
    ([name]) => !OF_THE_CONTENT.has(name) && (name !== 'last-modified' || etag === undefined),
  );
  if (status !== 204 && status !== 304) fields.push(['content-length', String(body.length)]);
  const notModified =
    isConditional && isSuccess && status !== 204
      ? makeForm(304, kept, Buffer.alloc(0), undefined)
      : undefined;
  return Object.freeze({
    ...makeForm(
      status,
      fields,
      body,
      encoding === undefined ? textOf(response, fields) : undefined,
    ),
    etag,
    lastModified,
    encoding,
    notModified,
  });
}

function tagOf(
  { etag, body: plain }: CheckedResponse,
  body: Buffer,
  encoding: ConstantVariant['encoding'],
  isSuccess: boolean,
): string | undefined {
  if (etag === false) return undefined;
  if (etag !== undefined)
    return encoding === undefined ? etag : etag.replace(/"$/, `-${encoding}"`);
  if (!isSuccess || plain.length === 0) return undefined;
  const digest = createHash('sha256').update(body).digest('base64url');
  return `"${digest.slice(0, SHA_256_CHARACTERS)}"`;
}

// To a JSON type without charset Fastify adds one, if it is given text; and Node writes the head in the encoding of the text.
function textOf(
  { text, contentType = '' }: CheckedResponse,
  fields: readonly Field[],
): string | undefined {
  const isComplete = !/json/i.test(contentType) || contentType.endsWith('; charset=utf-8');
  const isAscii = fields.every(([, value]) => !/[^\t\x20-\x7e]/.test([value].flat().join('')));
  return isComplete && isAscii ? text : undefined;
}

function makeForm(
  status: number,
  fields: readonly Field[],
  body: Buffer,
  text: string | undefined,
): ConstantForm {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`;
  for (const [name, value] of fields) {
    for (const line of [value].flat()) head += `${name}: ${line as string}\r\n`;
  }
  return Object.freeze({
    status,
    head: Buffer.from(head, 'latin1'),
    body,
    payload: body.length === 0 ? undefined : (text ?? body),
    fields: Object.freeze(fields),
    names: new Set(fields.map(([name]) => name)),
  });
}
