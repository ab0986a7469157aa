// Ends a response in its middle, so that its client sees that it is not whole.
// Invariant: a part that has left never looks complete, where the transport can say so: HTTP/1.1 misses its last chunk, HTTP/2
// has its stream reset. To HTTP/1.0, which many proxies speak, the end of the connection is the end of the body: it is reset.
import { constants } from 'node:http2';
import { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';

/** Cuts it. What was not sent at all is only ended. */
export function cut(raw: FastifyReply['raw']): void {
  const { headersSent, socket } = raw;
  const stream: unknown = 'stream' in raw ? raw.stream : undefined;
  if (headersSent && isHttp2(stream)) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else if (headersSent && endsByClose(raw) && isTcp(socket)) socket.resetAndDestroy();
  raw.destroy();
}

function endsByClose(raw: FastifyReply['raw']): boolean {
  return !raw.chunkedEncoding && !raw.hasHeader('content-length');
}

function isHttp2(stream: unknown): stream is { close(code: number): void } {
  return typeof stream === 'object' && stream !== null && 'close' in stream;
}

// Others cannot be reset: Unix sockets, and those of TLS.
function isTcp(socket: Socket | null): socket is Socket {
  return socket instanceof Socket && !('encrypted' in socket) && socket.remotePort !== undefined;
}
