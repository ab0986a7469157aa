// The smoke program: what a user writes first, with plain node:assert, so that every platform runs the same file. It is
// given the modules, however they were loaded, and tells which Node ran it and which files the addons came from.
const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const { once } = require('node:events');
const { readFileSync } = require('node:fs');
const { basename, dirname, join } = require('node:path');
const { Worker } = require('node:worker_threads');

module.exports = async function smoke(modules) {
  const { cacheCore, router, fastifyCache, catzilla, fastify } = modules;
  await engine(cacheCore);
  routes(router);

  const plain = fastify();
  await plain.register(fastifyCache, { ttl: 60_000 });
  await secondIsHit(plain);

  const composed = await catzilla.createApp({ cache: { ttl: 60_000 } });
  await secondIsHit(composed);
  await framework(modules);
  await background(modules);
  await files(modules);
  await channels(modules);
  await watched(modules);

  return `Node ${process.version}, ${process.platform}-${process.arch}, ${addons().join(', ')}`;
};

async function engine({ openCache }) {
  const cache = openCache('smoke', { maxBytes: 8 * 1024 * 1024 });
  const text = (key) => cache.get(key)?.toString('utf8');
  cache.set('city:1', 'Paris', { ttl: 60_000 });
  cache.set('city:ü', Buffer.alloc(100_000, 7));
  assert.equal(text('city:1'), 'Paris');
  assert.equal(text('city:2'), undefined);
  assert.deepEqual([...cache.keys({ prefix: 'city:' })].sort(), ['city:1', 'city:ü']);
  assert.ok(cache.get('city:ü').equals(Buffer.alloc(100_000, 7)));
  assert.ok(cache.ttl('city:1') > 0 && cache.ttl('city:1') <= 60_000);
  assert.equal(cache.delete('city:ü'), true);
  assert.equal(cache.has('city:ü'), false);

  const worker = new Worker(join(__dirname, 'worker.cjs'));
  // Both are listened for from the start: the exit may follow the message at once.
  const [[answer]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
  assert.deepEqual(answer, { backend: 'native', seen: 'Paris', written: 1000 });
  assert.equal(text('city:1'), 'Berlin');
  for (let i = 0; i < 1000; i++) assert.equal(text(`of worker:${i}`), String(i));

  const { backend, entries, misses, sets, deletes } = cache.stats();
  assert.deepEqual([backend, entries, sets, deletes], ['native', 1001, 1003, 1]);
  assert.ok(misses >= 1);
  assert.equal(typeof cache.abi, 'object');
  cache.clear();
  assert.equal(cache.stats().entries, 0);
  cache.close();
}

// A service, a schema and a refusal, each by the package alone.
async function framework({ di, validation, fastify }) {
  const greeter = di.token('greeter');
  const container = di.defineContainer({ name: 'smoke' });
  const app = fastify();
  await app.register(validation.validation);
  await app.register(di.di, {
    container: container.singleton(greeter, [], () => ({ greet: (name) => `hello ${name}` })),
  });
  const querystring = { type: 'object', properties: { n: { type: 'integer' } } };
  app.get(
    '/greet',
    { schema: { querystring } },
    di.inject([greeter], async ({ query }, _reply, { greet }) => greet(query.n + 1)),
  );
  assert.equal((await app.inject('/greet?n=41')).body, 'hello 42');
  const refused = await app.inject('/greet?n=secret');
  assert.equal(refused.statusCode, 400);
  assert.equal(refused.headers['content-type'], 'application/problem+json');
  assert.equal(refused.json().errors[0].pointer, '/n');
  assert.ok(!refused.body.includes('secret'));
  await app.close();
}

// A job enqueued by a request, run after its reply.
async function background({ tasks, fastify }) {
  const schema = {
    '~standard': { version: 1, vendor: 'smoke', validate: (value) => ({ value }) },
  };
  const app = fastify();
  const double = tasks.defineTask({ name: 'double', schema, handler: async ({ n }) => 2 * n });
  await app.register(tasks.tasks, { tasks: [double] });
  let held;
  app.post('/double', async (request) => {
    held = await request.enqueue(double, { n: 21 });
    return 'accepted';
  });
  assert.equal((await app.inject({ method: 'POST', url: '/double' })).body, 'accepted');
  assert.equal(await (await held.handle()).result({ timeout: 20_000 }), 42);
  await app.close();
}

// This file, over HTTP; nothing beside its folder.
async function files({ staticFiles, fastify }) {
  const app = fastify();
  await app.register(staticFiles, { root: __dirname, prefix: '/files' });
  const answer = await app.inject('/files/smoke.cjs');
  assert.equal(answer.body, readFileSync(__filename, 'utf8'));
  const { etag } = answer.headers;
  const again = await app.inject({ url: '/files/smoke.cjs', headers: { 'if-none-match': etag } });
  assert.equal(again.statusCode, 304);
  assert.equal((await app.inject('/files/%00')).statusCode, 403);
  await app.close();
}

// What is published reaches an event stream.
async function channels({ realtime, fastify }) {
  // fetch() may leave a connection behind that it never used: it would hold up the end for a minute.
  const app = fastify({ forceCloseConnections: true });
  await app.register(realtime.realtime);
  app.realtime.channel('prices/:city', { public: true });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const stop = new AbortController();
  const stream = await fetch(`${url}/realtime/events?channel=prices/paris`, {
    signal: stop.signal,
    headers: { accept: 'text/event-stream' },
  });
  const reader = stream.body.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal(typeof (await app.realtime.publish('prices/paris', { cents: 250 })), 'string');
  let text = '';
  while (!text.includes('"cents":250')) text += (await reader.read()).value;
  stop.abort();
  await app.close();
}

// Health, and metrics of a route.
async function watched({ monitor, fastify }) {
  const app = fastify();
  await app.register(monitor.monitor, { mode: 'development' });
  app.get('/cities/:id', async () => 'Paris');
  await app.ready();
  assert.equal((await app.inject('/cities/1')).body, 'Paris');
  assert.equal((await app.inject('/readyz')).statusCode, 200);
  assert.match(await app.monitor.metrics(), /route="\/cities\/:id"/);
  await app.close();
}

function routes({ RouteTable }) {
  const table = new RouteTable({ engine: 'native' });
  table.add('GET', '/cities', 'all').add('GET', '/cities/:id/streets', 'streets');
  const built = table.build();
  const { value, params, query } = built.find('GET', '/cities/42/streets?page=2');
  assert.deepEqual([value, { ...params }, query], ['streets', { id: '42' }, 'page=2']);
  assert.equal(built.find('GET', '/cities?page=2').value, 'all');
  assert.equal(built.find('GET', '/cities/42'), null);
  assert.equal(built.find('POST', '/cities'), null);
  const { backend, methods } = built.stats();
  assert.deepEqual([backend, methods.GET.hits, methods.GET.misses], ['native', 2, 1]);
  // What only find-my-way can decide is asked there.
  assert.deepEqual({ ...built.find('GET', '/cities/%C3%BC/streets').params }, { id: 'ü' });
}

async function secondIsHit(app) {
  let calls = 0;
  app.get('/cities', async () => ({ calls: (calls += 1) }));
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const first = await fetch(`${url}/cities`);
  assert.deepEqual(await first.json(), { calls: 1 });
  const second = await fetch(`${url}/cities`);
  assert.deepEqual(await second.json(), { calls: 1 });
  assert.match(second.headers.get('cache-status') ?? '', /\bhit\b/);
  await app.close();
}

// An addon is in the same table as the modules, whether `import` or `require` led to it. Dependencies may have theirs.
function addons() {
  const isOurs = (file) => file.endsWith('.node') && basename(file).startsWith('@catzilla+');
  const loaded = Object.keys(require.cache).filter(isOurs);
  assert.equal(loaded.length, 2, `expected two addons, got ${loaded.join(', ') || 'none'}`);
  return loaded.sort().map((file) => {
    const hash = createHash('sha256').update(readFileSync(file)).digest('hex');
    return `${basename(dirname(file))}/${basename(file)} sha256:${hash}`;
  });
}
