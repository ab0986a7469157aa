// The context of a request with the types of what has provided it, where no group's types lead to it.
import type { FastifyRequest } from 'fastify';
import { middlewareErrors } from '../errors.ts';
import { stateOf } from './request-state.ts';
import type { ContextOf, Middleware, MiddlewareContext } from './types.ts';

/** `request.ctx`, typed by the middleware that the caller relies on.
 * @throws CATZ_MIDDLEWARE_CONTEXT where one of them does not run for the request, or has not done its part yet
 * @example
 * app.get('/me', { config: { middleware: [auth] } }, async (request) => contextOf(request, auth).user); */
export function contextOf<const List extends readonly Middleware[]>(
  request: FastifyRequest,
  ...middleware: List
): MiddlewareContext & ContextOf<List> {
  const state = stateOf(request);
  for (const one of middleware) {
    const place = state?.chain.places.get(one);
    if (place !== undefined && state!.done >= place) continue;
    const { method, url = '404' } = request.routeOptions;
    throw new middlewareErrors.CONTEXT(
      `${String(method ?? request.method)} ${url}: expected middleware ${one.name} to have run for the request`,
    );
  }
  return request.ctx as MiddlewareContext & ContextOf<List>;
}
