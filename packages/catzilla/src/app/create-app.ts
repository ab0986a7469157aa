// createApp(): one Fastify instance with every part of Catzilla that is on. No logic of its own: see compose.ts.
import type { CatzillaRouter } from '@catzilla/router';
import type { CatzillaTypeProvider } from '@catzilla/validation';
import Fastify from 'fastify';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyServerOptions,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { AppOptions, CheckedAppOptions } from '../config/app-options.ts';
import { explain } from '../config/environment.ts';
import { resolve } from '../config/resolve.ts';
import type { Resolved } from '../config/resolve.ts';
import { compose } from './compose.ts';

/** An application: a Fastify instance whose handlers are typed by the schemas of their routes. */
export type CatzillaApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  CatzillaTypeProvider
>;

/** Makes a Fastify application with router, security headers, validation, middleware, response cache, health routes and an
 * orderly end. Everything else is off until it is asked for, and whatever is on can be switched off: see AppOptions.
 *
 * It has to be awaited: most parts see only routes that are declared after they have loaded.
 * For TLS or HTTP/2 make the Fastify instance yourself, and register the plugin `catzilla` on it.
 *
 * @param options  one option for each part: its settings, `true` or false; variables of the environment, as
 *   CATZILLA__CACHE__TTL, win over them
 * @returns the instance, not listening yet
 * @throws CATZ_APP_OPTION for an unknown option or a wrong kind of value; CATZ_APP_ENV for a variable that sets one;
 *   CATZ_APP_CORS; what the parts throw for their settings
 * @example
 * const app = await createApp({ cache: { ttl: 60_000 } });
 * app.get('/time', async () => ({ time: new Date().toISOString() }));
 * await app.listen({ port: 3000 }); */
export async function createApp(options?: AppOptions): Promise<CatzillaApp> {
  return appOf(resolve(options));
}

/** Makes an application of resolved options. */
export async function appOf(resolved: Resolved): Promise<CatzillaApp> {
  const router = await routerOf(resolved);
  const app = await serverOf(resolved, router);
  try {
    await compose(app, resolved, router === undefined ? undefined : () => app.register(router));
  } catch (error) {
    await closeQuietly(app);
    throw error;
  }
  return app.withTypeProvider<CatzillaTypeProvider>();
}

async function routerOf({ checked, overrides }: Resolved): Promise<CatzillaRouter | undefined> {
  const { router } = checked;
  if (router === false) return undefined;
  const { catzillaRouter } = await import('@catzilla/router');
  try {
    return catzillaRouter(router);
  } catch (error) {
    throw explain(error, 'router', overrides);
  }
}

async function serverOf(
  { checked, overrides }: Resolved,
  router: CatzillaRouter | undefined,
): Promise<FastifyInstance> {
  const { routerOptions, ...rest } = checked.server;
  const all = router === undefined ? routerOptions : router.options(routerOptions);
  try {
    return Fastify({
      return503OnClosing: false,
      ...(await problemsBeforeRoutes(checked)),
      ...rest,
      ...(all === undefined ? {} : { routerOptions: all }),
    });
  } catch (error) {
    throw explain(error, 'server', overrides);
  }
}

// What Fastify answers before there is a route (bad URLs, broken HTTP) is a problem as any other error.
async function problemsBeforeRoutes({
  validation,
}: CheckedAppOptions): Promise<Partial<FastifyServerOptions>> {
  if (validation === false) return {};
  const { problemServerOptions } = await import('@catzilla/validation');
  const { problemBase } = validation;
  // What is wrong with it is the plugin's to say.
  return problemServerOptions(
    typeof problemBase === 'string' && problemBase !== '' ? { problemBase } : {},
  );
}

// The failure that matters is the one before.
async function closeQuietly(app: FastifyInstance): Promise<void> {
  try {
    await app.close();
  } catch (error) {
    app.log.debug({ err: error }, 'the application that failed to start did not close');
  }
}
