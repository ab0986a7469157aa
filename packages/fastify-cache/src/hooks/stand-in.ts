// Puts an entry of the cache in the place of a reply that its handler has already given: the stored response after a 304
// about it (RFC 9111 4.3.3), or a stale one in place of an error (RFC 5861 4).
// Invariant: the client gets what its own conditions and ranges ask of the entry, with the headers that are of this request
// (pass.ts); what the handler said of the reply that is replaced goes with it.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isNotModified } from '@catzilla/http';
import type { Fields } from '@catzilla/http';
import { composeFields, headersOf } from '../answer/compose.ts';
import { ranged } from '../answer/ranged.ts';
import type { Entry } from '../entry/entry.ts';
import { setReplyHeaders } from '../internals.ts';
import type { ReplyHeaders } from '../internals.ts';
import { discard } from '../tee.ts';
import { ownHeaders } from './pass.ts';
import type { FillPass } from './pass.ts';

const NONE: ReplyHeaders = Object.freeze({});

/** Answers from an entry in place of the reply.
 * @param given   the payload that is not sent: a stream of it is ended
 * @param member  our Cache-Status member
 * @returns the payload to send */
export function standIn(
  request: FastifyRequest,
  reply: FastifyReply,
  pass: FillPass,
  { entry, given, member }: { entry: Entry; given: unknown; member: string },
): Buffer | null {
  discard(given);
  const now = Date.now();
  const headers = request.headers as Fields;
  const notModified = isNotModified(headers, entry.validators, now);
  const sent = notModified ? entry : ranged(request, entry, now);
  const style = pass.route.scope.styles.choose(request, pass.policy);
  const fields = composeFields(sent, {
    notModified,
    now,
    style,
    member,
    current: ownHeaders(request, pass),
    raw: NONE,
  });
  setReplyHeaders(reply, headersOf(fields));
  reply.code(notModified ? 304 : sent.status);
  return notModified || sent.status === 204 ? null : sent.body;
}
