// Two instances around one Redis answer from what either has computed, and hear of each other's purges.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import type { FastifyCacheOptions, TieredCacheOptions } from '../src/index.ts';
import { gate, get, listen, RawClient, until } from './helpers.ts';
import { makeInstance, newName, useRedis } from './support/instances.ts';

const redis = useRedis();

/** Two instances. */
async function two(
  options: FastifyCacheOptions = {},
  cache: TieredCacheOptions = {},
): Promise<[FastifyInstance, FastifyInstance]> {
  const name = newName();
  const one = await makeInstance(redis.url, name, options, cache);
  return [one, await makeInstance(redis.url, name, options, cache)];
}

/** Waits until an instance has an answer of its own again: it has heard of a purge. */
async function misses(app: FastifyInstance, url: string): Promise<void> {
  const before = app.cache.stats().misses;
  await until(async () => {
    await get(app, url);
    return app.cache.stats().misses > before;
  });
}

/** Waits until what an instance has stored is at Redis. */
async function isStored(app: FastifyInstance, url: string): Promise<void> {
  const key = `1|http|http|localhost|${url}`;
  await until(async () => (await app.cache.tiers.inspect(key)).remote !== undefined);
}

/** Asks until an answer comes from memory: the news of a store may overtake the copy on its way up, which is then not kept. */
async function comesFromMemory(app: FastifyInstance, ask: () => Promise<void>): Promise<void> {
  await until(async () => {
    const { below, hits } = app.cache.stats();
    await ask();
    expect(app.cache.stats().hits).toBe(hits + 1);
    return app.cache.stats().below === below;
  });
}

/** Gives each instance a counting handler. */
function count(apps: readonly FastifyInstance[], url: string): { runs: string[] } {
  const seen = { runs: [] as string[] };
  apps.forEach((app, i) => {
    app.get(url, () => {
      const run = `${i}.${seen.runs.length}`;
      seen.runs.push(run);
      return run;
    });
  });
  return seen;
}

