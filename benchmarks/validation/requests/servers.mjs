// The servers that are compared, all of Fastify, logging off. Those that take an order answer what validation has made of the
// request, so that a text that was not turned is a wrong byte; those with hooks or middleware answer how many have run.
import { GOOD, libraries } from '../schemas.mjs';

const RUNS = 10;
/** Where ten functions stand: in the order in which Fastify comes by. */
const POINTS = [
  ...Array.from({ length: 4 }, () => 'onRequest'),
  ...Array.from({ length: 2 }, () => 'preValidation'),
  ...Array.from({ length: 4 }, () => 'preHandler'),
];

export const REPLY = {
  orders: Array.from({ length: 5 }, (_, at) => ({ ...GOOD, id: 1 + at })),
  total: 5,
};
export const COUNTED = { runs: RUNS };

const texts = {
  type: 'object',
  properties: { sort: { type: 'string', maxLength: 20 }, lang: { type: 'string', maxLength: 5 } },
};
const numbers = {
  type: 'object',
  properties: {
    page: { type: 'integer', minimum: 1 },
    size: { type: 'integer', minimum: 1, maximum: 100 },
    open: { type: 'boolean' },
  },
};

/** By variant: the function that starts it and gives { port }. */
export const servers = {
  /** A JSON body and a query of texts. */
  plain: async () => withOrder(await makeApp(), texts),
  off: async () => withOrder(await withOurs({ coercion: 'off' }), texts),
  strict: async () => withOrder(await withOurs({}), texts),
  'strict-last': async () =>
    withOrder(await withOurs({ limits: { duplicateKeys: 'last', maxDepth: false } }), texts),

  /** A query of numbers, which are turned. */
  'plain-numbers': async () => withQuery(await makeApp(), numbers),
  'strict-numbers': async () => withQuery(await withOurs({}), numbers),

  /** The same of zod: body and query. */
  'zod-provider': async () => withZod(await withProvider()),
  zod: async () => withZod(await withOurs({})),

  /** What is answered: by JSON.stringify, by fast-json-stringify, by a schema that checks it. */
  'reply-none': async () => withReply(await makeApp()),
  'reply-json': async () => withReply(await makeApp(), await replyOf('typebox')),
  'reply-json-ours': async () => withReply(await withOurs({}), await replyOf('typebox')),
  'reply-zod-provider': async () => withReply(await withProvider(), await replyOf('zod')),
  'reply-zod-ours': async () => withReply(await withOurs({}), await replyOf('zod')),

  /** Ten functions before the handler, or after it: as plain hooks and as a chain of middleware. */
  'hooks-sync': () => withHooks((hook) => (request, reply, done) => (hook(request), done())),
  'hooks-async': () => withHooks((hook) => async (request) => hook(request)),
  'hooks-send': () =>
    withHooks((hook) => (request, reply, payload, done) => (hook(request), done(null, payload)), {
      isAfter: true,
    }),
  'chain-sync': () => withChain((hook) => ({ pre: hook })),
  'chain-async': () => withChain((hook) => ({ pre: async (request) => hook(request) })),
  'chain-post': () => withChain((hook) => ({ post: hook }), { isAfter: true }),
};

async function withOrder(app, querystring) {
  const { order } = await libraries.typebox();
  app.post('/orders', { schema: { body: order, querystring } }, ({ body, query }) => ({
    id: body.id,
    city: body.address.city,
    query,
  }));
  return listen(app);
}

async function withQuery(app, querystring) {
  app.get('/orders', { schema: { querystring } }, ({ query }) => query);
  return listen(app);
}

async function withZod(app) {
  const { z } = await import('zod');
  const { order } = await libraries.zod();
  const querystring = z.object({
    page: z.coerce.number().int().min(1),
    size: z.coerce.number().int().min(1).max(100),
    sort: z.string().max(20),
  });
  app.post('/orders', { schema: { body: order, querystring } }, ({ body, query }) => ({
    id: body.id,
    city: body.address.city,
    query,
  }));
  return listen(app);
}

async function replyOf(library) {
  const { order } = await libraries[library]();
  if (library === 'zod') {
    const { z } = await import('zod');
    return z.object({ orders: z.array(order), total: z.number().int() });
  }
  const { Type } = await import('typebox');
  return Type.Object({ orders: Type.Array(order), total: Type.Integer() });
}

async function withReply(app, schema) {
  const options = schema === undefined ? {} : { schema: { response: { 200: schema } } };
  app.get('/orders', options, () => REPLY);
  return listen(app);
}

/** @param wrap makes a hook of Fastify of what is done */
async function withHooks(wrap, { isAfter = false } = {}) {
  const app = counting(await makeApp());
  for (const point of POINTS) app.addHook(isAfter ? 'onSend' : point, wrap(countOne));
  return withCount(app, isAfter);
}

/** @param make the functions of a middleware of what is done */
async function withChain(make, { isAfter = false } = {}) {
  const { defineMiddleware, middleware } = await import('@catzilla/router');
  const app = counting(await makeApp());
  const use = POINTS.map((at, index) =>
    defineMiddleware()({
      name: `step${index}`,
      ...(isAfter ? {} : { at }),
      ...make(countOne),
    }),
  );
  await app.register(middleware, { use });
  return withCount(app, isAfter);
}

function counting(app) {
  return app.decorateRequest('runs', 0);
}

function countOne(request) {
  request.runs++;
}

/** Functions after the handler are counted by a last one, which answers how many have run in a header of the reply. */
function withCount(app, isAfter) {
  if (!isAfter) {
    app.get('/count', ({ runs }) => ({ runs }));
    return listen(app);
  }
  app.addHook('onResponse', (request, reply, done) => {
    if (request.runs !== RUNS) process.exit(1);
    done();
  });
  app.get('/count', () => COUNTED);
  return listen(app);
}

async function withOurs(options) {
  const { default: validation } = await import('@catzilla/validation');
  const app = await makeApp();
  await app.register(validation, { lint: 'off', ...options });
  return app;
}

async function withProvider() {
  const { serializerCompiler, validatorCompiler } = await import('fastify-type-provider-zod');
  const app = await makeApp();
  return app.setValidatorCompiler(validatorCompiler).setSerializerCompiler(serializerCompiler);
}

async function makeApp() {
  const { default: fastify } = await import('fastify');
  return fastify({ logger: false });
}

async function listen(app) {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { port: app.server.address().port };
}
