// Turns the answer of a GET route into that of HEAD, as Fastify does for the HEAD routes that it adds by itself.
import type { FastifyReply } from 'fastify';

interface NodeStream {
  on(event: 'error', listener: (error: unknown) => void): this;
  resume(): void;
}

/** Takes the body away, and says how long it would have been where that is known. */
export function withoutBody(reply: FastifyReply, payload: unknown): unknown {
  const failed = (err: unknown): void =>
    reply.log.error({ err }, 'stream of a HEAD request failed');
  if (payload === undefined || payload === null) reply.header('content-length', '0');
  else if (has<NodeStream>(payload, 'resume')) payload.on('error', failed).resume();
  else if (has<ReadableStream>(payload, 'getReader')) payload.cancel().catch(failed);
  else if (typeof payload === 'string' || payload instanceof Uint8Array) {
    reply.header('content-length', String(Buffer.byteLength(payload)));
  } else return payload;
  return null;
}

function has<T>(value: unknown, method: keyof T): value is T {
  return typeof (value as T)[method] === 'function';
}
