// The plugin: what createApp() makes, on a Fastify instance that is there already.
import { registerOptions } from '@catzilla/common';
import fp from 'fastify-plugin';
import type { FastifyPluginAsync } from 'fastify';
import { errors } from '../errors.ts';
import type { CatzillaOptions } from '../config/app-options.ts';
import { resolve } from '../config/resolve.ts';
import { compose } from './compose.ts';

/** What an instance that exists can no longer be given, and what would be that of a scope. */
const REFUSED = {
  server: 'the instance is made already; give its options to Fastify()',
  router:
    'the router is chosen when the instance is made; see catzillaRouter() in @catzilla/router, or use createApp()',
  prefix:
    'it belongs to the root, which has none; parts that declare routes have paths of their own, as options.realtime.path',
  logLevel: 'it belongs to the root; give `logger` to Fastify(), or logLevel to a scope of routes',
  logSerializers:
    'it belongs to the root; give `logger` to Fastify(), or them to a scope of routes',
};

const register: FastifyPluginAsync<CatzillaOptions> = async (app, options) => {
  // Instances below the root are made with their parent as prototype.
  if (!Object.hasOwn(app, 'printRoutes')) {
    throw new errors.OPTION(
      'expected catzilla to be registered on the root instance, got a scope: its lifecycle is that of the whole server',
    );
  }
  await compose(app, resolve(withoutEmpty(options), { refused: REFUSED }));
};

/** Registers the parts of Catzilla on the root of a Fastify instance: the options of createApp() without `server` and
 * `router`. Await it, and declare routes after it. Make the instance with `return503OnClosing: false`, or requests that come
 * while it closes are answered 503. `prefix`, `logLevel` and `logSerializers` of register() are refused.
 * @throws CATZ_APP_OPTION, CATZ_APP_ENV, CATZ_APP_CORS; what the parts throw for their settings
 * @example
 * const app = Fastify({ http2: true, https: { key, cert }, return503OnClosing: false });
 * await app.register(catzilla, { cache: { ttl: 60_000 } }); */
export const catzilla: FastifyPluginAsync<CatzillaOptions> = fp(register, {
  name: 'catzilla',
  fastify: '5.x',
});

// Of register() itself, where it says nothing: @fastify/autoload names a prefix that is undefined.
function withoutEmpty(options: CatzillaOptions): object {
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => value || !registerOptions.includes(name)),
  );
}
