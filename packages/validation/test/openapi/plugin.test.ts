import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { loadPeer } from '../../src/openapi/load-peer.ts';
import { openapi } from '../../src/openapi/plugin.ts';
import type { OpenApiOptions } from '../../src/openapi/options.ts';
import { VERSIONS, tracked } from '../problem/apps.ts';
import { INFO, handler } from './documents.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

async function makeApp(options: Partial<OpenApiOptions> = {}, make = Fastify) {
  const app = tracked(make() as FastifyInstance);
  await app.register(openapi, { info: INFO, ...options });
  app.get('/users', handler);
  return app;
}

describe.each(VERSIONS)('Fastify %s', (_version, make) => {
  test('the document is answered at /openapi.json, without itself', async () => {
    const app = await makeApp({ ui: false }, make);
    const answer = await app.inject('/openapi.json');
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.json()).toEqual(JSON.parse(JSON.stringify(app.openapi())));
    expect(Object.keys(answer.json().paths)).toEqual(['/users']);
    expect((await app.inject('/openapi.json')).body).toBe(answer.body);
  });
});

test('path moves the document, and false takes it away', async () => {
  const moved = await makeApp({ ui: false, path: '/api/spec' });
  expect((await moved.inject('/api/spec')).statusCode).toBe(200);
  expect((await moved.inject('/openapi.json')).statusCode).toBe(404);
  const without = await makeApp({ ui: false, path: false });
  expect((await without.inject('/openapi.json')).statusCode).toBe(404);
  expect(without.openapi().openapi).toBe('3.1.0');
});

test('Swagger UI is at /docs, and its routes are not in the document', async () => {
  const app = await makeApp();
  const answer = await app.inject('/docs/');
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toMatch(/html/);
  expect(Object.keys(app.openapi().paths)).toEqual(['/users']);
});

test('Swagger UI is not there in production, unless asked for', async () => {
  vi.stubEnv('NODE_ENV', 'production');
  expect((await (await makeApp()).inject('/docs/')).statusCode).toBe(404);
  expect((await (await makeApp({ ui: true })).inject('/docs/')).statusCode).toBe(200);
});

test('ui.path and ui.config reach Swagger UI', async () => {
  const app = await makeApp({ ui: { path: '/api-docs', config: { docExpansion: 'none' } } });
  expect((await app.inject('/api-docs/')).statusCode).toBe(200);
  const script = await app.inject('/api-docs/static/swagger-initializer.js');
  expect(script.body).toContain('"docExpansion":"none"');
  const other = await makeApp({ ui: { config: {} } });
  expect((await other.inject('/docs/')).statusCode).toBe(200);
});

test('app.openapi() before ready is CATZ_VALIDATION_OPENAPI', async () => {
  const app = await makeApp({ ui: false });
  expect(() => app.openapi()).toThrow(expect.objectContaining({ code: 'CATZ_VALIDATION_OPENAPI' }));
  await app.ready();
  expect(app.openapi().info).toEqual(INFO);
});

test('a scope documents its own routes only', async () => {
  const app = tracked(Fastify());
  app.get('/outside', handler);
  await app.register(
    async (child) => {
      await child.register(openapi, { info: INFO, ui: false });
      child.get('/inside', handler);
    },
    { prefix: '/api' },
  );
  const answer = await app.inject('/api/openapi.json');
  expect(Object.keys(answer.json().paths)).toEqual(['/api/inside']);
});

test.each(['prefix', 'logLevel', 'logSerializers'])(
  '%s of register() is refused with the way to a scope',
  async (name) => {
    await expect(makeApp({ ui: false, [name]: 'x' })).rejects.toMatchObject({
      code: 'CATZ_VALIDATION_OPTIONS',
      message: expect.stringContaining(`expected options.${name} to be given to a scope around`),
    });
    expect((await makeApp({ ui: false, [name]: undefined })).hasDecorator('openapi')).toBe(true);
  },
);

test('a scope has Swagger UI below its prefix, with all that its page needs', async () => {
  const app = tracked(Fastify());
  await app.register(async (scope) => scope.register(openapi, { info: INFO, ui: true }), {
    prefix: '/api',
  });
  const at = 'http://localhost:80/api/docs/';
  const page = await app.inject(at);
  expect(page.statusCode).toBe(200);
  const files = [...page.body.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, to]) => to!);
  expect(files).not.toHaveLength(0);
  for (const to of files) {
    const { pathname } = new URL(to, at);
    expect([pathname, (await app.inject(pathname)).statusCode]).toEqual([pathname, 200]);
  }
});

test('a package that is absent is CATZ_VALIDATION_OPENAPI with the install line', async () => {
  const name: string = '@catzilla/absent';
  const peer = { name, version: '1.2.3', load: () => import(/* @vite-ignore */ name) };
  await expect(loadPeer(peer)).rejects.toMatchObject({
    code: 'CATZ_VALIDATION_OPENAPI',
    message: '@catzilla/absent is not installed: npm install @catzilla/absent@1.2.3',
    cause: expect.objectContaining({ code: 'ERR_MODULE_NOT_FOUND' }),
  });
  expect(await loadPeer(peer, { isOptional: true })).toBeUndefined();
});

test.each([
  ['fails to load', new Error('broken on purpose')],
  [
    'lacks a package itself',
    Object.assign(new Error("Cannot find package 'other' imported from 'x'"), {
      code: 'ERR_MODULE_NOT_FOUND',
    }),
  ],
])('a package that %s is not called absent', async (_name, cause) => {
  const peer = { name: 'broken', version: '1.0.0', load: () => Promise.reject(cause) };
  await expect(loadPeer(peer, { isOptional: true })).rejects.toMatchObject({
    code: 'CATZ_VALIDATION_OPENAPI',
    message: expect.stringMatching(/could not be loaded/),
    cause,
  });
});

const wrong: [string, object, RegExp][] = [
  ['no info', { info: undefined }, /options\.info to be an object with title and version/],
  ['an info without version', { info: { title: 'a' } }, /options\.info/],
  ['a path without slash', { path: 'spec' }, /options\.path to be false or a path/],
  ['a ui that is a number', { ui: 1 }, /options\.ui/],
  ['a ui path without slash', { ui: { path: 'docs' } }, /options\.ui\.path/],
  ['servers that are no list', { servers: {} }, /options\.servers/],
  ['tags that are no objects', { tags: ['a'] }, /options\.tags/],
  ['schemes that are no objects', { securitySchemes: { a: 1 } }, /options\.securitySchemes/],
  ['an unknown option', { pth: '/a' }, /did you mean path/],
];
test.each(wrong)('%s is CATZ_VALIDATION_OPTIONS', async (_name, options, message) => {
  await expect(makeApp(options)).rejects.toMatchObject({
    code: 'CATZ_VALIDATION_OPTIONS',
    message: expect.stringMatching(message),
  });
});
