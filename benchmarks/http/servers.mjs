// The servers that are compared, each as a function that starts to listen and gives { port, close }. One runs per
// process. All answer GET /data with the same body; settings are each one's best, logging is off everywhere.
import { createServer } from 'node:http';

import { makeBody, makeObject } from './payloads.mjs';

const TTL = 3_600_000;

/** What Fastify uses; the bare servers take the same, so that their Keep-Alive line is the same. */
const KEEP_ALIVE_TIMEOUT = 72_000;

/** By variant: name, and the function that starts it. `spec` is { size, headers } (headers: bare servers only). */
export const servers = {
  /** node:http with nothing in between: one writeHead with a flat array, the body as a ready Buffer. */
  'bare-buffer': (spec) => bare(spec, makeBody(spec.size)),
  /** The same with the body as a string, which Node joins to the head in one write. */
  'bare-string': (spec) => bare(spec, makeBody(spec.size).toString('latin1')),

  /** An uncached route that returns a ready object: what a trivial JSON route costs. */
  'fastify-object': async ({ size }) => {
    const object = makeObject(size);
    return withRoute(await makeFastify(), () => object);
  },
  /** An uncached route that returns ready text: what any answer through reply.send costs at least. */
  'fastify-text': async ({ size }) => {
    const text = makeBody(size).toString();
    return withRoute(await makeFastify(), (request, reply) => {
      reply.type('application/json; charset=utf-8');
      return text;
    });
  },
  'fastify-object-six-hooks': async ({ size }) => {
    const object = makeObject(size);
    return withRoute(sixHooks(await makeFastify()), () => object);
  },

  /** @fastify/caching tells clients, @fastify/etag hashes every body: the handler runs each time. */
  'caching-etag': async ({ size }) => {
    const app = await makeFastify();
    const { default: caching } = await import('@fastify/caching');
    const { default: etag } = await import('@fastify/etag');
    await app.register(caching, { privacy: caching.privacy.PUBLIC, expiresIn: TTL / 1000 });
    await app.register(etag);
    const object = makeObject(size);
    return withRoute(app, () => object);
  },
  lcache: async ({ size }) => {
    const app = await makeFastify();
    const { default: module } = await import('fastify-lcache');
    await app.register(module.default ?? module, { ttlInMinutes: TTL / 60_000 });
    const object = makeObject(size);
    return withRoute(
      app,
      once(() => object),
    );
  },

  auto: (spec) => ours(spec, 'auto'),
  /** Every body is read from the engine, as those are that no near-cache has room for. */
  'auto-no-near': (spec) => ours(spec, 'auto', undefined, { nearCache: false }),
  send: (spec) => ours(spec, 'send'),
  'auto-six-hooks': (spec) => ours(spec, 'auto', sixHooks),
  'send-six-hooks': (spec) => ours(spec, 'send', sixHooks),
};

async function bare({ headers }, body) {
  const server = createServer((request, response) => {
    response.writeHead(200, headers);
    response.end(body);
  });
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: server.address().port, close: () => server.closeAllConnections() };
}

async function ours({ size }, mode, decorate = (app) => app, cache) {
  const app = decorate(await makeFastify());
  const { default: fastifyCache } = await import('@catzilla/fastify-cache');
  await app.register(fastifyCache, { ttl: TTL, mode, ...(cache && { cache }) });
  const object = makeObject(size);
  return withRoute(
    app,
    once(() => object),
  );
}

async function makeFastify() {
  const { default: fastify } = await import('fastify');
  return fastify({ logger: false, keepAliveTimeout: KEEP_ALIVE_TIMEOUT });
}

/** Six hooks as applications have them: none touches the reply's payload. */
function sixHooks(app) {
  let seen = 0;
  app.addHook('onRequest', (request, reply, done) => {
    request.startedAt = seen++;
    done();
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (request.headers['x-forbidden'] !== undefined) reply.code(403).send();
    else done();
  });
  app.addHook('preValidation', (request, reply, done) => done());
  app.addHook('preHandler', async (request) => {
    request.user = null;
  });
  app.addHook('preHandler', (request, reply, done) => done());
  app.addHook('onResponse', (request, reply, done) => {
    seen -= reply.statusCode === 200 ? 1 : 0;
    done();
  });
  app.decorateRequest('startedAt', 0);
  app.decorateRequest('user', null);
  return app;
}

/** A handler behind a cache must run once only: a second run would mean that misses are measured. */
function once(handler) {
  let runs = 0;
  return () => {
    if (++runs > 1) throw new Error('the handler behind the cache ran twice');
    return handler();
  };
}

async function withRoute(app, handler) {
  app.get('/data', handler);
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { port: app.server.address().port, close: () => app.close() };
}
