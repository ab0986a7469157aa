// The servers that are compared, each as a function that starts to listen and gives { port, close }. One runs per
// process. All answer GET /data with the same body; settings are each one's best, logging is off everywhere.
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';

import { makeCertificate } from './certificate.mjs';
import { makeBody, makeObject } from './payloads.mjs';

const TTL = 3_600_000;
/** ms: over before the warm-up is, so that what is measured are stale answers. */
const SHORT_TTL = 50;
/** ms that a busy handler works. */
const WORK = 1.5;

/** What Fastify uses; the bare servers take the same, so that their Keep-Alive line is the same. */
const KEEP_ALIVE_TIMEOUT = 72_000;

/** By variant: name, and the function that starts it. `spec` is { size, headers } (headers: bare servers only). */
export const servers = {
  /** node:http with nothing in between: one writeHead with a flat array, the body as a ready Buffer. */
  'bare-buffer': (spec) => bare(spec, makeBody(spec.size)),
  /** The same with the body as a string, which Node joins to the head in one write. */
  'bare-string': (spec) => bare(spec, makeBody(spec.size).toString('latin1')),
  'bare-range': ({ headers, size }) => listen(createServer(byRange(headers, makeBody(size)))),
  'bare-https': ({ headers, size }) =>
    listen(createSecureServer(makeCertificate(), whole(headers, makeBody(size)))),

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

  /** An uncached route whose handler works before it answers. */
  'fastify-busy': async ({ size }) => withRoute(await makeFastify(), busy(makeObject(size))),
  'fastify-guarded': async ({ size }) => {
    const object = makeObject(size);
    return withRoute(sixHooks(await makeFastify()), () => object, { schema: SCHEMA });
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

  auto: (spec) => ours(spec),
  /** Every body is read from the engine, as those are that no near-cache has room for. */
  'auto-no-near': (spec) => ours(spec, { plugin: { cache: { nearCache: false } } }),
  send: (spec) => ours(spec, { plugin: { mode: 'send' } }),
  'auto-six-hooks': (spec) => ours(spec, { decorate: sixHooks }),
  'send-six-hooks': (spec) => ours(spec, { plugin: { mode: 'send' }, decorate: sixHooks }),
  /** A hit is looked up after all hooks and both validations, or before those that come after onRequest. */
  'auto-guarded': (spec) => ours(spec, { decorate: sixHooks, route: { schema: SCHEMA } }),
  'early-guarded': (spec) => {
    const cache = { lookup: 'onRequest', skipGuards: true };
    return ours(spec, { decorate: missesOnly, route: { schema: SCHEMA, config: { cache } } });
  },
  'auto-busy': ({ size }) => ours({ size }, { handler: once(busy(makeObject(size))) }),
  'auto-https': (spec) => ours(spec, { app: { https: makeCertificate() } }),
  /** Its one refresh never ends: each answer is a stale one, in its window, beside a refresh under way. */
  'auto-stale': ({ size }) => {
    const refresh = { timeout: TTL };
    const plugin = { ttl: SHORT_TTL, staleWhileRevalidate: TTL, refresh };
    return ours({ size }, { plugin, handler: firstThenNever(makeObject(size)) });
  },
};

/** Both are checked by compiled schemas on each request that gets so far. */
const SCHEMA = {
  querystring: {
    type: 'object',
    required: ['page'],
    properties: {
      page: { type: 'integer', minimum: 1, maximum: 1000 },
      lang: { type: 'string', enum: ['en', 'fr', 'de'] },
    },
  },
  headers: {
    type: 'object',
    required: ['accept', 'user-agent'],
    properties: {
      accept: { type: 'string', maxLength: 200 },
      'accept-language': { type: 'string', maxLength: 200 },
      'user-agent': { type: 'string', minLength: 1, maxLength: 500 },
    },
  },
};

function bare({ headers }, body) {
  return listen(createServer(whole(headers, body)));
}

function whole(headers, body) {
  return (request, response) => {
    response.writeHead(200, headers);
    response.end(body);
  };
}

/**
 * What one writes by hand for one range (RFC 9110 14.2): no list of ranges, no If-Range.
 * @param headers those of a 206 of ours; two of them are said for each answer
 */
function byRange(headers, body) {
  const fixed = withoutFields(headers, ['content-range', 'content-length']);
  return (request, response) => {
    const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    if (match === null) {
      response.writeHead(200, [...fixed, 'content-length', String(body.length)]);
      response.end(body);
      return;
    }
    const first = Number(match[1]);
    const last = Math.min(match[2] === '' ? Infinity : Number(match[2]), body.length - 1);
    if (first > last) {
      response.writeHead(416, ['content-range', `bytes */${body.length}`, 'content-length', '0']);
      response.end();
      return;
    }
    const range = `bytes ${first}-${last}/${body.length}`;
    const length = String(last - first + 1);
    response.writeHead(206, [...fixed, 'content-range', range, 'content-length', length]);
    response.end(body.subarray(first, last + 1));
  };
}

function withoutFields(headers, names) {
  return headers.filter((_, at) => !names.includes(headers[at - (at % 2)].toLowerCase()));
}

async function listen(server) {
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: server.address().port, close: () => server.closeAllConnections() };
}

/** @param options.plugin, app, route: what is added to the options of each; decorate: adds hooks */
async function ours({ size }, { plugin, app: more, decorate, route, handler } = {}) {
  const app = await makeFastify(more);
  decorate?.(app);
  const { default: fastifyCache } = await import('@catzilla/fastify-cache');
  await app.register(fastifyCache, { ttl: TTL, ...plugin });
  const object = makeObject(size);
  return withRoute(app, handler ?? once(() => object), route);
}

async function makeFastify(more) {
  const { default: fastify } = await import('fastify');
  return fastify({ logger: false, keepAliveTimeout: KEEP_ALIVE_TIMEOUT, ...more });
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

/** Six hooks and one that only the first request may reach: a hit that comes so far was not answered early. */
function missesOnly(app) {
  let runs = 0;
  return sixHooks(app).addHook('preValidation', (request, reply, done) => {
    done(++runs > 1 ? new Error('a hit was looked up behind onRequest') : undefined);
  });
}

/** A handler behind a cache must run once only: a second run would mean that misses are measured. */
function once(handler) {
  let runs = 0;
  return () => {
    if (++runs > 1) throw new Error('the handler behind the cache ran twice');
    return handler();
  };
}

/** Works without a pause, as rendering or parsing does; by the clock, so what takes the processor away makes it no longer. */
function busy(object) {
  return () => {
    const end = performance.now() + WORK;
    while (performance.now() < end);
    return object;
  };
}

function firstThenNever(object) {
  let runs = 0;
  return () => {
    if (++runs > 2) throw new Error('a second refresh was started beside the first');
    return runs === 1 ? object : new Promise(() => undefined);
  };
}

async function withRoute(app, handler, route) {
  app.get('/data', { ...route }, handler);
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { port: app.server.address().port, close: () => app.close() };
}
