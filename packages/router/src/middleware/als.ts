// useContext(): the context of the request in whose course it is called, without the request being passed along.
// The store is that of @fastify/request-context, which also takes care that parsing a body does not lose it. Loaded only where
// the option `als` asks for it.
import type { FastifyInstance, FastifyPluginCallback, FastifyRequest } from 'fastify';
import { middlewareErrors } from '../errors.ts';
import type { ContextOf, Middleware, MiddlewareContext } from './types.ts';

const REQUEST: unique symbol = Symbol('catzilla.router.middleware.request');

/** The part of @fastify/request-context that is used. */
interface Storage {
  getStore(): { [REQUEST]?: FastifyRequest } | undefined;
}

/** Of several applications, or installed copies of the plugin, each may have its own. */
const storages = new Set<Storage>();

/** Registers the store with an application, unless it has one.
 * @returns what lets `useContext` find a request, to be called in its course
 * @throws CATZ_MIDDLEWARE_PEER */
export async function openStorage(
  app: FastifyInstance,
): Promise<(request: FastifyRequest) => void> {
  if (!app.hasDecorator('requestContext')) await app.register(await loadPlugin());
  const storage = (app as unknown as { requestContext: Storage }).requestContext;
  storages.add(storage);
  return (request) => {
    const store = storage.getStore();
    if (store !== undefined) store[REQUEST] = request;
  };
}

/** The context of the current request; with `als` of the plugin.
 * @param _middleware  what provides the keys that are wanted: for their types alone
 * @returns undefined outside of any request */
export function useContext<const List extends readonly Middleware[] = readonly []>(
  ..._middleware: List
): (MiddlewareContext & Partial<ContextOf<List>>) | undefined {
  for (const storage of storages) {
    const request = storage.getStore()?.[REQUEST];
    if (request !== undefined) return request.ctx as MiddlewareContext & Partial<ContextOf<List>>;
  }
  return undefined;
}

async function loadPlugin(): Promise<FastifyPluginCallback> {
  try {
    const { fastifyRequestContext } = await import('@fastify/request-context');
    return fastifyRequestContext as FastifyPluginCallback;
  } catch (cause) {
    throw new middlewareErrors.PEER('als', '@fastify/request-context', { cause });
  }
}
