// The signal of a request's scope. Not Fastify's own `request.signal`: that one aborts as soon as a body has been read, for it
// listens to the request's stream, and so on every POST (checked on 5.12.8). Of it only the handler's timeout is taken.
import type { FastifyRequest } from 'fastify';

const TIMEOUT = 'FST_ERR_HANDLER_TIMEOUT';

/** Makes the controller that the life of a request aborts. It aborts by itself when the route's `handlerTimeout` is over. */
export function requestSignal(request: FastifyRequest): AbortController {
  const controller = new AbortController();
  const { handlerTimeout } = request.routeOptions as { handlerTimeout?: number };
  // Where there is no timeout, asking for the signal would make one.
  if (!handlerTimeout) return controller;
  const { signal } = request as { signal?: AbortSignal };
  if (signal === undefined) return controller;
  const pass = (): void => {
    const reason: unknown = signal.reason;
    if ((reason as { code?: unknown } | undefined)?.code === TIMEOUT) controller.abort(reason);
  };
  if (signal.aborted) pass();
  else signal.addEventListener('abort', pass, { once: true });
  return controller;
}
