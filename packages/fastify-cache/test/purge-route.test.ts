// The purge route and the method PURGE: who may, what is understood, and that neither gets in anybody's way.
import { Writable } from 'node:stream';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyRequest, InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { fastifyCache } from '../src/index.ts';
import type { FastifyCacheOptions } from '../src/index.ts';
import { atEnd, get, makeApp, makeCache } from './helpers.ts';

const PATH = '/_purge';
const KEY = '1|http|http|localhost|/items/1';

type Authorize = (request: FastifyRequest) => boolean | Promise<boolean>;

async function guarded(
  authorize: Authorize = () => true,
  options: FastifyCacheOptions = {},
  setup: Parameters<typeof makeApp>[1] = {},
): Promise<FastifyInstance> {
  const app = await makeApp(
    { ttl: 60_000, purgeRoute: { path: PATH, authorize, purgeMethod: true }, ...options },
    setup,
  );
  let runs = 0;
  app.get('/items/:id', { config: { cache: { tags: ['t'] } } }, () => `${++runs}`);
  app.get('/list', () => `${++runs}`);
  app.get('/off', { config: { cache: false } }, () => `${++runs}`);
  return app;
}

async function post(
  app: FastifyInstance,
  body: unknown,
): Promise<{ status: number; body: unknown }> {
  const payload = body as NonNullable<InjectOptions['payload']>;
  const answer = await app.inject({ method: 'POST', url: PATH, payload });
  return { status: answer.statusCode, body: answer.json() };
}

async function purge(
  app: FastifyInstance,
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: unknown }> {
  const answer = await app.inject({ method: 'PURGE' as 'POST', url, headers });
  return { status: answer.statusCode, body: answer.json() };
}

