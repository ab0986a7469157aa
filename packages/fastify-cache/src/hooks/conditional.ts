// A client's If-None-Match and If-Modified-Since on the way of a miss: taken from the request, so that the handler gives the
// whole response and a cold cache gets filled, put back after, and judged on the reply (RFC 9110 13.2.1).
// Invariant: the client gets its 304 whether or not the reply is stored; an error is never turned into one.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isNotModified, notModifiedFields, validatorsOf } from '../rfc/conditional.ts';
import type { Fields } from '../rfc/fields.ts';
import { isRepresentationField } from '../rfc/stored-headers.ts';
import type { StoredField } from '../rfc/stored-headers.ts';
import { isStream } from '../tee.ts';
import type { FillPass } from './pass.ts';

/** Takes the conditions from a GET; undefined when it has none. */
export function takeConditions(request: FastifyRequest): Fields | undefined {
  const { headers } = request.raw;
  const noneMatch = headers['if-none-match'];
  const modifiedSince = headers['if-modified-since'];
  if (noneMatch === undefined && modifiedSince === undefined) return undefined;
  if (request.raw.method !== 'GET') return undefined;
  delete headers['if-none-match'];
  delete headers['if-modified-since'];
  return { 'if-none-match': noneMatch, 'if-modified-since': modifiedSince };
}

/** Puts them back, for hooks and logs that come after. */
export function restoreConditions(request: FastifyRequest, conditions: Fields | undefined): void {
  for (const [name, value] of Object.entries(conditions ?? {})) {
    if (value !== undefined) request.raw.headers[name] = value as string;
  }
}

/** Makes a 304 of the reply where the client's copy is current.
 * @returns null for a 304, else the payload */
export function applyConditions(
  reply: FastifyReply,
  pass: FillPass,
  payload: unknown,
  now: number,
): unknown {
  if (pass.conditions === undefined || pass.failed) return payload;
  const headers = reply.getHeaders() as Fields;
  if (!isNotModified(pass.conditions, validatorsOf(reply.statusCode, headers, now), now)) {
    return payload;
  }
  reply.code(304);
  const carried = new Set(
    notModifiedFields(Object.entries(headers) as StoredField[]).map(([name]) => name),
  );
  for (const name of Object.keys(headers)) {
    if (isRepresentationField(name) && !carried.has(name)) reply.removeHeader(name);
  }
  if (isStream(payload)) void drain(pass, payload);
  return null;
}

// The body goes into the copy only, for the client has it; without a copy, or when it was dropped, the stream is ended.
async function drain(pass: FillPass, payload: AsyncIterable<unknown>): Promise<void> {
  pass.detached = true;
  try {
    for await (const _ of payload) {
      if (pass.copy?.isOpen !== true) break;
    }
  } catch {
    pass.copy?.drop('incomplete'); // the stream's own error: nobody is left to send it to
  }
}
