// Conditions on the way of a miss. The client's If-None-Match and If-Modified-Since are taken from the request, so that the
// handler gives the whole response and a cold cache gets filled, put back after, and judged on the reply (RFC 9110 13.2.1).
// In their place stand those of a stale entry, whose validators ask whether it is still current (RFC 9111 4.3.1).
// Invariant: the client gets its 304 whether or not the reply is stored; an error is never turned into one.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isComputedEtag, isNotModified, notModifiedFields, validatorsOf } from '@catzilla/http';
import type { Fields } from '@catzilla/http';
import { isRepresentationField } from '../rfc/stored-headers.ts';
import type { StoredField } from '../rfc/stored-headers.ts';
import type { Entry } from '../entry/entry.ts';
import { isStream } from '../tee.ts';
import type { FillPass } from './pass.ts';

const NAMES = ['if-none-match', 'if-modified-since'] as const;

/** Takes the conditions from a GET or HEAD.
 * @returns those of the client; undefined when it has none and nothing was changed */
export function takeConditions(request: FastifyRequest): Fields | undefined {
  const { headers } = request.raw;
  if (NAMES.every((name) => headers[name] === undefined)) return undefined;
  const taken: Record<string, string | undefined> = {};
  for (const name of NAMES) {
    taken[name] = headers[name];
    delete headers[name];
  }
  return taken;
}

/** Asks the handler whether a stored response is current: its ETag as it came, and Last-Modified (RFC 9111 4.3.1).
 * @returns whether there was anything to ask by */
export function setConditions(request: FastifyRequest, entry: Entry): boolean {
  if (!entry.ownValidator) return false;
  const { headers } = request.raw;
  const { etag } = entry.validators;
  const modified = entry.fields.find(([name]) => name === 'last-modified')?.[1];
  const isDated = typeof modified === 'string';
  // Beside a tag that the handler never gave, it would have to ignore its own date (RFC 9110 13.1.3).
  if (etag !== undefined && !(isDated && isComputedEtag(etag, entry.body))) {
    headers['if-none-match'] = etag;
  }
  if (isDated) headers['if-modified-since'] = modified;
  return true;
}

/** Puts the client's back, for hooks and logs that come after.
 * @param isOurs  those that stand there are ours */
export function restoreConditions(
  request: FastifyRequest,
  conditions: Fields | undefined,
  isOurs: boolean,
): void {
  if (conditions === undefined && !isOurs) return;
  const { headers } = request.raw;
  if (isOurs) for (const name of NAMES) delete headers[name];
  for (const [name, value] of Object.entries(conditions ?? {})) {
    if (value !== undefined) headers[name] = value as string;
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
