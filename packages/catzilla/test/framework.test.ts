// All parts together, as an application uses them: services, schemas, middleware, documents, cache.
import { Type } from 'typebox';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import {
  createApp,
  defineConfig,
  defineContainer,
  defineMiddleware,
  group,
  inject,
  problem,
  token,
} from '../src/index.ts';
import type { AppOptions, TieredCache } from '../src/index.ts';

async function open(options: AppOptions = {}) {
  const app = await createApp({ env: false, ...options });
  onTestFinished(() => app.close());
  return app;
}

describe('an application of all parts', () => {
  it('types and checks what comes in, by TypeBox and by zod, without another word', async () => {
    const app = await open();
    const body = Type.Object({ name: Type.String({ minLength: 2 }), age: Type.Integer() });
    app.post('/typebox', { schema: { body } }, async (request) => {
      expectTypeOf(request.body).toEqualTypeOf<{ name: string; age: number }>();
      return { name: request.body.name };
    });
    app.get(
      '/zod/:id',
      { schema: { params: z.object({ id: z.int() }), querystring: z.object({ q: z.string() }) } },
      async (request) => {
        expectTypeOf(request.params.id).toEqualTypeOf<number>();
        return { id: request.params.id, q: request.query.q };
      },
    );
    const good = await app.inject({
      method: 'POST',
      url: '/typebox',
      payload: { name: 'Ada', age: 3 },
    });
    expect(good.json()).toStrictEqual({ name: 'Ada' });
    expect((await app.inject('/zod/7?q=x')).json()).toStrictEqual({ id: 7, q: 'x' });
    const bad = await app.inject({
      method: 'POST',
      url: '/typebox',
      payload: { name: 'c4n4ry', age: 'x' },
    });
    expect(bad.statusCode).toBe(400);
    expect(bad.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(bad.json().errors).toMatchObject([{ in: 'body', pointer: '/age' }]);
    expect(bad.body).not.toContain('c4n4ry');
  });

  it('answers every error as a problem, also where there is no route', async () => {
    const app = await open();
    app.get('/fails', async () => {
      throw new Error('postgres://user:c4n4ry@db');
    });
    app.get('/teapot', async () => {
      throw problem(418, { code: 'TEAPOT' });
    });
    for (const [url, status] of [
      ['/fails', 500],
      ['/teapot', 418],
      ['/nowhere', 404],
      ['/%E0%A4%A', 400],
    ] as const) {
      const reply = await app.inject(url);
      expect(reply.statusCode, url).toBe(status);
      expect(reply.json(), url).toMatchObject({ status });
      expect(reply.headers['content-type'], url).toMatch(/^application\/problem\+json/);
      expect(reply.body, url).not.toContain('c4n4ry');
    }
  });

  it('lets the application have a not-found handler and an error handler of its own', async () => {
    const app = await open();
    app.setNotFoundHandler(async (_request, reply) => reply.code(404).send('my own'));
    app.setErrorHandler(async (_error, _request, reply) => reply.code(500).send('mine too'));
    app.get('/fails', async () => {
      throw new Error('on purpose');
    });
    expect((await app.inject('/nowhere')).body).toBe('my own');
    expect((await app.inject('/fails')).body).toBe('mine too');
  });

  it('gives services to handlers, and the tiers outlive them', async () => {
    const seen: string[] = [];
    const Tiers = token<TieredCache>('tiers');
    const Greeter = token<{ greet(name: string): Promise<string> }>('greeter');
    const held: { tiers?: TieredCache } = {};
    const container = defineContainer({ name: 'framework' })
      .singleton(Tiers, [], () => held.tiers!, { dispose: false })
      .singleton(
        Greeter,
        [Tiers],
        (cache) => ({ greet: async (name) => cache.getOrSet(name, async () => `Hello ${name}`) }),
        {
          dispose: async () => {
            seen.push((await held.tiers!.getOrSet('late', async () => 'still open')) as string);
          },
        },
      );
    const app = await open({ tiers: { name: 'framework-test' }, di: { container } });
    held.tiers = app.tiers;
    app.get<{ Params: { name: string } }>(
      '/hello/:name',
      inject([Greeter], async (request, _reply, greeter) => greeter.greet(request.params.name)),
    );
    expect((await app.inject('/hello/Ada')).body).toBe('Hello Ada');
    const { ok, steps } = await app.lifecycle.stop();
    expect(ok).toBe(true);
    expect(seen).toStrictEqual(['still open']);
    const names = steps.map(({ name }) => name);
    expect(names.indexOf('di')).toBeLessThan(names.indexOf('tiers'));
    expect(names.indexOf('cache')).toBeLessThan(names.indexOf('di'));
  });

  it('runs middleware for all routes and for groups, also before hits of the cache', async () => {
    const seen: string[] = [];
    const note = (name: string) =>
      defineMiddleware()({ name, at: 'onRequest', pre: () => void seen.push(name) });
    const user = defineMiddleware<{ user: string }>()({
      name: 'user',
      provides: ['user'],
      pre: (request) => ({ user: String(request.headers['x-user'] ?? 'nobody') }),
    });
    const app = await open({ middleware: { use: [note('all')] } });
    const admin = group({ prefix: '/admin', middleware: [user] });
    admin.get('/me', async (request) => {
      expectTypeOf(request.ctx.user).toEqualTypeOf<string>();
      return { user: request.ctx.user };
    });
    await app.register(admin.plugin);
    app.get('/', { config: { cache: { ttl: 60_000 } } }, async () => ({ x: 1 }));
    await app.inject('/');
    const hit = await app.inject('/');
    expect(hit.headers['cache-status']).toMatch(/^catzilla; hit/);
    expect(seen).toStrictEqual(['all', 'all']);
    const headers = { 'x-user': 'Ada' };
    expect((await app.inject({ url: '/admin/me', headers })).json()).toStrictEqual({ user: 'Ada' });
  });

  it('documents itself, without the routes of its own', async () => {
    const app = await open({ openapi: { info: { title: 'Shop', version: '2.0.0' } } });
    app.get('/items/:id', { schema: { params: z.object({ id: z.int() }) } }, async () => ({}));
    const document = (await app.inject('/openapi.json')).json();
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Shop', version: '2.0.0' } });
    expect(Object.keys(document.paths)).toStrictEqual(['/items/{id}']);
    const quiet = await open({ openapi: true, mode: 'production' });
    await quiet.ready();
    expect((await quiet.inject('/openapi.json')).json().info.title).toBe('API');
    expect((await quiet.inject('/docs')).statusCode).toBe(404);
    const shown = await open({ openapi: true, mode: 'development' });
    expect((await shown.inject('/docs/')).statusCode).toBe(200);
  });
});

it('defineConfig keeps the type of what it is given', () => {
  const config = defineConfig({
    cache: { ttl: 5 },
    builtins: { cors: { origin: ['https://a.example'] } },
  });
  expect(config.cache.ttl).toBe(5);
  expectTypeOf(config.cache.ttl).toExtend<number>();
  // @ts-expect-error: no such part
  defineConfig({ cahce: {} });
  // @ts-expect-error: no such option
  defineConfig({ monitor: { health: { paths: {} } } });
  // @ts-expect-error: it is an option of the monitor
  defineConfig({ health: {} });
});