describe('an entry', () => {
  it('stored by one is a hit at the other, first from Redis, then from memory', async () => {
    const [one, other] = await two();
    count([one, other], '/a');
    await get(one, '/a');
    await isStored(one, '/a');
    expect(await get(other, '/a')).toMatchObject({
      body: '0.0',
      cache: expect.stringContaining('catzilla; hit; ttl='),
    });
    expect(other.cache.stats()).toMatchObject({ hits: 1, below: 1, misses: 0 });
    await comesFromMemory(other, async () => {
      expect((await get(other, '/a')).body).toBe('0.0');
    });
    expect(other.cache.stats().misses).toBe(0);
    expect(other.cache.health()).toMatchObject({
      ok: true,
      tiers: { memory: 'ok', remote: 'ready', disk: 'off' },
    });
  });

  it('is asked for once, however many requests come for it', async () => {
    const [one, other] = await two();
    const seen = count([one, other], '/a');
    await get(one, '/a');
    await isStored(one, '/a');
    const answers = await Promise.all(Array.from({ length: 300 }, () => get(other, '/a')));
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['0.0']));
    expect(seen.runs).toEqual(['0.0']);
    expect(other.cache.tiers.stats().remote.hits).toBe(1);
  });

  it('is read once without collapsing, too', async () => {
    const [one, other] = await two({ collapse: false });
    const seen = count([one, other], '/a');
    await get(one, '/a');
    await isStored(one, '/a');
    await Promise.all(Array.from({ length: 100 }, () => get(other, '/a')));
    expect(seen.runs).toEqual(['0.0']);
    expect(other.cache.tiers.stats().remote.hits).toBe(1);
  });

  it('answers HEAD, conditions and only-if-cached from Redis', async () => {
    const [one, other] = await two();
    count([one, other], '/a');
    count([one, other], '/b');
    count([one, other], '/c');
    count([other], '/d');
    const { headers } = await get(one, '/a');
    await get(one, '/b');
    await get(one, '/c');
    for (const url of ['/a', '/b', '/c']) await isStored(one, url);
    expect((await get(other, '/a', { 'if-none-match': String(headers.etag) })).status).toBe(304);
    expect(await get(other, '/b', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
    const only = { 'cache-control': 'only-if-cached' };
    expect(await get(other, '/c', only)).toMatchObject({ status: 200, body: '0.0' });
    expect((await get(other, '/nothing', only)).status).toBe(404);
    expect((await get(other, '/d', only)).status).toBe(504);
    expect(other.cache.stats()).toMatchObject({ below: 3, misses: 0 });
  });

  it('of a large body comes from Redis whole, and from leased memory after', async () => {
    const [one, other] = await two({ maxBodyBytes: 2 ** 20 });
    const body = Buffer.alloc(600_000, 'large ');
    for (const app of [one, other]) app.get('/large', (_, reply) => reply.send(body));
    const port = await listen(other);
    const host = `127.0.0.1:${port}`;
    await get(one, '/large', { host });
    await until(() => one.cache.tiers.stats().remote.sets > 0);
    const client = new RawClient(port);
    const ask = async (): Promise<void> => {
      client.send(`GET /large HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      const answer = await client.response();
      expect(answer.head).toContain('catzilla; hit');
      expect(answer.body.equals(body)).toBe(true);
    };
    await ask();
    expect(other.cache.stats()).toMatchObject({ below: 1, misses: 0 });
    await comesFromMemory(other, ask);
    const { below } = other.cache.stats();
    for (let i = 0; i < 6; i++) await ask();
    expect(other.cache.stats()).toMatchObject({ below, misses: 0 });
    await until(() => other.cache.tiers.memory?.stats().leases.open === 0);
  });

  it('from Redis is answered in the context of its own request', async () => {
    const [one, other] = await two();
    const storage = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    count([one], '/a');
    await other.register(async (scope) => {
      scope.addHook('onRequest', (request, _reply, done) => storage.run(request.id, done));
      scope.addHook('onResponse', async (request) => {
        seen.push(storage.getStore() === request.id ? 'own' : 'foreign');
      });
      scope.get('/a', () => 'other');
    });
    await get(one, '/a');
    await isStored(one, '/a');
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(other, '/a')));
    expect(answers.every(({ body }) => body === '0.0')).toBe(true);
    expect(seen).toEqual(Array.from({ length: 20 }, () => 'own'));
  });
});

describe('a purge at one', () => {
  it('of a URL reaches Redis and the memory of the other', async () => {
    const [one, other] = await two();
    count([one, other], '/a');
    await get(one, '/a');
    await isStored(one, '/a');
    expect((await get(other, '/a')).body).toBe('0.0');
    expect(await one.cache.purge('/a')).toEqual({ purged: 1, ok: true });
    await misses(other, '/a');
    expect((await get(other, '/a')).body).toBe('1.1');
  });

  it('finds what only Redis has', async () => {
    const [one, other] = await two();
    count([one, other], '/a');
    count([one, other], '/b/*');
    const long = `/b/${'x'.repeat(2000)}`;
    for (const url of ['/a', '/b/1', long]) await get(one, url);
    await isStored(one, '/b/1');
    await until(() => one.cache.tiers.stats().remote.sets >= 3);
    expect(await other.cache.purgePath('/b/**')).toEqual({ purged: 1, ok: true });
    await misses(one, '/b/1');
    await misses(one, long);
    expect(await other.cache.purge('/a')).toEqual({ purged: 0, ok: true });
    await misses(one, '/a');
  });

  it('by an unsafe method reaches the other', async () => {
    const [one, other] = await two();
    count([one, other], '/a');
    count([other], '/mark');
    one.post('/a', () => 'changed');
    await get(one, '/a');
    await isStored(one, '/a');
    await get(other, '/a');
    await get(other, '/mark');
    await get(one, '/a', {}, 'POST');
    expect((await get(one, '/a')).body).toBe('0.1');
    await isStored(one, '/a');
    await one.cache.purge('/mark');
    await misses(other, '/mark');
    expect((await get(other, '/a')).body).toBe('0.1');
  });

  it.each([
    ['a URL', (app: FastifyInstance) => app.cache.purge('/a'), {}],
    ['a pattern', (app: FastifyInstance) => app.cache.purgePath('/*'), {}],
    ['a tag', (app: FastifyInstance) => app.cache.purgeTags('group'), { tags: ['group'] }],
    [
      'a URL that varies',
      (app: FastifyInstance) => app.cache.purge('/a'),
      { vary: { add: ['x-v'] } },
    ],
    [
      'a tag of what varies',
      (app: FastifyInstance) => app.cache.purgeTags(['group']),
      { tags: ['group'], vary: { add: ['x-v'] } },
    ],
  ])('by %s is not undone by a fill under way at the other', async (_, purge, options) => {
    const [one, other] = await two(options);
    const held = gate();
    let runs = 0;
    other.get('/a', async () => {
      if (++runs === 1) await held.opened;
      return `${runs}`;
    });
    count([one, other], '/mark');
    await get(other, '/mark');
    const first = get(other, '/a');
    await until(() => runs === 1);
    expect(await purge(one)).toMatchObject({ ok: true });
    // Messages come in order: who has heard of this one has heard of those before.
    await one.cache.purge('/mark');
    await misses(other, '/mark');
    held.open();
    await first;
    expect((await get(other, '/a')).body).toBe('2');
    expect(other.cache.stats().reasons).toEqual({ 'purged-meanwhile': 1 });
  });
});

describe('tags', () => {
  it('of plugin, route and handler purge their responses in both, and no others', async () => {
    const [one, other] = await two({ tags: ['site'] });
    let runs = 0;
    for (const app of [one, other]) {
      app.get('/p/:id', { config: { cache: { tags: ['products'] } } }, (request, reply) => {
        reply.cache.tags(`product:${(request.params as { id: string }).id}`);
        return `${++runs}`;
      });
      app.get('/x', () => `${++runs}`);
    }
    for (const url of ['/p/1', '/p/2', '/x']) {
      await get(one, url);
      await isStored(one, url);
      await get(other, url);
    }
    expect(await one.cache.purgeTags('product:1')).toEqual({ ok: true });
    await misses(other, '/p/1');
    expect((await get(other, '/p/2')).body).toBe('2');
    await one.cache.purgeTags(['products']);
    await misses(other, '/p/2');
    expect((await get(other, '/x')).body).toBe('3');
    await one.cache.purgeTags(['site']);
    await misses(other, '/x');
    expect(one.cache.stats().purges).toBe(3);
  });

  it('are checked, and a response with too many of them is not stored', async () => {
    const [one] = await two();
    one.get('/bad', (_, reply) => {
      reply.cache.tags('');
      return 'x';
    });
    one.get('/many', (_, reply) => {
      reply.cache.tags(...Array.from({ length: 57 }, (__, i) => `t${i}`));
      return 'x';
    });
    expect((await get(one, '/bad')).body).toContain('CATZ_FASTIFY_CACHE_TAG');
    expect((await get(one, '/many')).cache).toContain('detail=too-many-tags');
    await expect(one.cache.purgeTags(['ok', '\0'])).rejects.toThrow(
      expect.objectContaining({ code: 'CATZ_FASTIFY_CACHE_TAG' }),
    );
    await expect(one.cache.purgeTags(5 as never)).rejects.toThrow(/a string or an array, got 5/);
  });
});

describe('variants', () => {
  const ask = (app: FastifyInstance, value: string) => get(app, '/a', { 'x-v': value });
  /** Both answer what they are asked, with the run's number. */
  function vary(apps: readonly FastifyInstance[]): { runs: number } {
    const seen = { runs: 0 };
    for (const app of apps) {
      app.get('/a', (request, reply) => {
        reply.header('vary', 'x-v');
        return `${String(request.headers['x-v'])} ${++seen.runs}`;
      });
    }
    return seen;
  }

  it('of one are found by the other, also where its own index knows none', async () => {
    const [one, other] = await two();
    vary([one, other]);
    await ask(one, 'a');
    await isStored(one, '/a');
    expect((await ask(other, 'a')).body).toBe('a 1');
    await ask(one, 'b');
    await until(() => one.cache.tiers.stats().remote.sets >= 4);
    expect((await ask(other, 'b')).body).toBe('b 2');
    expect((await ask(other, 'c')).body).toBe('c 3');
    await until(() => other.cache.tiers.stats().remote.sets >= 2);
    expect((await ask(one, 'c')).body).toBe('c 3');
  });

  it('that vary by another field are found where an older index is known', async () => {
    const [one, other] = await two();
    let runs = 0;
    for (const app of [one, other]) {
      app.get('/a', (request, reply) => {
        reply.header('vary', request.headers['x-w'] === undefined ? 'x-v' : 'x-v, x-w');
        return `${++runs}`;
      });
    }
    await ask(one, 'a');
    await isStored(one, '/a');
    expect((await ask(other, 'a')).body).toBe('1');
    const both = { 'x-v': 'b', 'x-w': 'w' };
    expect((await get(one, '/a', both)).body).toBe('2');
    await until(() => one.cache.tiers.stats().remote.sets >= 4);
    expect((await get(other, '/a', both)).body).toBe('2');
    expect(other.cache.stats().misses).toBe(0);
  });

  it('begun by both at once come together, and a purge leaves none of them', async () => {
    const [one, other] = await two();
    const seen = vary([one, other]);
    await Promise.all([ask(one, 'a'), ask(other, 'b')]);
    await until(
      () => one.cache.tiers.stats().remote.sets + other.cache.tiers.stats().remote.sets >= 3,
    );
    for (let i = 0; i < 3; i++) {
      for (const app of [one, other]) for (const value of ['a', 'b', 'c']) await ask(app, value);
    }
    const { runs } = seen;
    for (const app of [one, other]) for (const value of ['a', 'b', 'c']) await ask(app, value);
    expect(seen.runs).toBe(runs);
    expect((await one.cache.purge('/a')).ok).toBe(true);
    await misses(other, '/a');
    const after = seen.runs;
    for (const app of [one, other]) {
      for (const value of ['a', 'b', 'c']) {
        expect(Number((await ask(app, value)).body.split(' ')[1])).toBeGreaterThan(runs);
      }
    }
    expect(seen.runs).toBeGreaterThan(after);
  });
});

describe('the tiers of a route', () => {
  it("with ['memory'] are not shared", async () => {
    const [one, other] = await two({ tiers: ['memory'] });
    count([one, other], '/a');
    one.get('/b', { config: { cache: { tiers: ['memory', 'remote'] } } }, () => 'b');
    await get(one, '/a');
    expect((await get(one, '/a')).body).toBe('0.0');
    expect((await get(other, '/a')).body).toBe('1.1');
    await get(one, '/b');
    await isStored(one, '/b');
    expect((await one.cache.tiers.inspect('1|http|http|localhost|/a')).remote).toBeUndefined();
    expect(one.cache.tiers.stats().remote.sets).toBe(1);
  });

  it("with ['remote'] are shared, and asked there each time", async () => {
    const [one, other] = await two({ tiers: ['memory'] });
    let runs = 0;
    for (const app of [one, other]) {
      const config = { cache: { tiers: ['remote' as const] } };
      app.get('/a', { config }, () => `${++runs}`);
    }
    await get(one, '/a');
    await isStored(one, '/a');
    for (const app of [one, other, one, other]) expect((await get(app, '/a')).body).toBe('1');
    expect(one.cache.stats().below).toBe(2);
    const answers = await Promise.all(Array.from({ length: 50 }, () => get(other, '/a')));
    expect(answers.every(({ body }) => body === '1')).toBe(true);
  });
});
