import { expect, test } from 'vitest';
import { allowedMethods } from '../../src/introspect/allowed-methods.ts';
import { fastifyWith, getRoutes, routerOf } from './support.ts';
import type { Spec } from './support.ts';

const handlers = { onBadUrl: () => 'bad', onMaxParamLength: () => 'long' };

test('the methods of a URL come in the usual order, others by name', () => {
  const methods = ['UNLOCK', 'DELETE', 'QUERY', 'LOCK', 'POST', 'HEAD', 'GET', 'PUT', 'PATCH'];
  const router = routerOf(methods.map((method): Spec => [method, '/a/:b']));
  expect(allowedMethods(router, '/a/1?x=1')).toEqual(
    'GET HEAD POST PUT PATCH DELETE QUERY LOCK UNLOCK'.split(' '),
  );
  expect(allowedMethods(router, '/b')).toEqual([]);
});

test.each(['*', '/*'])('a bare %s counts only when asked', (path) => {
  const router = routerOf([
    ['GET', '/a'],
    ['OPTIONS', path],
    ['OPTIONS', '/own'],
    ['OPTIONS', '/files/*'],
  ]);
  expect(allowedMethods(router, '/nothing')).toEqual([]);
  expect(allowedMethods(router, '/a')).toEqual(['GET']);
  expect(allowedMethods(router, '/own')).toEqual(['OPTIONS']);
  expect(allowedMethods(router, '/files/x')).toEqual(['OPTIONS']);
  expect(allowedMethods(router, '/nothing', { ignoreCatchAll: false })).toEqual(['OPTIONS']);
  expect(allowedMethods(router, '/a', { ignoreCatchAll: false })).toEqual(['GET', 'OPTIONS']);
});

test('a parameter that is named * is no catch-all', () => {
  expect(allowedMethods(getRoutes('/:*', '/*'), '/a')).toEqual(['GET']);
});

test.each([
  ['with fallbacks', handlers],
  ['without', {}],
])('a malformed URL and an over-long parameter have no methods, %s', (_, options) => {
  const router = routerOf([['GET', '/a/:b']], options);
  for (const url of ['/a/%zz', '/%', 'http://', `/a/${'x'.repeat(101)}`]) {
    expect(allowedMethods(router, url), url).toEqual([]);
  }
  expect(allowedMethods(router, `/a/${'x'.repeat(100)}`)).toEqual(['GET']);
});

test('constrained routes count for requests with their values', () => {
  const router = routerOf([
    ['GET', '/a', { host: 'a.example' }],
    ['POST', '/a'],
  ]);
  expect(allowedMethods(router, '/a')).toEqual(['POST']);
  expect(allowedMethods(router, '/a', { derived: { host: 'b.example' } })).toEqual(['POST']);
  expect(allowedMethods(router, '/a', { derived: { host: 'a.example' } })).toEqual(['GET', 'POST']);
});

test('a method for which find throws is not allowed, and the others are', () => {
  // Its parameter has no group of its own, so that the fifth value is never written.
  const router = routerOf([
    ['GET', '/:a/:b/:c/:d/:e(?:x)'],
    ['POST', '/1/2/3/4/x'],
  ]);
  expect(() => router.find('GET', '/1/2/3/4/x')).toThrow(TypeError);
  expect(allowedMethods(router, '/1/2/3/4/x')).toEqual(['POST']);
});

test("Fastify's routes are counted with the HEAD it makes for GET", async () => {
  const { app, router } = await fastifyWith((it) => {
    it.get('/a', async () => 'a');
    it.get('/b', { exposeHeadRoute: false }, async () => 'b');
    it.post('/a', async () => 'a');
    it.options('*', async () => 'any');
  });
  expect(allowedMethods(router, '/a')).toEqual(['GET', 'HEAD', 'POST']);
  expect(allowedMethods(router, '/b')).toEqual(['GET']);
  expect(allowedMethods(router, '/c')).toEqual([]);
  expect(allowedMethods(router, '/%zz')).toEqual([]);
  await app.close();
});

test('routes that are added later count', () => {
  const router = routerOf([['GET', '/a']]);
  expect(allowedMethods(router, '/a')).toEqual(['GET']);
  router.on('POST', '/a', {}, () => {}, {});
  router.on('PUT', '/*', {}, () => {}, {});
  expect(allowedMethods(router, '/a')).toEqual(['GET', 'POST']);
});
