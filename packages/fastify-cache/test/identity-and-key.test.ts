// Whose a response is (`identity`) and what stands in the key of a request (`key`): nobody gets what was stored for another,
// and who cannot be told passes the cache by.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import type { FastifyCacheOptions, KeyParts } from '../src/index.ts';
import { gate, get, makeApp, settle, standStill } from './helpers.ts';

standStill();

/** Of the session, as an application would tell it; null: nobody has logged in. */
const userOf = ({ headers }: FastifyRequest): string | null => {
  const cookie = headers.cookie ?? headers.authorization;
  return cookie === undefined ? null : cookie;
};

interface Origin {
  app: FastifyInstance;
  runs: number;
  fields: Record<string, string>;
}

async function makeOrigin(options: FastifyCacheOptions): Promise<Origin> {
  const app = await makeApp({ ttl: 60_000, ...options });
  const origin: Origin = { app, runs: 0, fields: {} };
  app.get('/a', (request, reply) =>
    reply.headers(origin.fields).send(`${userOf(request)} ${++origin.runs}`),
  );
  return origin;
}

describe.each(['auto', 'send'] as const)("identity in mode '%s'", (mode) => {
  const options = { mode, identity: userOf } as const;

  it('gives each user entries of their own, never those of another', async () => {
    const { app } = await makeOrigin(options);
    for (const cookie of ['anna', 'berta']) await get(app, '/a', { cookie });
    for (let round = 0; round < 2; round++) {
      for (const [cookie, body] of [
        ['anna', 'anna 1'],
        ['berta', 'berta 2'],
      ] as const) {
        const hit = await get(app, '/a', { cookie });
        expect(hit).toMatchObject({ body, cache: 'catzilla; hit; ttl=60' });
        expect(JSON.stringify(hit.headers)).not.toContain(':identity');
      }
    }
    expect(app.cache.stats()).toMatchObject({ hits: 4, stored: 2 });
  });

  it.each([
    ['private', { 'cache-control': 'private, max-age=60' }],
    ['private of a field', { 'cache-control': 'private="x-mine", max-age=60', 'x-mine': '1' }],
  ])('stores what is %s, with all of its fields', async (_, fields) => {
    const origin = await makeOrigin(options);
    origin.fields = fields;
    await get(origin.app, '/a', { cookie: 'anna' });
    const hit = await get(origin.app, '/a', { cookie: 'anna' });
    expect(hit).toMatchObject({ body: 'anna 1', headers: fields });
    expect((await get(origin.app, '/a', { cookie: 'berta' })).body).toBe('berta 2');
  });

  it('stores responses to Authorization, and still no Set-Cookie and no no-store', async () => {
    const origin = await makeOrigin(options);
    const authorization = 'Bearer anna';
    await get(origin.app, '/a', { authorization });
    expect((await get(origin.app, '/a', { authorization })).cache).toContain('hit');
    origin.fields = { 'set-cookie': 'sid=1' };
    expect((await get(origin.app, '/a', { cookie: 'x' })).cache).toContain('detail=set-cookie');
    origin.fields = { 'cache-control': 'no-store' };
    expect((await get(origin.app, '/a', { cookie: 'y' })).cache).toContain('detail=no-store');
  });

  it('null passes the cache by', async () => {
    const { app } = await makeOrigin(options);
    for (const body of ['null 1', 'null 2']) {
      expect(await get(app, '/a')).toMatchObject({
        body,
        cache: 'catzilla; fwd=bypass; detail=identity',
      });
    }
    await get(app, '/a', { cookie: 'anna' });
    expect((await get(app, '/a')).body).toBe('null 4');
  });

  it('gives 304 and 206 of the own entry only', async () => {
    const { app } = await makeOrigin(options);
    const { headers } = await get(app, '/a', { cookie: 'anna' });
    const condition = { 'if-none-match': String(headers['etag']) };
    expect((await get(app, '/a', { cookie: 'anna', ...condition })).status).toBe(304);
    expect(await get(app, '/a', { cookie: 'berta', ...condition })).toMatchObject({
      status: 200,
      body: 'berta 2',
    });
    expect((await get(app, '/a', { cookie: 'berta', range: 'bytes=0-4' })).body).toBe('berta');
  });
});

