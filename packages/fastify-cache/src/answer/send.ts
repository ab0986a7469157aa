// The answer through reply.send, where onSend hooks of others must see it, or mode 'send' asks for it.
// Invariant: the reply ends with exactly the fields compose.ts gives, in their order, whatever reply.send would add.
import type { FastifyReply } from 'fastify';
import { replyHeaders } from '../internals.ts';
import type { Entry } from '../entry/entry.ts';
import { fieldsFor } from './head.ts';
import type { Style } from './style.ts';

/** What reply.send sets for bytes without a type. */
const ADDED_TYPE = 'application/octet-stream';

/** Sends a hit through the reply; our onSend hook finishes it with `finishSend`. */
export function answerSend(
  reply: FastifyReply,
  entry: Entry,
  hit: { readonly notModified: boolean; readonly now: number; readonly style: Style },
): void {
  const fields = fieldsFor(reply, entry, hit);
  // Emptied and filled again, so that the order is that of every other path.
  const headers = replyHeaders(reply);
  for (const name of Object.keys(headers)) delete headers[name];
  for (const [name, value] of fields) reply.header(name, value);
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
