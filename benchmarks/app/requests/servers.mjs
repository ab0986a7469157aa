// The servers that are compared: one application, of two routes with schemas, made by createApp() with all its parts, with all but
// one of them, and on bare Fastify with the same plugins. Logging is off. What a route answers depends on its parameters, its
// query and a service of the request, so that a part that does not do its work is a wrong byte.
const TTL = 3_600_000;

const schema = {
  params: {
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'integer', minimum: 1, maximum: 1_000_000 } },
  },
  querystring: {
    type: 'object',
    properties: {
      page: { type: 'integer', minimum: 1, default: 1 },
      sort: { type: 'string', maxLength: 20, pattern: '^[a-z]+$' },
    },
  },
  response: {
    200: {
      type: 'object',
      properties: {
        id: { type: 'integer' },
        page: { type: 'integer' },
        sort: { type: 'string' },
        currency: { type: 'string' },
        items: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              sku: { type: 'string' },
              name: { type: 'string' },
              amount: { type: 'integer' },
              price: { type: 'number' },
            },
          },
        },
        total: { type: 'number' },
      },
    },
  },
};

/** What the route answers: about 500 bytes. */
export function orderOf({ id, page, sort }) {
  const items = Array.from({ length: 6 }, (_, at) => ({
    sku: `sku-${id}-${at}`,
    name: `Item number ${at}`,
    amount: at + page,
    price: 10 * at + 0.5,
  }));
  return { id, page, sort, currency: 'EUR', items, total: 153 };
}

class Prices {
  currency = 'EUR';
}

class Orders {
  constructor(prices) {
    this.prices = prices;
    this.isOpen = true;
  }
  find({ params, query }) {
    if (!this.isOpen) throw new Error('the service was ended too early');
    const order = orderOf({ id: params.id, page: query.page, sort: query.sort });
    order.currency = this.prices.currency;
    return order;
  }
  end() {
    this.isOpen = false;
  }
}

/** By variant: the function that starts it and gives { port }. */
export const servers = {
  bare: async () => listen(byHand(await bare())),
  createapp: async () => listen(await withServices({})),
  'no-router': async () => listen(await withServices({ router: false })),
  'no-validation': async () => listen(await withServices({ validation: false })),
  'no-middleware': async () => listen(await withServices({ middleware: false })),
  'no-cache': async () => listen(await withServices({ cache: false })),
  'no-health': async () => listen(await withServices({ monitor: { health: false } })),
  'no-di': async () => listen(byHand(await full({}))),

  /** The route is cached. */
  'plugin-cached': async () => {
    const { default: fastifyCache } = await import('@catzilla/fastify-cache');
    const app = await bare({ cookie: false });
    await app.register(fastifyCache, { ttl: TTL });
    return listen(byHand(app, { isOnce: true }));
  },
  'createapp-cached': async () =>
    listen(await withServices({ cache: { ttl: TTL }, cookie: false }, { isOnce: true })),
  'createapp-cached-no-di': async () =>
    listen(byHand(await full({ cache: { ttl: TTL }, cookie: false }), { isOnce: true })),
  'createapp-cached-cookie': async () =>
    listen(await withServices({ cache: { ttl: TTL } }, { isOnce: true })),
};

async function bare({ cookie = true } = {}) {
  const { default: fastify } = await import('fastify');
  const app = fastify({ logger: false });
  await app.register((await import('@fastify/helmet')).default);
  if (cookie) await app.register((await import('@fastify/cookie')).default);
  return app;
}

async function full({ cookie = true, ...parts }) {
  const { createApp } = await import('catzilla');
  return createApp({
    mode: 'production',
    env: false,
    server: { logger: false },
    builtins: { helmet: true, cookie },
    ...parts,
  });
}

async function withServices(parts, { isOnce = false } = {}) {
  const { defineContainer, inject, token } = await import('catzilla');
  const prices = token('prices');
  const orders = token('orders');
  const container = defineContainer()
    .singleton(prices, [], () => new Prices())
    .scoped(orders, [prices], (one) => new Orders(one), { dispose: (one) => one.end() });
  const app = await full({ ...parts, di: { container } });
  const find = (request, reply, service) => service.find(request);
  return app.get('/orders/:id', { schema }, inject([orders], isOnce ? once(find) : find));
}

/** The service without a container: made in the handler, ended after the response. */
function byHand(app, { isOnce = false } = {}) {
  const prices = new Prices();
  app.decorateRequest('orders', null);
  app.addHook('onResponse', (request, reply, done) => {
    request.orders?.end();
    done();
  });
  const find = (request) => {
    request.orders = new Orders(prices);
    return request.orders.find(request);
  };
  return app.get('/orders/:id', { schema }, isOnce ? once(find) : find);
}

/** Each order is asked for once: after that it has to come from the cache. */
function once(handler) {
  const seen = new Set();
  return (request, ...rest) => {
    if (seen.has(request.url)) throw new Error(`the handler ran twice for ${request.url}`);
    seen.add(request.url);
    return handler(request, ...rest);
  };
}

async function listen(app) {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { port: app.server.address().port };
}
