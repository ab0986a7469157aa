// The answer with a file: conditions first, then ranges, then the whole (RFC 9110 13.2.2, 14.2).
// Invariant: every answer about a file that has encoded variants says Vary: Accept-Encoding, whichever it is; a 304 names the tag of
// the variant that a 200 would have been. HOT: benchmarks/static.
import { decideRange, formatHttpDate, isMatch, isNotModified, isUnmodified } from '@catzilla/http';
import type { Fields, Validators } from '@catzilla/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errors } from '../errors.ts';
import type { FileRecord } from '../file/record.ts';
import type { Variant } from '../variant/variants.ts';
import type { Counters } from '../stats.ts';

/** What is answered with. */
export interface Content {
  readonly record: FileRecord;
  readonly variant: Variant;
  /** Of the variant; not written by anybody. */
  readonly bytes: Buffer;
  readonly counters: Counters;
  /** The application's own headers, set last. */
  readonly decorate: (() => void) | undefined;
}

/** Sends a file from memory.
 * @throws CATZ_STATIC_PRECONDITION */
export function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  { record, variant, bytes, counters, decorate }: Content,
): FastifyReply {
  const now = Date.now();
  const headers = request.headers as Fields;
  const validators: Validators = {
    status: 200,
    etag: variant.etag,
    lastModified: record.lastModified,
    date: now,
  };
  if (!isMatch(headers, validators) || !isUnmodified(headers, validators, now)) {
    throw new errors.PRECONDITION();
  }
  reply.header('etag', variant.etag);
  reply.header('cache-control', record.cacheControl);
  if (record.isEncodable) addVary(reply, 'Accept-Encoding');
  if (isNotModified(headers, validators, now)) {
    counters.notModified++;
    decorate?.();
    return reply.code(304).send();
  }
  reply.header('content-type', record.type);
  reply.header('last-modified', formatHttpDate(record.lastModified));
  if (variant.coding !== 'identity') {
    reply.header('content-encoding', variant.coding);
    decorate?.();
    return reply.send(bytes);
  }
  reply.header('accept-ranges', 'bytes');
  decorate?.();
  if (headers['range'] === undefined || request.method !== 'GET') return reply.send(bytes);
  return part(reply, bytes, decideRange(headers, validators, bytes.length, now), counters);
}

function part(
  reply: FastifyReply,
  bytes: Buffer,
  decision: ReturnType<typeof decideRange>,
  counters: Counters,
): FastifyReply {
  if (decision.kind === 'unsatisfiable') {
    counters.ranges++;
    // Of the answer, not of the file.
    reply.removeHeader('etag').removeHeader('last-modified');
    reply.header('cache-control', 'no-store');
    return reply.code(416).header('content-range', `bytes */${bytes.length}`).send();
  }
  // Several would need a multipart body, which nobody asks for; the whole is always allowed (RFC 9110 14.2).
  if (decision.kind === 'whole' || decision.ranges.length !== 1) return reply.send(bytes);
  counters.ranges++;
  const { start, end } = decision.ranges[0]!;
  return reply
    .code(206)
    .header('content-range', `bytes ${start}-${end}/${bytes.length}`)
    .send(bytes.subarray(start, end + 1));
}

/** Adds a name to Vary. */
export function addVary(reply: FastifyReply, name: string): void {
  const present = String(reply.getHeader('vary') ?? '');
  const names = present.split(',').map((one) => one.trim().toLowerCase());
  if (names.includes('*') || names.includes(name.toLowerCase())) return;
  reply.header('vary', present === '' ? name : `${present}, ${name}`);
}
