// Runs the hooks and the handler of an entry, as Fastify runs those of a route.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Flight } from './flight.ts';
import type { Hook } from './route.ts';

type Done = (error?: Error) => void;

/** Runs hooks, one after the other, and calls `end`. One that answers ends the request: `end` is then not called. */
export function runHooks(
  hooks: readonly Hook[],
  flight: Flight,
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  end: Done,
): void {
  let at = 0;
  const proceed: Done = (error) => {
    if (error || at === hooks.length) {
      end(error);
      return;
    }
    if (reply.sent) return;
    let result: unknown;
    try {
      result = hooks[at++]!.call(app, request, reply, proceed);
    } catch (thrown) {
      end(thrown as Error);
      return;
    }
    if (isThenable(result)) {
      void flight.hold(result).then(
        () => proceed(),
        (reason: unknown) => end((reason as Error | undefined) || nothing()),
      );
    }
  };
  proceed();
}

/** Runs the handler.
 * @returns what Fastify gets in its place */
export function runHandler(
  flight: Flight,
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
): unknown {
  let result: unknown;
  try {
    result = flight.entry.route.handler.call(app, request, reply);
  } catch (error) {
    flight.done();
    throw error;
  }
  if (isThenable(result)) return flight.hold(result, () => flight.done());
  // It may answer from a callback: the request is in flight until it is closed.
  flight.done();
  return result;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<PromiseLike<unknown>>).then === 'function'
  );
}

// A hook that rejects with nothing fails the request, as in Fastify.
function nothing(): Error {
  return Object.assign(new Error('Undefined error has occurred'), {
    code: 'FST_ERR_SEND_UNDEFINED_ERR',
    statusCode: 500,
  });
}
