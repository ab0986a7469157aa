// From a request to the answer with a file: which path, which file, which variant.
// Invariant: a file that is known and unchanged is answered without waiting for anything; one that is not is read once for all who ask.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { negotiateCoding } from '@catzilla/http';
import { addVary, answer } from './answer/answer.ts';
import { streamFile } from './answer/stream.ts';
import { errors } from './errors.ts';
import type { Files } from './file/files.ts';
import type { FileRecord } from './file/record.ts';
import type { Parts } from './parts.ts';
import { decodePath } from './path/decode-path.ts';
import type { Segments } from './path/decode-path.ts';
import { hasDotfile } from './path/dotfile.ts';
import { pathBelow, urlPath, withSlash } from './path/target-path.ts';
import type { Coding } from './variant/codings.ts';
import type { Variant } from './variant/variants.ts';

/** @param prefix  of the route, whole, with a slash at its end
 * @throws CATZ_STATIC_FORBIDDEN_PATH, CATZ_STATIC_NOT_ACCEPTABLE, CATZ_STATIC_PRECONDITION, CATZ_STATIC_UNREADABLE */
export function serve(
  parts: Parts,
  prefix: string,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | Promise<FastifyReply> | void {
  const { settings, counters } = parts;
  const target = request.raw.url ?? '/';
  const path = pathBelow(target, prefix);
  if (path === undefined) return reply.callNotFound();
  const segments = decodePath(path);
  if (segments === undefined) {
    counters.refused++;
    throw new errors.FORBIDDEN_PATH();
  }
  if (settings.dotfiles !== 'allow' && hasDotfile(segments)) {
    counters.refused++;
    if (settings.dotfiles === 'deny') throw new errors.FORBIDDEN_PATH();
    return reply.callNotFound();
  }
  return find(parts, segments, request, reply, target);
}

function find(
  parts: Parts,
  segments: Segments,
  request: FastifyRequest,
  reply: FastifyReply,
  target: string | undefined,
): FastifyReply | Promise<FastifyReply> | void {
  const { files, settings } = parts;
  const now = Date.now();
  const key = segments.join('/');
  const fresh = files.fresh(key, now);
  if (fresh !== undefined) return send(parts, key, fresh, request, reply);
  const location = files.locate(segments);
  if (location.kind === 'folder' && target !== undefined) {
    // Relative links of the index are resolved against a folder. No open redirect: an empty first segment was refused.
    return reply.redirect(withSlash(target), 301);
  }
  if (location.kind !== 'file') {
    if (location.kind === 'none' && location.cause !== undefined) {
      request.log.warn({ err: location.cause }, 'a static file could not be looked at');
    }
    const { fallback } = settings;
    if (fallback === undefined || target === undefined) return reply.callNotFound();
    // Of a 404, too: a cache on the way would else give that of a script's request to who navigates.
    addVary(reply, 'Accept');
    if (!isNavigation(request)) return reply.callNotFound();
    return find(parts, fallback, request, reply, undefined);
  }
  const known = files.known(key, location, now);
  if (known !== undefined) return send(parts, key, known, request, reply);
  return fill(parts, key, location, request, reply);
}

async function fill(
  parts: Parts,
  key: string,
  location: Parameters<Files['fill']>[1],
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const filled = await parts.files.fill(key, location);
  if (filled.kind === 'bytes') {
    return send(parts, key, filled.record, request, reply, filled.bytes);
  }
  if (filled.kind === 'stream') {
    return streamFile(parts, request, reply, location, filled.path);
  }
  if (filled.cause !== undefined) {
    request.log.warn({ err: filled.cause }, 'a static file could not be read');
  }
  reply.callNotFound();
  return reply;
}

// Sends a file that is known, in the variant that suits.
function send(
  parts: Parts,
  key: string,
  record: FileRecord,
  request: FastifyRequest,
  reply: FastifyReply,
  bytes?: Buffer,
): FastifyReply | Promise<FastifyReply> {
  const coding = codingFor(parts, record, request);
  if (coding === undefined) throw new errors.NOT_ACCEPTABLE();
  const known = coding === 'identity' ? record.identity : record.variants.get(coding);
  const variant = known === 'useless' ? record.identity : known;
  const found =
    variant === record.identity && bytes !== undefined
      ? bytes
      : variant && parts.variants.bytesOf(record.hash, variant);
  if (variant !== undefined && found !== undefined) {
    return sendBytes(parts, key, record, variant, found, request, reply);
  }
  return make(parts, key, record, coding, request, reply);
}

// What the cache does not have: compressed for the first time, or evicted.
async function make(
  parts: Parts,
  key: string,
  record: FileRecord,
  coding: Coding | 'identity',
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const read = (): Promise<Buffer> => readAgain(parts, key, record);
  try {
    if (coding !== 'identity') {
      const variant = await parts.variants.variant(record, coding, 'fast', read);
      const bytes =
        variant === 'useless' ? undefined : parts.variants.bytesOf(record.hash, variant);
      if (variant !== 'useless' && bytes !== undefined) {
        return sendBytes(parts, key, record, variant, bytes, request, reply);
      }
    }
    return sendBytes(parts, key, record, record.identity, await read(), request, reply);
  } catch (error) {
    if (!(error instanceof Changed)) throw error;
    // Found anew, from the start: it is another file now, or none.
    parts.files.drop(key);
    await find(parts, key.split('/'), request, reply, undefined);
    return reply;
  }
}

function sendBytes(
  parts: Parts,
  key: string,
  record: FileRecord,
  variant: Variant,
  bytes: Buffer,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  parts.counters.hits++;
  variant.hits++;
  parts.recompressor?.consider(
    record,
    variant,
    () => readAgain(parts, key, record),
    (error) => request.log.warn({ err: error }, 'a static file could not be recompressed'),
  );
  const { headers } = parts.settings;
  const decorate = headers && ((): void => headers(urlPath(record.root, record.path), reply));
  return answer(request, reply, { record, variant, bytes, counters: parts.counters, decorate });
}

// undefined: the client accepts none that there is.
type Wanted = Coding | 'identity' | undefined;

// Ranges, which only a GET has, are of the file itself: an encoded variant may have other bytes at the next request.
function codingFor({ settings }: Parts, record: FileRecord, request: FastifyRequest): Wanted {
  if (request.headers.range !== undefined && request.method === 'GET') return 'identity';
  const available = record.isEncodable ? settings.encodings : [];
  return negotiateCoding(request.headers['accept-encoding'], available);
}

class Changed extends Error {}

async function readAgain(parts: Parts, key: string, record: FileRecord): Promise<Buffer> {
  const bytes = parts.variants.bytesOf(record.hash, record.identity);
  if (bytes !== undefined) return bytes;
  const location = parts.files.locate(key.split('/'));
  if (location.kind !== 'file') throw new Changed();
  const filled = await parts.files.fill(key, location);
  if (filled.kind !== 'bytes' || filled.record.hash !== record.hash) throw new Changed();
  return filled.bytes;
}

function isNavigation(request: FastifyRequest): boolean {
  const { method, headers } = request;
  return (method === 'GET' || method === 'HEAD') && /\btext\/html\b/.test(headers.accept ?? '');
}
