// What a GET with Range is answered from: the part of a stored response that it asks for (RFC 9110 14.2).
import type { FastifyRequest } from 'fastify';
import { decideRange } from '@catzilla/http';
import type { Fields } from '@catzilla/http';
import type { Entry } from '../entry/entry.ts';
import { partOf } from './part.ts';

/** The part of an entry that a request asks for; the entry itself where it asks for all.
 * @param now  ms since the epoch */
export function ranged(request: FastifyRequest, entry: Entry, now: number): Entry {
  const headers = request.headers as Fields;
  if (headers['range'] === undefined || request.method !== 'GET') return entry;
  const decision = decideRange(headers, entry.validators, entry.body.length, now);
  return decision.kind === 'whole' ? entry : partOf(entry, decision);
}
