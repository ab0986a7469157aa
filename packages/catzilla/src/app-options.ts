// The options of createApp(), checked before anything is started. Each part has one option: its settings,
// or false to leave it out. What stands inside a part is checked by the package that owns it.
import { checkOptions, custom, orFalse } from '@catzilla/common';
import type { OptionSpec } from '@catzilla/common';
import type { FastifyCacheOptions } from '@catzilla/fastify-cache';
import type { FastifyServerOptions } from 'fastify';
import { errors } from './errors.ts';

/** Options of createApp(). */
export interface AppOptions {
  /** Options of the Fastify server itself: logger, trustProxy, bodyLimit, and so on.
   * Default: those of Fastify. */
  server?: FastifyServerOptions;
  /** Options of the response cache (@catzilla/fastify-cache), or false for none.
   * Default: `{}`, which stores what a response or a route declares fresh, and nothing else. */
  cache?: FastifyCacheOptions | false;
}

/** The options with every default in place. */
export interface CheckedAppOptions {
  readonly server: FastifyServerOptions;
  readonly cache: FastifyCacheOptions | false;
}

/** Checks what createApp() was given.
 * @throws CATZ_APP_OPTION for an unknown option or a wrong kind of value */
export function checkAppOptions(options: unknown): CheckedAppOptions {
  return checkOptions<CheckedAppOptions>(
    options,
    { server: settings<FastifyServerOptions>(), cache: orFalse(settings<FastifyCacheOptions>()) },
    { path: 'options', error: (message) => new errors.OPTION(message) },
  );
}

function settings<T extends object>(): OptionSpec<T> {
  const isObject = (value: unknown): value is T =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  return custom('an object', isObject, {} as T);
}
