// A not-found handler that tells "no such URL" (404) from "not with this method" (405).
// Invariant: costs something only where Fastify has found no route; a 405 always has its Allow (RFC 9110, 15.5.6).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Router } from '../find-my-way/router.ts';
import { allowedMethods } from './allowed-methods.ts';

/** A handler for `app.setNotFoundHandler`. */
export type NotFoundHandler = (
  this: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
) => unknown;

/** What to do beside 405. */
export interface NotAllowedOptions {
  /** Answers where no method has a route for the URL. Default: Fastify's own 404. */
  readonly fallback?: NotFoundHandler;
}

/** Makes a handler for `app.setNotFoundHandler`: where other methods have a route for the URL it answers 405 with Allow
 * and Fastify's usual error body, else the fallback answers. Routes that are a bare `*` or `/*` do not count.
 * OPTIONS is a method as any other: 405, or 404 for a URL that nothing is at. Answers to OPTIONS are the business of
 * routes, as those of @fastify/cors. A handler that itself calls `reply.callNotFound()` gets the fallback: the method was
 * allowed. Constraints of asynchronous strategies are not looked at.
 * @param routerOf  Fastify's router; undefined while it is not known, which means 404 */
export function notAllowedHandler(
  routerOf: (request: FastifyRequest) => Router | undefined,
  { fallback = answerNotFound }: NotAllowedOptions = {},
): NotFoundHandler {
  return function answerNotAllowed(request, reply) {
    const { method, url } = targetOf(request);
    const router = routerOf(request);
    const allowed = router === undefined ? [] : allowedFor(router, request, url);
    if (allowed.length === 0 || allowed.includes(method)) {
      return fallback.call(this, request, reply);
    }
    return reply
      .code(405)
      .header('Allow', allowed.join(', '))
      .send({
        statusCode: 405,
        error: 'Method Not Allowed',
        message: `Route ${method}:${url} not found, allowed: ${allowed.join(', ')}`,
      });
  };
}

function allowedFor(router: Router, { raw }: FastifyRequest, url: string): readonly string[] {
  const derived = router.constrainer.deriveConstraints(raw);
  return allowedMethods(router, url, derived === undefined ? {} : { derived });
}

// What Fastify answers without a handler.
function answerNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { method, url } = targetOf(request);
  const message = `Route ${method}:${url} not found`;
  if (request.server.initialConfig.disableRequestLogging !== true) request.log.info(message);
  return reply.code(404).send({ message, error: 'Not Found', statusCode: 404 });
}

// As the router saw them, behind `rewriteUrl`.
function targetOf({ raw }: FastifyRequest): { method: string; url: string } {
  return { method: raw.method ?? '', url: raw.url ?? '' };
}
