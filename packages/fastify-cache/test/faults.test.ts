// A cache that throws, refuses or holds rubbish never fails a request: it is a miss, counted, and shown in health.
import { describe, expect, it } from 'vitest';
import type { Cache } from '@catzilla/cache-core';
import { encodeEntry } from '../src/entry/encode.ts';
import { get, makeApp, makeCache } from './helpers.ts';

/** The cache with some methods replaced. */
function broken(methods: Partial<Record<keyof Cache, unknown>>): Cache {
  const cache = makeCache();
  return new Proxy(cache, {
    get(target, name) {
      const replaced = methods[name as keyof Cache];
      if (replaced !== undefined) return replaced;
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

const fail = (): never => {
  throw Object.assign(new Error('engine is gone'), { code: 'CATZ_CACHE_CLOSED' });
};

describe('a cache that', () => {
  it('throws on every call: each request runs its handler', async () => {
    const cache = broken({
      getRecord: fail,
      get: fail,
      set: fail,
      delete: fail,
      keys: fail,
      peek: fail,
    });
    const app = await makeApp({ cache, ttl: 60_000 });
    let runs = 0;
    app.get('/a', () => `${++runs}`);
    app.post('/a', () => 'x');
    expect(await get(app, '/a')).toMatchObject({ status: 200, body: '1' });
    expect((await get(app, '/a')).cache).toBe('catzilla; fwd=miss; stored=?0; detail=backend');
    expect((await get(app, '/a', {}, 'POST')).status).toBe(200);
    expect(await app.cache.purge('/a')).toEqual({ purged: 0, ok: false });
    expect(await app.cache.purgePath('/a')).toEqual({ purged: 0, ok: false });
    expect(app.cache.stats().faults).toBeGreaterThan(3);
    expect(app.cache.health().lastFault).toMatchObject({
      code: 'CATZ_CACHE_CLOSED',
      message: 'engine is gone',
    });
  });

  it('throws only when it is written to', async () => {
    const app = await makeApp({ cache: broken({ set: fail }), ttl: 60_000 });
    app.get('/a', () => 'x');
    expect(await get(app, '/a')).toMatchObject({
      body: 'x',
      cache: 'catzilla; fwd=uri-miss; stored=?0; detail=backend',
    });
    expect(app.cache.health().lastFault?.operation).toBe('set');
  });

  it('refuses to store, an entry or an index', async () => {
    const app = await makeApp({ cache: broken({ set: () => false }), ttl: 60_000 });
    app.get('/a', () => 'x');
    expect((await get(app, '/a')).cache).toContain('detail=backend');
    const cache = makeCache();
    const refusing = new Proxy(cache, {
      get(target, name) {
        if (name === 'set') {
          return (key: string, value: Buffer, options: object) =>
            (key.includes('\n') || key.startsWith('t')) && target.set(key, value, options);
        }
        const value = Reflect.get(target, name) as unknown;
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    const varied = await makeApp({ cache: refusing, ttl: 60_000, vary: { add: ['x-v'] } });
    varied.get('/a', () => 'x');
    expect((await get(varied, '/a')).cache).toContain('detail=backend');
    expect([...cache.keys({ prefix: '1|' })]).toEqual([]);
  });

  it('cannot take a stored reply back: the fault is counted', async () => {
    const app = await makeApp({ cache: broken({ delete: fail }), ttl: 60_000 });
    app.get('/a', (_, reply) => {
      // The reply is judged, and then its sending fails.
      reply.raw.writeHead = () => {
        Reflect.deleteProperty(reply.raw, 'writeHead');
        throw new Error('no head');
      };
      return 'x';
    });
    expect((await get(app, '/a')).status).toBe(500);
    expect(app.cache.stats().faults).toBe(1);
    expect(app.cache.health().lastFault?.operation).toBe('delete');
  });

  it('throws when asked for stats: health says it is unreachable', async () => {
    let isGone = false;
    const cache = broken({
      stats: () => (isGone ? fail() : { capacity: 2 ** 20, backend: 'native' }),
    });
    const app = await makeApp({ cache });
    isGone = true;
    expect(app.cache.health()).toMatchObject({ ok: false, backend: 'unreachable' });
  });
});

describe('a record that', () => {
  const rubbish: Record<string, Buffer> = {
    'is empty': Buffer.alloc(0),
    'is text': Buffer.from('not one of ours, whatever it says'),
    'has another version': Buffer.from([0x43, 0x5a, 2, 1, 2, 0, 0, 0, 0x7b, 0x7d]),
    'has another kind': Buffer.from([0x43, 0x5a, 1, 9, 2, 0, 0, 0, 0x7b, 0x7d]),
    'has a head without fields': Buffer.from([0x43, 0x5a, 1, 1, 2, 0, 0, 0, 0x7b, 0x7d]),
    'has an index without lists': Buffer.from([0x43, 0x5a, 1, 2, 2, 0, 0, 0, 0x7b, 0x7d]),
    'has a head that is no JSON': Buffer.from([0x43, 0x5a, 1, 1, 2, 0, 0, 0, 0x7b, 0x7b]),
    'has a head of null': Buffer.from([0x43, 0x5a, 1, 1, 4, 0, 0, 0, 0x6e, 0x75, 0x6c, 0x6c]),
    'ends in its head': Buffer.from([0x43, 0x5a, 1, 1, 200, 0, 0, 0, 0x7b]),
    'is for another key': encodeEntry(
      {
        key: 'other',
        route: '/a',
        status: 200,
        fields: [['date', 'x']],
        bornAt: Date.now(),
        lifetimeMs: 60_000,
        ttlOnly: false,
        authorizationAllowed: false,
        transformed: false,
        isWeakened: false,
        stale: { revalidate: 0, error: 0, overload: 0 },
        mustValidate: false,
        forbidsStale: false,
        ownValidator: false,
        immutable: false,
        took: 0,
        tags: [],
      },
      Buffer.from('wrong'),
    ),
  };
  const places = [true, false].flatMap((isEnveloped) =>
    Object.entries(rubbish).map(([name, bytes]) => ({ name, bytes, isEnveloped })),
  );
  for (const { name, bytes, isEnveloped } of places) {
    const where = isEnveloped ? 'in an envelope of the tiers' : 'by itself';
    it(`${name}, ${where}, is a miss and is replaced`, async () => {
      const cache = makeCache();
      const app = await makeApp({ cache, ttl: 60_000 });
      app.get('/a', () => 'right');
      const key = '1|http|http|localhost|/a';
      if (isEnveloped) await app.cache.tiers.set(key, bytes);
      else cache.set(key, bytes);
      expect(await get(app, '/a')).toMatchObject({ status: 200, body: 'right' });
      expect((await get(app, '/a')).cache).toContain('hit');
    });
  }

  it('belongs to another route is not served', async () => {
    const cache = makeCache();
    const one = await makeApp({ cache, ttl: 60_000 });
    one.get('/a', () => 'one');
    const two = await makeApp({ cache, ttl: 60_000 });
    two.get('/:name', () => 'two');
    await get(one, '/a');
    expect((await get(two, '/a')).body).toBe('two');
  });
});
