// The answer with a file that is not kept, straight from disk by @fastify/static: too large, so that only its metadata is known.
// Invariant: it says of itself what a file from memory would, but for its tag, which is of the metadata and weak. The connection
// ends with it: a file that is cut meanwhile would leave the client to take the next answer for the rest of this one.
import { basename, dirname } from 'node:path';
import { isMatch, isNotModified, isUnmodified } from '@catzilla/http';
import type { Fields, Validators } from '@catzilla/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errors } from '../errors.ts';
import type { Location } from '../file/locate.ts';
import { isSettled } from '../file/stamp.ts';
import type { Stamp } from '../file/stamp.ts';
import { urlPath } from '../path/target-path.ts';
import type { Parts } from '../parts.ts';
import { mediaType } from '../variant/media-type.ts';
import { REVALIDATE } from './cache-control.ts';

/** Streams a file, or says that the client has it.
 * @param real  its real path, which the rules for links were asked about
 * @throws CATZ_STATIC_PRECONDITION */
export function streamFile(
  { counters, settings, cacheControl }: Parts,
  request: FastifyRequest,
  reply: FastifyReply,
  { path, root, stats }: Extract<Location, { kind: 'file' }>,
  real: string,
): FastifyReply {
  counters.streamed++;
  const now = Date.now();
  const headers = request.headers as Fields;
  const validators: Validators = {
    status: 200,
    etag: tagOf(stats),
    lastModified: Number(stats.mtimeNs / 1_000_000_000n) * 1000,
    date: now,
  };
  reply.header('etag', validators.etag);
  // Half of a file that is being written is not what its name promises for a year.
  reply.header('cache-control', isSettled(stats, now) ? cacheControl(path, root) : REVALIDATE);
  if (!isMatch(headers, validators) || !isUnmodified(headers, validators, now)) {
    throw new errors.PRECONDITION();
  }
  const isCurrent = isNotModified(headers, validators, now);
  if (!isCurrent) reply.header('content-type', mediaType(path));
  settings.headers?.(urlPath(root, path), reply);
  if (isCurrent) {
    counters.notModified++;
    return reply.code(304).send();
  }
  // HTTP/2 ends a stream, and has no such field.
  if (request.raw.httpVersionMajor < 2) reply.header('connection', 'close');
  return reply.sendFile(basename(real), dirname(real), {
    cacheControl: false,
    contentType: false,
    etag: false,
    dotfiles: 'allow',
  });
}

// ctime is in it, which no tool puts back.
function tagOf({ size, mtimeNs, ctimeNs, ino }: Stamp): string {
  return `W/"${[size, mtimeNs, ctimeNs, ino].map((part) => part.toString(36)).join('-')}"`;
}
