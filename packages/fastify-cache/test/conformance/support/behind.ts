// The three ways an origin stands behind the cache: a handler that gives a whole body, a handler that gives a stream, and a
// server of its own behind @fastify/http-proxy. Invariant: each sends exactly the lines the script names; the server adds no
// Date. Retries of the proxy are off, so that one request of the cache is one request at the origin.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import httpProxy from '@fastify/http-proxy';
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { joined } from './origin.ts';
import type { Answering, Origin } from './origin.ts';

/** Where the origin is. */
export type Behind = 'handler' | 'stream' | 'proxy';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'M-SEARCH'];

/** Puts the origin behind the application, which has the cache already.
 * @returns what ends it */
export async function putBehind(
  app: FastifyInstance,
  origin: Origin,
  behind: Behind,
): Promise<() => Promise<void>> {
  app.addHttpMethod('M-SEARCH', { hasBody: true });
  if (behind !== 'proxy') {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
    app.route({
      method: METHODS as HTTPMethods[],
      url: '/*',
      handler: async (request, reply) => handle(request, reply, origin, behind),
    });
    return () => Promise.resolve();
  }
  const server = createServer((request, response) => void serve(request, response, origin));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  await app.register(httpProxy, {
    upstream: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    httpMethods: METHODS,
    internalRewriteLocationHeader: false,
    destroyAgent: true,
    replyOptions: {
      retryDelay: () => null,
      rewriteRequestHeaders: (request, headers) => ({ ...headers, host: request.headers.host }),
    },
  });
  return async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
}

function received(request: IncomingMessage): Parameters<Origin['answer']>[0] {
  const { method = '', url = '', headers } = request;
  return { method, url, headers: joined(headers) };
}

async function handle(
  request: FastifyRequest,
  reply: FastifyReply,
  origin: Origin,
  behind: 'handler' | 'stream',
): Promise<unknown> {
  const answer = origin.answer(received(request.raw));
  await answer.meanwhile?.();
  if (answer.fails === 'before') throw new Error('the origin is gone');
  for (const [status, headers] of answer.interim) writeInterim(reply.raw, status, headers);
  reply.code(answer.status);
  for (const [name, value] of answer.headers) {
    reply.header(name, typeof value === 'string' ? value : [...value]);
  }
  const { body } = answer;
  if (body === undefined) return reply.send();
  return reply.send(behind === 'handler' ? body.toString('latin1') : streamed(answer, body));
}

function streamed({ fails }: Answering, body: Buffer): Readable {
  const half = body.length >> 1;
  return Readable.from(
    (function* () {
      yield body.subarray(0, half);
      if (fails === 'during') throw new Error('the origin broke off');
      yield body.subarray(half);
    })(),
    { objectMode: false },
  );
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  origin: Origin,
): Promise<void> {
  for await (const _ of request);
  const answer = origin.answer(received(request));
  await answer.meanwhile?.();
  if (answer.fails === 'before') return void request.socket.destroy();
  response.sendDate = false;
  for (const [status, headers] of answer.interim) writeInterim(response, status, headers);
  const { body = Buffer.alloc(0), trailers } = answer;
  const names = answer.headers.map(([name]) => name.toLowerCase());
  const framed = names.includes('content-length') || names.includes('trailer');
  const isEmpty = answer.status === 204 || answer.status === 304;
  for (const [name, value] of answer.headers) {
    response.setHeader(name, typeof value === 'string' ? value : [...value]);
  }
  // What the same GET would have: a HEAD says it too.
  if (!framed && !isEmpty && request.method !== 'HEAD') {
    response.setHeader('content-length', body.length);
  }
  response.writeHead(answer.status);
  if (answer.fails === 'during') {
    response.write(body.subarray(0, body.length >> 1), () => request.socket.destroy());
    return;
  }
  response.write(body);
  if (trailers !== undefined) response.addTrailers(trailers);
  response.end();
}

function writeInterim(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
): void {
  if (status === 103) response.writeEarlyHints({ ...headers });
  else response.writeProcessing();
}
