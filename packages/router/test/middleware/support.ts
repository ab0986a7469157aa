// What the tests of middleware share: middleware that notes when it runs, and what a request came to.
import type { FastifyInstance } from 'fastify';
import { expect, vi } from 'vitest';
import { defineMiddleware } from '../../src/index.ts';
import type { Middleware } from '../../src/index.ts';

/** Options of a middleware, untyped: tests give wrong ones, too. */
export type Loose = Record<string, unknown>;

/** defineMiddleware without its types. */
export const define: (definition: unknown) => Middleware = defineMiddleware() as never;

/** Middleware that notes its parts in a list, under its name. */
export function noter(ran: string[]): (name: string, more?: Loose) => Middleware {
  return (name, more = {}) =>
    define({
      name,
      pre: () => void ran.push(name),
      post: () => void ran.push(`${name}.post`),
      after: (_request: unknown, _reply: unknown, ctx: { outcome: string }) =>
        void ran.push(`${name}.after ${ctx.outcome}`),
      ...more,
    });
}

/** Refuses requests that have no x-key. */
export const guard: Middleware = define({
  name: 'guard',
  at: 'onRequest',
  pre(
    request: { headers: Record<string, string> },
    reply: { code(n: number): { send(): unknown } },
  ) {
    return request.headers['x-key'] === undefined ? reply.code(401).send() : undefined;
  },
});

/** Waits until a condition holds. */
export async function until(holds: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(holds(), String(holds)).toBe(true), { interval: 5 });
}

/** Status of a request by inject. */
export async function statusOf(
  app: FastifyInstance,
  url: string,
  options: { method?: 'GET' | 'HEAD' | 'POST'; headers?: Record<string, string> } = {},
): Promise<number> {
  return (await app.inject({ method: 'GET', url, ...options })).statusCode;
}
