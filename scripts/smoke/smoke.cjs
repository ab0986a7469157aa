// The smoke program of the consumption test: what a user writes first, with plain node:assert, so that every platform
// runs the same file. It is given the modules, however they were loaded.
const assert = require('node:assert/strict');

module.exports = async function smoke({ cacheCore, fastifyCache, catzilla, fastify }) {
  const cache = cacheCore.openCache('smoke', { maxBytes: 8 * 1024 * 1024 });
  cache.set('city:1', 'Paris', { ttl: 60_000 });
  assert.equal(Buffer.from(cache.get('city:1')).toString('utf8'), 'Paris');
  assert.equal(cache.get('city:2'), undefined);
  assert.equal(cache.stats().backend, 'native');
  cache.close();

  const plain = fastify();
  await plain.register(fastifyCache, { ttl: 60_000 });
  await secondIsHit(plain);

  const composed = await catzilla.createApp({ cache: { ttl: 60_000 } });
  await secondIsHit(composed);
};

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
