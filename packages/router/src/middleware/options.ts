// Options of the middleware plugin, and their check.
import { bool, checkOptions, oneOf, registerOptions } from '@catzilla/common';
import { middlewareErrors } from '../errors.ts';
import { middlewareList } from './define.ts';
import type { TimingsMode } from './timings.ts';
import type { Middleware } from './types.ts';

/** Options of `middleware`. */
export interface MiddlewareOptions {
  /** Middleware of every route in the scope. Default: none. */
  readonly use?: readonly Middleware[];
  /** Which requests are measured for `app.middlewareTimings()`: one in 128 of each route, all, or none. Default: 'sampled'. */
  readonly timings?: TimingsMode;
  /** Tell each client in Server-Timing how long each middleware has taken: for development. Default: false. */
  readonly serverTiming?: boolean;
  /** Let `useContext()` find the context of the request that it is called in, by AsyncLocalStorage: each request pays for it.
   * Needs @fastify/request-context. Default: false. */
  readonly als?: boolean;
}

/** Checked options. */
export type MiddlewareSettings = Required<MiddlewareOptions>;

/** @throws CATZ_MIDDLEWARE_OPTIONS */
export function middlewareSettings(options: unknown): MiddlewareSettings {
  return checkOptions<MiddlewareSettings>(
    options,
    {
      use: middlewareList,
      timings: oneOf(['sampled', 'off', 'all'], 'sampled'),
      serverTiming: bool(false),
      als: bool(false),
    },
    {
      path: 'options',
      error: (message) => new middlewareErrors.OPTIONS(message),
      // Fastify's own, for scopes.
      ignore: registerOptions,
    },
  );
}
