// Calls a route's handler so that the life of the request knows when it has settled. Invariant: the reply is what it would be
// without: the same value, the same error, the same promise. Only a thenable that is no promise is made one, since `then` of a
// query builder would run the query once more.
import type { RouteHandlerMethod } from 'fastify';
import { LIFE } from './life.ts';
import type { LivingRequest, RequestLife } from './life.ts';

/** Marks a handler that is watched. */
const WATCHED: unique symbol = Symbol('catzilla.di.watched');

/** A handler, as little as is known of it. A WebSocket's is called with the socket and the request. */
export type Handler = (this: unknown, first: unknown, second: unknown) => unknown;

/** Gives a handler of the same name and marks that is watched.
 * @param label  how messages call the route */
export function watched(handler: RouteHandlerMethod, label: string): RouteHandlerMethod {
  const inner = handler as unknown as Handler & { [WATCHED]?: true };
  if (inner[WATCHED]) return handler;
  const outer: Handler = function (first, second) {
    const life = (first as LivingRequest)[LIFE] ?? (second as LivingRequest)[LIFE];
    if (!life) return inner.call(this, first, second);
    life.label = label;
    return run(life, inner, this, first, second);
  };
  // Other plugins leave marks on handlers, and Fastify shows their names.
  Object.defineProperties(outer, Object.getOwnPropertyDescriptors(inner));
  Object.defineProperty(outer, WATCHED, { value: true });
  return outer as unknown as RouteHandlerMethod;
}

/** Calls a handler. // HOT: benchmarks/di, runs for every request. */
export function run(
  life: RequestLife,
  handler: Handler,
  self: unknown,
  first: unknown,
  second: unknown,
): unknown {
  life.phase = 'running';
  let result: unknown;
  try {
    result = handler.call(self, first, second);
  } catch (error) {
    life.fail(error);
    life.settle();
    throw error;
  }
  if (result instanceof Promise) return follow(life, result);
  if (result === undefined || result === life.reply) life.returned();
  else if (isThenable(result)) return follow(life, Promise.resolve(result));
  else life.settle();
  return result;
}

function follow(life: RequestLife, result: Promise<unknown>): Promise<unknown> {
  if (life.scope === undefined) life.pending = result;
  else life.watch(result);
  return result;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null)?.then === 'function';
}
