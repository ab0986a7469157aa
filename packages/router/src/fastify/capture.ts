// Reaches Fastify's router, for which there is no interface: a `buildPrettyMeta` is called by it, with it as `this`.
// Invariant: outside of a capture it behaves as if it were not there; a capture leaves nothing behind.
// Cost: under 1 ms, since the printing is left at the first route. With `method`: else Fastify first builds a merged tree.
import type { FastifyInstance } from 'fastify';
import { shapeFault } from '../find-my-way/router.ts';
import type { Router } from '../find-my-way/router.ts';
import { fastifyMeta } from './pretty-meta.ts';

/** The signature of Fastify's option. */
export type BuildPrettyMeta = (route: { store: unknown }) => Record<string, unknown>;

/** What a capture came to. `router` is undefined where there are no routes yet. */
export type Captured =
  | { readonly router: Router | undefined; readonly fault?: undefined }
  | { readonly router?: undefined; readonly fault: string };

class Found extends Error {
  readonly router: unknown;
  constructor(router: unknown) {
    super('found');
    this.router = router;
  }
}

/** The two ends of a capture: what Fastify is given, and what reads it. */
export interface Capture {
  /** For `routerOptions.buildPrettyMeta`.
   * @param next  the application's own; default: what Fastify does without one */
  hook(next: BuildPrettyMeta | undefined): BuildPrettyMeta;
  /** Reads the router of an application whose options have the hook. */
  read(app: FastifyInstance): Captured;
}

export function makeCapture(): Capture {
  let isHooked = false;
  let isReading = false;
  return {
    hook(next = fastifyMeta as BuildPrettyMeta) {
      isHooked = true;
      return function buildPrettyMeta(this: unknown, route) {
        if (!isReading) return next.call(this, route);
        throw new Found(this);
      };
    },
    read(app) {
      if (!isHooked) return { fault: 'routerOptions: router.options() was not given to Fastify' };
      isReading = true;
      try {
        for (const method of ['GET', ...app.supportedMethods]) {
          app.printRoutes({ method: method as 'GET', includeMeta: ['router'] });
        }
        // Nobody was asked for the meta data of a route: there is none.
        return { router: undefined };
      } catch (error) {
        if (!(error instanceof Found)) throw error;
        const fault = shapeFault(error.router);
        return fault === undefined ? { router: error.router as Router } : { fault };
      } finally {
        isReading = false;
      }
    },
  };
}
