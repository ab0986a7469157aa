// The servers that are compared, all of Fastify, logging off. Of many routes each answers its id and parameters, so that a
// wrong route or parameter is a wrong byte; a constant one answers as health checks do, and with 1 KB of JSON.
import { makeObject } from '../../http/payloads.mjs';
import { makeTable } from '../tables.mjs';

export const HEALTH = { status: 'ok', service: 'catalog', version: '1.4.2', region: 'eu-west-1' };

export const PRODUCT = makeObject(1024);

/** By variant: the function that starts it and gives { port }. `spec` has the number of routes. */
export const servers = {
  'routes-walk': (spec) => manyRoutes(spec, {}),
  'routes-compile': (spec) => manyRoutes(spec, { compile: true }),
  'routes-auto': (spec) =>
    withPlugin(
      {},
      (app) => addRoutes(app, spec),
      ({ GET }) => GET.engine === 'native',
    ),

  /** Trivial JSON routes: the object is turned into text for each answer. */
  'constant-route': async () => listen(addOrdinary(await makeApp())),
  constant: () => withPlugin({}, addConstant),
  /** Beside a cache plugin, whose raw answer path then serves it. */
  'constant-cache': () => withPlugin({ isCached: true }, addConstant),
};

async function manyRoutes(spec, routerOptions) {
  return listen(addRoutes(await makeApp(routerOptions), spec));
}

/** @param isAsWanted of the engines by method, when the application is ready */
async function withPlugin({ isCached = false }, add, isAsWanted = () => true) {
  const { catzillaRouter } = await import('@catzilla/router');
  const router = catzillaRouter({ strict: true });
  const app = await makeApp(router.options());
  await app.register(router);
  if (isCached) {
    const { default: fastifyCache } = await import('@catzilla/fastify-cache');
    await app.register(fastifyCache, { ttl: 3_600_000 });
  }
  const place = await listen(add(app));
  const { methods, fallback } = app.routerStats();
  if (fallback || !isAsWanted(methods)) {
    throw new Error(`expected another engine than ${JSON.stringify(methods)}, ${fallback}`);
  }
  return place;
}

async function makeApp(routerOptions) {
  const { default: fastify } = await import('fastify');
  return fastify({ logger: false, routerOptions });
}

function addRoutes(app, { routes }) {
  makeTable(routes).forEach(({ pattern }, id) => {
    app.get(pattern, ({ params }) => ({ id, params }));
  });
  return app;
}

function addOrdinary(app) {
  return app.get('/health', () => ({ ...HEALTH })).get('/product', () => PRODUCT);
}

function addConstant(app) {
  return app.constant('/health', { body: HEALTH }).constant('/product', { body: PRODUCT });
}

async function listen(app) {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { port: app.server.address().port };
}
