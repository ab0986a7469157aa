// The plain answer past Fastify's reply.send: writeHead with a list of fields, then end with the body.
// Taken where the raw write is not allowed (HEAD, HTTP/1.0, TLS, pipelined, inject, closing) but no hook has to run.
// Invariant: the reply is hijacked first, so Fastify sends nothing of its own; what hooks had set is in the fields.
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { FastifyReply } from 'fastify';
import { replyHeaders, hasRawHeaders } from '../internals.ts';
import type { ReplyHeaders } from '../internals.ts';
import type { Entry } from '../entry/entry.ts';
import { isRepresentationField } from '../rfc/stored-headers.ts';
import { composeFields } from './compose.ts';
import type { AnswerField, Hit } from './compose.ts';
import { flatFields, plainFields } from './composed.ts';

const NONE: ReplyHeaders = Object.freeze({});

/** Sends a hit with writeHead and end.
 * @throws what writeHead would, while Fastify can still answer with an error: ERR_INVALID_CHAR, ERR_INVALID_HTTP_TOKEN */
export function answerHead(reply: FastifyReply, entry: Entry, hit: Hit): void {
  const res = reply.raw;
  const status = hit.notModified ? 304 : entry.status;
  if (reply.request.raw.httpVersionMajor === 2) {
    const fields = fieldsFor(reply, entry, hit);
    checkCurrent(replyHeaders(reply));
    reply.hijack();
    // Its writeHead knows no lists of fields.
    res.statusCode = status;
    for (const [name, value] of fields) res.setHeader(name, value);
  } else {
    const flat = flatFor(reply, entry, hit);
    reply.hijack();
    res.writeHead(status, flat as unknown as string[]);
  }
  if (hit.notModified || reply.request.method === 'HEAD' || status === 204) res.end();
  else res.end(entry.body);
}

/** The fields of a hit for head and send: composed, and fields of the raw response that lose are taken from it. */
export function fieldsFor(reply: FastifyReply, entry: Entry, hit: Hit): readonly AnswerField[] {
  const raw = hasRawHeaders(reply.raw) ? (reply.raw.getHeaders() as ReplyHeaders) : NONE;
  const current = replyHeaders(reply);
  if (raw === NONE && isEmpty(current)) return plainFields(entry, hit);
  const fields = composeFields(entry, { ...hit, current, raw });
  if (raw !== NONE) {
    const set = new Set(fields.map((field) => field[0]));
    for (const name of Object.keys(raw)) {
      if (isRepresentationField(name) && name !== 'vary' && !set.has(name)) {
        reply.raw.removeHeader(name);
      }
    }
  }
  return fields;
}

function flatFor(reply: FastifyReply, entry: Entry, hit: Hit): (string | string[])[] {
  const current = replyHeaders(reply);
  if (!hasRawHeaders(reply.raw)) return flatFields(entry, hit, current, checkCurrent);
  const fields = fieldsFor(reply, entry, hit);
  checkCurrent(current);
  return fields.flat();
}

// What is stored was checked when it was stored.
function checkCurrent(current: ReplyHeaders): void {
  for (const name in current) {
    const value = current[name];
    if (value === undefined || (isRepresentationField(name) && name !== 'vary')) continue;
    validateHeaderName(name);
    const lines = (Array.isArray(value) ? value : [value]) as readonly string[];
    for (const line of lines) validateHeaderValue(name, line);
  }
}

function isEmpty(headers: ReplyHeaders): boolean {
  for (const _ in headers) return false;
  return true;
}
