// The servers that are compared: a route of bare Fastify and a hit of the response cache, with nothing that counts, with the metrics
// of the monitor, and with a histogram and a counter of prom-client in an onResponse hook. Logging is off.
const TTL = 3_600_000;

/** What the routes answer. */
export const ANSWER = JSON.stringify({ city: 'Prague', country: 'CZ', text: 'x'.repeat(160) });

/** By variant: the function that starts it and gives { port }. */
export const servers = {
  bare: async () => listen(await fastify()),
  metrics: async () => listen(await withMonitor(await fastify())),
  'metrics-scraped': async () => scraped(await withMonitor(await fastify())),
  'prom-client': async () => listen(await withPromClient(await fastify())),
  cached: async () => listen(await withCache(await fastify())),
  'cached-metrics': async () => listen(await withCache(await withMonitor(await fastify()))),
};

async function fastify() {
  const { default: make } = await import('fastify');
  return make({ logger: false });
}

async function withMonitor(app) {
  const { monitor } = await import('@catzilla/monitor');
  return app.register(monitor, { mode: 'production', health: false, dashboard: false });
}

async function withCache(app) {
  const { default: fastifyCache } = await import('@catzilla/fastify-cache');
  return app.register(fastifyCache, { ttl: TTL });
}

/** As its documentation shows it. */
async function withPromClient(app) {
  const { Counter, Histogram, Registry } = await import('prom-client');
  const registers = [new Registry()];
  const labelNames = ['method', 'route', 'status'];
  const requests = new Counter({ name: 'requests_total', help: 'Requests', labelNames, registers });
  const seconds = new Histogram({ name: 'seconds', help: 'Seconds', labelNames, registers });
  return app.addHook('onResponse', (request, reply, done) => {
    const { method, url } = request.routeOptions;
    const labels = { method, route: url, status: reply.statusCode };
    requests.inc(labels);
    seconds.observe(labels, reply.elapsedTime / 1000);
    done();
  });
}

/** As often as Prometheus asks by default, and more. */
async function scraped(app) {
  const started = await listen(app);
  setInterval(() => void app.monitor.metrics(), 1000).unref();
  return started;
}

async function listen(app) {
  app.get('/cities/:id', (request, reply) => {
    reply.type('application/json; charset=utf-8').send(ANSWER);
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { port: app.server.address().port };
}