describe('identities', () => {
  it('are kept apart whatever is in them', async () => {
    const { app } = await makeOrigin({
      identity: ({ headers }) => JSON.parse(`"${headers['x-user'] as string}"`) as string,
    });
    const users = ['', 'a', 'a ', 'A', 'a,b', 'a\\nb', 'a|b', '\\u00e4', '\\ud800', '\\udc00', '*'];
    for (const user of users) await get(app, '/a', { 'x-user': user });
    const bodies = new Set<string>();
    for (const user of users) {
      const { body, cache } = await get(app, '/a', { 'x-user': user });
      expect(cache, user).toContain('hit');
      bodies.add(body);
    }
    expect(bodies.size).toBe(users.length);
  });

  it('cannot be given by a field of the request', async () => {
    const { app } = await makeOrigin({ identity: userOf });
    await get(app, '/a', { cookie: 'anna' });
    const forged = { cookie: 'berta', identity: 'anna', 'x-identity': 'anna' };
    expect((await get(app, '/a', forged)).body).toBe('berta 2');
  });

  it('stand beside the fields of Vary', async () => {
    const origin = await makeOrigin({ identity: userOf });
    origin.fields = { vary: 'x-v' };
    for (const v of ['1', '2']) await get(origin.app, '/a', { cookie: 'anna', 'x-v': v });
    expect((await get(origin.app, '/a', { cookie: 'anna', 'x-v': '1' })).body).toBe('anna 1');
    expect((await get(origin.app, '/a', { cookie: 'anna', 'x-v': '2' })).body).toBe('anna 2');
    expect((await get(origin.app, '/a', { cookie: 'berta', 'x-v': '1' })).body).toBe('berta 3');
    expect((await get(origin.app, '/a', { cookie: 'anna', 'x-v': '1' })).headers['vary']).toBe(
      'x-v',
    );
  });

  it('are all purged with their URL', async () => {
    const { app } = await makeOrigin({ identity: userOf });
    for (const cookie of ['anna', 'berta']) await get(app, '/a', { cookie });
    await app.cache.purge('/a');
    expect((await get(app, '/a', { cookie: 'anna' })).body).toBe('anna 3');
    expect((await get(app, '/a', { cookie: 'berta' })).body).toBe('berta 4');
  });

  it('that wait for one fill are never answered by that of another', async () => {
    const { opened, open } = gate();
    const app = await makeApp({ ttl: 60_000, identity: userOf });
    let runs = 0;
    app.get('/a', async (request) => {
      runs++;
      await opened;
      return userOf(request);
    });
    const users = ['anna', 'berta', 'anna', 'clara', 'berta', 'anna'];
    const all = users.map((cookie) => get(app, '/a', { cookie }));
    await settle();
    open();
    expect((await Promise.all(all)).map(({ body }) => body)).toEqual(users);
    expect(runs).toBeLessThanOrEqual(users.length);
  });

  it.each([
    ['undefined', () => undefined as unknown as null, 0],
    ['a number', () => 42 as unknown as string, 0],
    [
      'nothing, for it throws, which is a fault',
      (): string => {
        throw new Error('no session');
      },
      1,
    ],
  ])('that are %s pass the cache by', async (_, identity, faults) => {
    const { app } = await makeOrigin({ identity });
    for (let i = 1; i < 3; i++) {
      expect(await get(app, '/a')).toMatchObject({
        status: 200,
        body: `null ${i}`,
        cache: 'catzilla; fwd=bypass; detail=identity',
      });
      expect(app.cache.stats().faults).toBe(i * faults);
    }
    expect(app.cache.health().lastFault?.operation).toBe(faults === 0 ? undefined : 'identity');
  });

  it('may be switched off for a route', async () => {
    const app = await makeApp({ ttl: 60_000, identity: userOf });
    let runs = 0;
    app.get('/all', { config: { cache: { identity: false } } }, () => `${++runs}`);
    await get(app, '/all');
    expect((await get(app, '/all')).cache).toContain('hit');
  });
});

describe.each(['auto', 'send'] as const)("key in mode '%s'", (mode) => {
  it('stands in the place of path and query; scheme and host stay', async () => {
    const seen: KeyParts[] = [];
    const origin = await makeOrigin({
      mode,
      cacheStatus: 'full',
      key: (_, parts) => {
        seen.push(parts);
        return `one:${new URLSearchParams(parts.query).get('id')}`;
      },
    });
    const { app } = origin;
    await get(app, '/a?id=1&x=1', { host: 'One.example:8080' });
    const hit = await get(app, '/a?x=2&id=1', { host: 'one.example:8080' });
    expect(hit.body).toBe('null 1');
    expect(hit.cache).toBe('catzilla; hit; ttl=60; key="1|http|http|one.example:8080|one:1"');
    expect((await get(app, '/a?id=2', { host: 'one.example:8080' })).body).toBe('null 2');
    expect((await get(app, '/a?id=1', { host: 'two.example' })).body).toBe('null 3');
    expect(seen[0]).toEqual({
      scheme: 'http',
      host: 'one.example:8080',
      path: '/a',
      query: 'id=1&x=1',
    });
  });

  it('null passes the cache by', async () => {
    const { app } = await makeOrigin({ mode, key: () => null });
    for (const body of ['null 1', 'null 2']) {
      const answer = await get(app, '/a');
      expect(answer.body).toBe(body);
      expect(answer.cache).toContain('fwd=bypass');
    }
    expect(app.cache.stats()).toMatchObject({ faults: 0, stored: 0 });
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken key');
      },
    ],
    ['is no string', () => 42 as unknown as string],
    ['is undefined', () => undefined as unknown as string],
    ['has a line feed', () => 'a\nb'],
    ['has a zero character', () => 'a\0b'],
  ])('that %s passes the cache by, and is a fault', async (_, key) => {
    const { app } = await makeOrigin({ mode, key });
    for (const body of ['null 1', 'null 2']) {
      const answer = await get(app, '/a');
      expect(answer).toMatchObject({ status: 200, body });
      expect(answer.cache).toContain('fwd=bypass');
    }
    expect(app.cache.stats()).toMatchObject({ faults: 2, stored: 0 });
    expect(app.cache.health().lastFault?.operation).toBe('key');
  });
});

it('a key keeps two routes apart that give the same', async () => {
  const app = await makeApp({ ttl: 60_000, key: () => 'same' });
  for (const name of ['/one', '/two']) app.get(name, () => name);
  for (let round = 0; round < 2; round++) {
    for (const name of ['/one', '/two']) expect((await get(app, name)).body).toBe(name);
  }
});

it('key and identity go together', async () => {
  const { app } = await makeOrigin({ identity: userOf, key: (_, { path }) => path });
  await get(app, '/a?x=1', { cookie: 'anna' });
  expect((await get(app, '/a?x=2', { cookie: 'anna' })).body).toBe('anna 1');
  expect((await get(app, '/a?x=2', { cookie: 'berta' })).body).toBe('berta 2');
});
