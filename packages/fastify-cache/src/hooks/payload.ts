// Payloads as they come to an onSend hook, made plain.
import type { FastifyReply } from 'fastify';

/** Takes a Response apart: its status and fields go to the reply, its body is returned; any other payload as it is.
 * Fastify applies status and fields of a Response after all hooks; one with private or Set-Cookie would look harmless here. */
export function unwrapResponse(reply: FastifyReply, payload: unknown): unknown {
  if (Object.prototype.toString.call(payload) !== '[object Response]') return payload;
  const response = payload as Response;
  if (response.bodyUsed) return payload;
  reply.code(response.status);
  for (const [name, value] of response.headers) reply.header(name, value);
  return response.body;
}

/** The bytes of a payload that is no stream; none for null and undefined. */
export function toBuffer(payload: unknown): Buffer {
  if (Buffer.isBuffer(payload)) return payload;
  return Buffer.from((payload as string | null | undefined) ?? '');
}