describe('the purge route', () => {
  for (const [body, gone] of [
    [{ urls: ['/items/1'] }, ['/items/1']],
    [{ urls: ['http://localhost/items/1', '/list'] }, ['/items/1', '/list']],
    [{ tags: ['t'] }, ['/items/1', '/items/2']],
    [{ paths: ['/items/*'] }, ['/items/1', '/items/2']],
    [{ tags: ['t'], urls: ['/list'] }, ['/items/1', '/items/2', '/list']],
    [{ all: true }, ['/items/1', '/items/2', '/list']],
    [{ all: false, urls: ['/list'] }, ['/list']],
  ] as const) {
    it(`purges by ${JSON.stringify(body)}`, async () => {
      const app = await guarded();
      const urls = ['/items/1', '/items/2', '/list'];
      for (const url of urls) await get(app, url);
      expect(await post(app, body)).toMatchObject({ status: 200, body: { ok: true } });
      const seen = await Promise.all(urls.map((url) => get(app, url)));
      expect(urls.filter((_, i) => !seen[i]!.cache.includes('hit'))).toEqual(gone);
    });
  }

  it('answers how many responses memory had, and is not stored anywhere', async () => {
    const app = await guarded(() => true, { methods: ['GET', 'HEAD'] });
    for (const host of ['one', 'two']) await get(app, '/items/1', { host });
    const payload = { urls: ['/items/1'], paths: ['/list'] };
    const answer = await app.inject({ method: 'POST', url: PATH, payload });
    expect(answer.json()).toEqual({ purged: 2, ok: true });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['cache-status']).toBeUndefined();
  });

  it('purges softly, and stays soft', async () => {
    const app = await makeApp({
      purgeRoute: { path: PATH, authorize: () => true, purgeMethod: false },
    });
    app.get('/items/:id', (_, reply) =>
      reply.header('cache-control', 'max-age=60, stale-while-revalidate=60').send('x'),
    );
    await get(app, '/items/1');
    expect(await post(app, { urls: ['/items/1'], soft: true })).toEqual({
      status: 200,
      body: { purged: 1, ok: true },
    });
    expect(app.cache.tiers.getEntrySync(KEY)?.stale).toBe(true);
  });

  for (const [name, authorize] of [
    ['false', () => false],
    ['a promise of false', async () => false],
    ['something truthy that is not true', () => 1],
    ['nothing', () => undefined],
    [
      'an error',
      () => {
        throw new Error('secret detail');
      },
    ],
    ['a rejection', () => Promise.reject(new Error('secret detail'))],
  ] as [string, Authorize][]) {
    it(`is forbidden where authorize gives ${name}`, async () => {
      const app = await guarded(authorize);
      await get(app, '/items/1');
      for (const answer of [
        await post(app, { all: true }),
        await post(app, { nonsense: 1 }),
        await purge(app, '/items/1'),
      ]) {
        expect(answer).toEqual({
          status: 403,
          body: { statusCode: 403, error: 'Forbidden', message: 'not allowed to purge' },
        });
      }
      expect((await get(app, '/items/1')).cache).toContain('hit');
    });
  }

  it('logs what authorize threw', async () => {
    const lines: string[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString());
        done();
      },
    });
    const app = await guarded(
      () => Promise.reject(new Error('no directory')),
      {},
      {
        fastify: { logger: { level: 'warn', stream } },
      },
    );
    await post(app, { all: true });
    expect(lines.join('')).toContain('no directory');
  });

  it('gives the request to authorize, after the hooks of its scope', async () => {
    const app = await guarded((request) => request.headers.authorization === 'Bearer x');
    app.addHook('onRequest', async (request) => {
      if (request.headers['x-late'] !== undefined) throw new Error('a guard');
    });
    const ask = async (headers: Record<string, string>): Promise<number> => {
      const payload = { all: true };
      const answer = await app.inject({ method: 'POST', url: PATH, payload, headers });
      return answer.statusCode;
    };
    expect(await ask({})).toBe(403);
    expect(await ask({ authorization: 'Bearer x' })).toBe(200);
    expect(await ask({ authorization: 'Bearer x', 'x-late': '1' })).toBe(500);
  });

  for (const [body, sentence] of [
    [undefined, 'expected body to be an object with urls, tags, paths or all, got undefined'],
    [[], 'expected body to be an object, got an array of 0'],
    [{}, 'expected body to name urls, tags, paths or all, got none of them'],
    [{ all: false, urls: [] }, 'expected body to name urls, tags, paths or all, got none of them'],
    [{ url: ['/a'] }, 'unknown option body.url, did you mean urls?'],
    [{ urls: '/a' }, 'expected body.urls to be an array, got "/a"'],
    [
      { urls: ['/list', 'a'] },
      'expected a path beginning with "/" or an absolute http(s) URL, got "a"',
    ],
    [{ urls: [7] }, 'expected body.urls[0] to be a non-empty string, got 7'],
    [{ tags: ['x'.repeat(300)] }, 'expected each tag to be a well-formed string of 1 to 256 bytes'],
    [{ urls: ['/list'], paths: ['list'] }, 'expected pattern to be a path pattern'],
    [{ urls: ['/list'], soft: 'yes' }, 'expected body.soft to be true or false, got "yes"'],
    [{ all: 1 }, 'expected body.all to be true or false, got 1'],
  ] as const) {
    it(`refuses ${JSON.stringify(body)?.slice(0, 60)} as a whole`, async () => {
      const app = await guarded();
      await get(app, '/list');
      const answer = await post(app, body);
      expect(answer).toMatchObject({ status: 400, body: { error: 'Bad Request' } });
      expect((answer.body as { message: string }).message).toContain(sentence);
      expect((answer.body as { code: string }).code).toMatch(/^CATZ_FASTIFY_CACHE_/);
      expect((await get(app, '/list')).cache).toContain('hit');
    });
  }

  it('takes 64 KiB and no more', async () => {
    const app = await guarded();
    const body = (size: number): string => {
      const start = '{"urls":["/list"],"soft":false';
      return `${start}${' '.repeat(size - start.length - 1)}}`;
    };
    for (const [size, status] of [
      [65_536, 200],
      [65_537, 413],
    ] as const) {
      const answer = await app.inject({
        method: 'POST',
        url: PATH,
        headers: { 'content-type': 'application/json' },
        payload: body(size),
      });
      expect(answer.statusCode).toBe(status);
    }
  });

  it('is not there without the option, nor for other methods', async () => {
    const plain = await makeApp({ ttl: 60_000 });
    expect((await plain.inject({ method: 'POST', url: PATH })).statusCode).toBe(404);
    const app = await guarded();
    expect((await app.inject({ method: 'GET', url: PATH })).statusCode).toBe(404);
  });
});

