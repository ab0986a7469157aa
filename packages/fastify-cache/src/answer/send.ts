// The answer through reply.send, where onSend hooks of others must see it, or mode 'send' asks for it.
// Invariant: the reply ends with exactly the fields compose.ts gives, in their order, whatever reply.send would add.
import type { FastifyReply } from 'fastify';
import { hasRawHeaders, replyHeaders, setReplyHeaders } from '../internals.ts';
import type { ReplyHeaders } from '../internals.ts';
import type { Entry } from '../entry/entry.ts';
import { headersOf } from './compose.ts';
import type { Hit } from './compose.ts';
import { plainHeaders } from './composed.ts';
import { addExtraHeaders } from './extra-lines.ts';
import { fieldsFor } from './head.ts';

/** What reply.send sets for bytes without a type. */
const ADDED_TYPE = 'application/octet-stream';

/** Sends a hit through the reply; our onSend hook finishes it with `finishSend`. */
export function answerSend(reply: FastifyReply, entry: Entry, hit: Hit): void {
  // All anew, so that the order is that of every other path.
  setReplyHeaders(reply, headersFor(reply, entry, hit));
  reply.code(hit.notModified ? 304 : entry.status);
  if (hit.notModified || entry.status === 204) reply.send();
  else reply.send(entry.body);
}

/** Last step of an answer by send, in our onSend hook: takes back what reply.send and other hooks added by habit.
 * @returns the payload to send; undefined leaves it as it is */
export function finishSend(reply: FastifyReply, entry: Entry, payload: unknown): unknown {
  if (reply.statusCode === 304) {
    reply.removeHeader('content-length');
    return null;
  }
  const added = reply.getHeader('content-type') === ADDED_TYPE;
  if (added && !entry.names.has('content-type')) reply.removeHeader('content-type');
  if (payload !== entry.body && (typeof payload === 'string' || Buffer.isBuffer(payload))) {
    reply.header('content-length', String(Buffer.byteLength(payload)));
  }
  return undefined;
}

// Where nothing conflicts, what hooks have set goes behind a copy of the kept headers.
function headersFor(reply: FastifyReply, entry: Entry, hit: Hit): ReplyHeaders {
  if (!hasRawHeaders(reply.raw)) {
    const headers = plainHeaders(entry, hit);
    if (addExtraHeaders(headers, replyHeaders(reply), entry)) return headers;
  }
  return headersOf(fieldsFor(reply, entry, hit));
}
