// Routers and tables for tests that look at one thing.
import FindMyWay from 'find-my-way';
import type { Handler, Router } from '../../src/find-my-way/router.ts';

/** A router with a GET route for each path; a handler gives its path, as its store does. */
export function routerOf(paths: readonly string[], options: object = {}): Router {
  const router = FindMyWay(options as FindMyWay.Config<FindMyWay.HTTPVersion.V1>);
  for (const path of paths) router.on('GET', path, () => path, { path });
  return router as unknown as Router;
}

/** Adds a GET route. */
export function addRoute(
  router: Router,
  path: string,
  constraints?: Record<string, unknown>,
): void {
  const handler: Handler = () => path;
  router.on('GET', path, constraints === undefined ? {} : { constraints }, handler, { path });
}

/** Paths with one segment each. */
export function manyPaths(count: number, tail = ''): string[] {
  return Array.from({ length: count }, (_, i) => `/r${i}${tail}`);
}

/** The error that a function throws.
 * @throws when it throws none */
export function thrownBy(run: () => unknown): Error & { code?: string } {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
