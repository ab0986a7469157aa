// Routers for these tests: of find-my-way by itself, and the one inside of a Fastify application.
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import FindMyWay from 'find-my-way';
import type { Handler, Route, Router } from '../../src/find-my-way/router.ts';
import { makeCapture } from '../../src/fastify/capture.ts';

/** One route: method, pattern, constraints. */
export type Spec = readonly [string, string, (Record<string, unknown> | undefined)?];

/** A router whose routes store their pattern. */
export function routerOf(specs: readonly Spec[], options: object = {}): Router {
  const router = FindMyWay(options) as unknown as Router;
  for (const [method, path, constraints] of specs) {
    const handler: Handler = () => path;
    router.on(method as 'GET', path, constraints === undefined ? {} : { constraints }, handler, {
      path,
    });
  }
  return router;
}

/** GET routes. */
export function getRoutes(...paths: string[]): Router {
  return routerOf(paths.map((path) => ['GET', path] as const));
}

/** The route of a pattern. */
export function routeAt(router: Router, path: string): Route {
  return router.routes.find((route) => route.path === path)!;
}

/** A router with one of a router's routes alone, and its options: what its pattern matches whatever stands beside it. */
export function alone(router: Router, route: Route): Router {
  const { caseSensitive, ignoreTrailingSlash, ignoreDuplicateSlashes, maxParamLength } = router;
  const { useSemicolonDelimiter = false } = router;
  const options = { caseSensitive, ignoreTrailingSlash, ignoreDuplicateSlashes, maxParamLength };
  const single = FindMyWay({
    ...options,
    useSemicolonDelimiter,
    allowUnsafeRegex: true,
  } as object) as unknown as Router;
  single.on(route.method as 'GET', route.path, {}, route.handler, route.store);
  return single;
}

/** An application, and its router once it is ready. */
export async function fastifyWith(
  declare: (app: FastifyInstance) => void,
  routerOptions: object = {},
): Promise<{ app: FastifyInstance; router: Router }> {
  const capture = makeCapture();
  const app = Fastify({
    routerOptions: { ...routerOptions, buildPrettyMeta: capture.hook(undefined) } as object,
  });
  declare(app);
  await app.ready();
  const { router } = capture.read(app);
  if (router === undefined) throw new Error('the router was not captured');
  return { app, router };
}
