// An open purge endpoint lets anybody empty the cache, and so put the load of all clients on the handlers. None can be
// registered without a guard, what the guard says counts only as exactly true, and nothing else that a client can send
// removes what it may not change: no foreign origin, no refused request, no safe method.
import { describe, expect, it } from 'vitest';
import type { FastifyInstance } from 'fastify';
import { get, makeApp } from '../helpers.ts';

async function stored(
  purgeRoute: unknown,
  prepare: (app: FastifyInstance) => unknown = () => {},
): Promise<FastifyInstance> {
  const app = await makeApp({
    ttl: 60_000,
    ...(purgeRoute === undefined ? {} : { purgeRoute }),
  } as object);
  app.get('/a', () => 'x');
  app.get('/b', () => 'x');
  await prepare(app);
  await get(app, '/a');
  await get(app, '/b');
  return app;
}

const isStored = async (app: FastifyInstance, url: string, host?: string): Promise<boolean> =>
  (await get(app, url, host === undefined ? {} : { host })).cache.includes('hit');

async function purge(app: FastifyInstance, body: object): Promise<number> {
  const answer = await app.inject({ method: 'POST', url: '/_purge', payload: body });
  return answer.statusCode;
}

describe('a purge route', () => {
  for (const authorize of [undefined, null, true, 'secret']) {
    it(`cannot be registered with authorize ${String(authorize)}`, async () => {
      const options = { purgeRoute: { path: '/_purge', authorize } } as object;
      await expect(makeApp(options)).rejects.toMatchObject({
        code: expect.stringMatching(/^CATZ_FASTIFY_CACHE_(?:PURGE_UNGUARDED|OPTION)$/),
      });
    });
  }

  const REFUSALS: Record<string, () => unknown> = {
    false: () => false,
    undefined: () => undefined,
    'a promise of false': async () => false,
    'something truthy': () => 'yes',
    'a promise of something truthy': async () => 1,
    'an error': () => {
      throw new Error('broken');
    },
    'a rejection': async () => {
      throw new Error('broken');
    },
  };

  for (const [name, authorize] of Object.entries(REFUSALS)) {
    it(`purges nothing where authorize gives ${name}, not even itself`, async () => {
      const app = await stored({ path: '/_purge', authorize, purgeMethod: true });
      for (const body of [
        { urls: ['/a'] },
        { all: true },
        { paths: ['/**'] },
        {},
        { nonsense: 1 },
      ]) {
        expect(await purge(app, body)).toBe(403);
      }
      const method = await app.inject({ method: 'PURGE' as 'POST', url: '/a' });
      expect(method.statusCode).toBe(403);
      expect(await isStored(app, '/a')).toBe(true);
      expect(await isStored(app, '/b')).toBe(true);
    });
  }

  it('is guarded by the hooks of its scope too', async () => {
    let asked = 0;
    const authorize = (): boolean => ++asked > 0;
    const app = await stored({ path: '/_purge', authorize }, (instance) =>
      instance.addHook('onRequest', async (request) => {
        if (request.method === 'POST') throw Object.assign(new Error('no'), { statusCode: 401 });
      }),
    );
    expect(await purge(app, { all: true })).toBe(401);
    expect(asked).toBe(0);
    expect(await isStored(app, '/a')).toBe(true);
  });

  it('is not there where it was not asked for', async () => {
    const app = await stored(undefined);
    for (const method of ['POST', 'PURGE'] as const) {
      const answer = await app.inject({ method: method as 'POST', url: '/a' });
      expect(answer.statusCode).toBe(404);
    }
    expect(await isStored(app, '/a')).toBe(true);
  });
});

describe('a client without a purge route removes', () => {
  it('nothing by safe methods, or by methods that no route takes', async () => {
    const app = await stored(undefined);
    for (const method of ['HEAD', 'OPTIONS', 'TRACE', 'DELETE', 'PUT']) {
      await app.inject({ method: method as 'PUT', url: '/a' });
    }
    expect(await isStored(app, '/a')).toBe(true);
  });

  it('nothing of another origin, whatever Location it gets written', async () => {
    const app = await stored(undefined, (instance) => {
      instance.post('/redirect', (request, reply) =>
        reply
          .header('location', String(request.headers['x-location']))
          .header('content-location', String(request.headers['x-location']))
          .code(201)
          .send(),
      );
    });
    const evil = { host: 'evil.example' };
    for (const location of ['http://localhost:80/a', '//localhost/a', 'https://localhost/a']) {
      await get(app, '/redirect', { ...evil, 'x-location': location }, 'POST');
    }
    expect(await isStored(app, '/a')).toBe(true);
    await get(app, '/redirect', { 'x-location': '/a' }, 'POST');
    expect(await isStored(app, '/a')).toBe(false);
  });

  it('nothing by asking for what is not cached any more', async () => {
    const app = await stored(undefined);
    for (const value of ['no-cache', 'no-store', 'max-age=0']) {
      expect(
        (await get(app, '/a', { 'cache-control': value, pragma: 'no-cache' })).cache,
      ).toContain('hit');
    }
  });
});