describe('the method PURGE', () => {
  it('purges the URL on its own host, in all variants', async () => {
    const app = await guarded(() => true, { vary: { add: ['x-v'] } });
    for (const host of ['one', 'two']) {
      for (const v of ['1', '2']) await get(app, '/items/1?a=1', { host, 'x-v': v });
    }
    expect(await purge(app, '/items/1?a=1', { host: 'one' })).toEqual({
      status: 200,
      body: { purged: 2, ok: true },
    });
    expect((await get(app, '/items/1?a=1', { host: 'one', 'x-v': '1' })).cache).not.toContain(
      'hit',
    );
    expect((await get(app, '/items/1?a=1', { host: 'two', 'x-v': '1' })).cache).toContain('hit');
    // It names the URL itself: nothing is invalidated besides.
    expect(app.cache.stats()).toMatchObject({ purges: 1, purged: 2, invalidations: 0 });
  });

  it('is 404 where no cached route is, and for routes before the plugin', async () => {
    const app = await guarded(
      () => true,
      {},
      { before: (early) => early.get('/early', () => 'x') },
    );
    for (const url of ['/none', '/off', '/early', PATH]) {
      expect((await purge(app, url)).status, url).toBe(404);
    }
  });

  it('is 404 without purgeMethod', async () => {
    const app = await guarded(() => true, {
      purgeRoute: { path: PATH, authorize: () => true },
    });
    await get(app, '/items/1');
    expect((await app.inject({ method: 'PURGE' as 'POST', url: '/items/1' })).statusCode).toBe(404);
    expect(app.supportedMethods).not.toContain('PURGE');
  });

  it('goes by constraints, and by prefixes in all forms of their root', async () => {
    const app = await guarded();
    const plain = { schema: {} };
    await app.register(
      async (child) => {
        child.get('/', () => 'root');
        child.get('/x', { constraints: { host: 'one' } }, () => 'one');
        child.get('/x', { constraints: { host: 'two' } }, () => 'two');
        child.get('/slash/', plain, () => 'x');
      },
      { prefix: '/p' },
    );
    await app.register(
      async (child) => {
        child.get('/', { prefixTrailingSlash: 'slash' }, () => 'x');
      },
      { prefix: '/s' },
    );
    for (const [url, host, status] of [
      ['/p', 'a', 200],
      ['/p/', 'a', 200],
      ['/p/x', 'one', 200],
      ['/p/x', 'two', 200],
      ['/p/x', 'three', 404],
      ['/p/slash/', 'a', 200],
      ['/s/', 'a', 200],
      ['/s', 'a', 404],
    ] as const) {
      await get(app, url, { host });
      const answer = await purge(app, url, { host });
      expect(answer.status, `${host} ${url}`).toBe(status);
      if (status === 200) expect(answer.body).toEqual({ purged: 1, ok: true });
    }
  });

  it('leaves wildcard routes and PURGE routes of the application alone', async () => {
    const app = await guarded();
    app.get('*', () => 'wild');
    app.route({ method: ['GET', 'PURGE' as 'POST'], url: '/own', handler: () => ({ own: true }) });
    app.route({ method: 'PURGE' as 'POST', url: '/first', handler: () => ({ own: true }) });
    app.get('/first', () => 'x');
    expect((await get(app, '/some/where')).body).toBe('wild');
    expect(await purge(app, '/some/where')).toEqual({ status: 200, body: { purged: 1, ok: true } });
    for (const url of ['/own', '/first']) {
      expect(await purge(app, url)).toEqual({ status: 200, body: { own: true } });
    }
  });

  it('is ours on a route of app.all', async () => {
    const app = await guarded();
    app.all('/all', () => ({ all: true }));
    await get(app, '/all');
    expect(await purge(app, '/all')).toEqual({ status: 200, body: { purged: 1, ok: true } });
    expect((await app.inject({ method: 'DELETE', url: '/all' })).json()).toEqual({ all: true });
  });

  it('is known already where the application has added it', async () => {
    const warnings: string[] = [];
    const listen = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', listen);
    atEnd(() => process.off('warning', listen));
    const app = await guarded(() => true, {}, { before: (early) => early.addHttpMethod('PURGE') });
    await get(app, '/items/1');
    expect((await purge(app, '/items/1')).status).toBe(200);
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  });

  it('stands with its path below the prefix of a scope, as POST does', async () => {
    const app = Fastify();
    atEnd(() => app.close());
    await app.register(
      async (scope) => {
        const purgeRoute = { path: PATH, authorize: () => true, purgeMethod: true };
        await scope.register(fastifyCache, { ttl: 60_000, cache: makeCache(), purgeRoute });
        scope.get('/a', () => 'x');
      },
      { prefix: '/in/' },
    );
    const done = { status: 200, body: { purged: 1, ok: true } };
    await get(app, '/in/a');
    expect(await purge(app, '/in/a')).toEqual(done);
    await get(app, '/in/a');
    const posted = await app.inject({
      method: 'POST',
      url: `/in${PATH}`,
      payload: { urls: ['/in/a'] },
    });
    expect(posted.json()).toEqual(done.body);
    expect((await app.inject({ method: 'POST', url: PATH })).statusCode).toBe(404);
  });

  it('goes to the cache and the guard of the innermost registration', async () => {
    const app = Fastify();
    atEnd(() => app.close());
    const asked: string[] = [];
    const route = (name: string): FastifyCacheOptions => ({
      ttl: 60_000,
      cache: makeCache(),
      purgeRoute: {
        path: PATH,
        authorize: () => asked.push(name) > 0,
        purgeMethod: true,
      },
    });
    await app.register(fastifyCache, route('outer'));
    app.get('/out', () => 'x');
    await app.register(
      async (child) => {
        await child.register(fastifyCache, route('inner'));
        child.get('/a', () => 'x');
      },
      { prefix: '/in' },
    );
    for (const url of ['/out', '/in/a']) {
      await get(app, url);
      expect(await purge(app, url)).toEqual({ status: 200, body: { purged: 1, ok: true } });
    }
    expect(asked).toEqual(['outer', 'inner']);
  });
});
