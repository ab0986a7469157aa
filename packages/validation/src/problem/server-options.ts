// Problems where no plugin reaches: Fastify answers bad URLs and broken HTTP before there is a route, by options of its
// constructor. Invariant: nothing of the request is sent back. 408 and 431 are answered here, and nowhere else.
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { string, checkOptions } from '@catzilla/common';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errors } from '../errors.ts';
import { PROBLEM_JSON, answer, bodyOf } from './answer.ts';
import { readFault } from './read-fault.ts';
import type { ProblemSettings } from './read-fault.ts';

/** Options of `Fastify()`. */
export interface ProblemServerOptions {
  readonly frameworkErrors: (
    error: FastifyError,
    request: FastifyRequest,
    reply: FastifyReply,
  ) => void;
  readonly clientErrorHandler: (
    this: FastifyInstance,
    error: Error & { code?: string },
    socket: Socket,
  ) => void;
}

/** What a broken request is answered, by the code Node gives its error. */
const STATUS_OF: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

/** Makes the options of `Fastify()` that answer what the plugin cannot: malformed URLs (400), overlong parameters (414),
 * requests that did not arrive in time (408), too large headers (431), and what is no HTTP (400).
 * @param options.problemBase  as for the plugin. Default: about:blank
 * @throws CATZ_VALIDATION_OPTIONS
 * @example const app = Fastify({ ...problemServerOptions() }); */
export function problemServerOptions(
  options: { readonly problemBase?: string } = {},
): ProblemServerOptions {
  const error = (message: string): Error => new errors.OPTIONS(message);
  const { problemBase } = checkOptions(
    options,
    { problemBase: string({ default: 'about:blank' }) },
    { path: 'options', error },
  );
  const settings: ProblemSettings = {
    problemBase,
    maxErrors: 1,
    exposeStack: false,
    invalidStatus: 400,
  };
  return {
    frameworkErrors(fault, request, reply) {
      request.log.info({ err: fault }, 'the request was refused before it had a route');
      answer(readFault(fault, 500, settings), request, reply);
    },
    clientErrorHandler(fault, socket) {
      // The peer is gone, or there is nothing to write to.
      if (fault.code === 'ECONNRESET' || socket.destroyed) return;
      this.log.trace({ err: fault }, 'a client sent what is no request');
      const statusCode = STATUS_OF[fault.code ?? ''] ?? 400;
      if (socket.writable) socket.write(rawAnswer(statusCode, settings));
      socket.destroy(fault);
    },
  };
}

function rawAnswer(statusCode: number, settings: ProblemSettings): string {
  const body = JSON.stringify(bodyOf(readFault({ statusCode }, statusCode, settings)));
  return (
    `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\nContent-Type: ${PROBLEM_JSON}\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
  );
}
