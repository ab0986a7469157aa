// A caching reverse proxy: Fastify, @fastify/http-proxy, and the HTTP cache between them. The cache decides by what the origin
// says and by nothing else. Invariant: what belongs to one connection never crosses it (RFC 9110 7.6.1); everything else
// arrives as it was sent. Left to the proxy plugin: the connection to the origin. Interim responses (1xx) end there.
import { METHODS } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { fastifyCache } from '@catzilla/fastify-cache';
import httpProxy from '@fastify/http-proxy';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyRequest, HTTPMethods } from 'fastify';

/** Options of buildProxy(). */
export interface ProxyOptions {
  /** Where requests go: `http://127.0.0.1:8080`, https too. */
  origin: string;
  /** Bound of the cache, in bytes. Default: 67_108_864. */
  maxBytes?: number;
}

/** Fields of one hop, beside those that Connection lists. */
const ONE_HOP = new Set(
  'connection keep-alive proxy-connection te trailer transfer-encoding upgrade'.split(' '),
);

/** Makes the proxy, which does not listen yet; `app.close()` ends all it started. */
export async function buildProxy({
  origin,
  maxBytes = 67_108_864,
}: ProxyOptions): Promise<FastifyInstance> {
  const app = Fastify({ exposeHeadRoutes: false });
  const methods = METHODS.filter((method) => method !== 'CONNECT' && method !== 'TRACE');
  for (const method of methods) {
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: true });
  }

  await app.register(fastifyCache, { cache: { maxBytes }, requestDirectives: 'full' });
  await app.register(httpProxy, {
    upstream: origin,
    httpMethods: methods as HTTPMethods[],
    internalRewriteLocationHeader: false,
    disableRequestLogging: true,
    destroyAgent: true,
    replyOptions: {
      // A 503 is an answer, which the cache knows how to take.
      retryDelay: () => null,
      rewriteRequestHeaders: forwarded,
      rewriteHeaders: (headers) => endToEnd(headers),
      onError,
    },
  });
  return app;
}

// Host stays what the client asked for, so that the origin names itself in Location as the client knows it.
function forwarded(
  request: Pick<FastifyRequest, 'headers' | 'ip' | 'method'>,
  headers: IncomingHttpHeaders,
): IncomingHttpHeaders {
  const { via, 'x-forwarded-for': hops, ...rest } = endToEnd(headers);
  // The proxy plugin sends no body of a GET; Expect is answered here.
  if (request.method === 'GET' || request.method === 'HEAD') delete rest['content-length'];
  delete rest.expect;
  return {
    ...rest,
    ...(request.headers.host !== undefined && { host: request.headers.host }),
    via: via === undefined ? '1.1 catzilla' : `${via}, 1.1 catzilla`,
    'x-forwarded-for': hops === undefined ? request.ip : `${String(hops)}, ${request.ip}`,
  };
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  // Of several lines there is a list.
  const listed = String(headers.connection ?? '')
    .toLowerCase()
    .split(/[\s,]+/);
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !ONE_HOP.has(name) && !listed.includes(name)),
  );
}

// Thrown, not answered: only so the cache learns that the origin failed, and may have a stale response for it.
function onError(reply: { send(error: Error): unknown }, { error }: { error: Error }): void {
  const isLate = (error as { statusCode?: number }).statusCode === 504;
  const [statusCode, message] = isLate ? [504, 'Gateway Timeout'] : [502, 'Bad Gateway'];
  reply.send(Object.assign(new Error(message, { cause: error }), { statusCode }));
}
