// Applications with middleware and a cache, in either order, and how each answer was written.
import { defineMiddleware, middleware } from '@catzilla/router';
import type { Middleware, MiddlewareOptions } from '@catzilla/router';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { fastifyCache } from '../../src/index.ts';
import type { FastifyCacheOptions } from '../../src/index.ts';
import { atEnd, listen, makeCache, RawClient, until } from '../helpers.ts';

export const HOST = 'HTTP/1.1\r\nHost: x\r\n';

/** Middleware without its types. */
export const define: (definition: unknown) => Middleware = defineMiddleware() as never;

/** Refuses requests that have no x-key, at a point. */
export function guardAt(at: 'onRequest' | 'preValidation' | 'preHandler'): Middleware {
  return define({
    name: 'guard',
    at,
    pre: (
      request: { headers: Record<string, string> },
      reply: { code(n: number): { send(): unknown } },
    ) => (request.headers['x-key'] === undefined ? reply.code(401).send() : undefined),
  });
}

/** Sets x-count to how many replies it has seen. */
export function counting(more: Record<string, unknown> = {}): Middleware {
  let count = 0;
  return define({
    name: 'counting',
    post: (_request: unknown, reply: { header(name: string, value: string): unknown }) =>
      void reply.header('x-count', String(++count)),
    ...more,
  });
}

/** An application with both plugins. */
export async function bothApp(
  options: { middleware?: MiddlewareOptions; cache?: FastifyCacheOptions; cacheFirst?: boolean },
  before?: (app: FastifyInstance) => unknown,
): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify();
  atEnd(() => app.close());
  await before?.(app);
  const addCache = async () =>
    app.register(fastifyCache, { cache: makeCache(), ttl: 60_000, ...options.cache });
  if (options.cacheFirst === true) await addCache();
  await app.register(middleware, options.middleware ?? {});
  if (options.cacheFirst !== true) await addCache();
  return app;
}

/** Asks over one connection, and tells whether the answer was written past Node. */
export async function asker(
  app: FastifyInstance,
  seen: boolean[],
): Promise<(request: string, noBody?: boolean) => Promise<{ text: string; wasRaw: boolean }>> {
  const client = new RawClient(await listen(app));
  return async (request, noBody) => {
    client.send(request);
    const { text } = await client.response(noBody);
    await until(() => seen.length > 0);
    return { text, wasRaw: seen.pop()! };
  };
}

/** What is left of a head that Node has not written is a mark. */
export function watchWrites(app: FastifyInstance, seen: boolean[]): void {
  app.addHook('onResponse', async (_request, { raw }) => {
    seen.push((raw as unknown as { _header: string })._header === 'x');
  });
}
