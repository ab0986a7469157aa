// What is told of invalidations: by which names, once, and to whom.
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { errors } from '../../src/errors.ts';
import { FakeCache, FakeTiers, fakeTime, nextWindow, stage } from './support.ts';

describe('an invalidated tag', () => {
  it('is told at once if it is public, and not at all if it is not', async () => {
    const { tiers, hub } = await stage();
    tiers.invalidateTags('public:products', 'session:7');
    tiers.invalidateTags('user:1');
    expect(hub.told).toEqual([{ tags: ['public:products'] }]);
    expect(JSON.stringify(hub.published)).not.toContain('session');
  });

  it('is told by the name that `tags` gives it', async () => {
    const names: Record<string, string> = { 'product:1': 'p1', 'product:2': 'p2' };
    const { tiers, hub } = await stage({ tags: (tag) => names[tag] ?? null });
    tiers.invalidateTags('product:1', 'public:x', 'product:2');
    expect(hub.told).toEqual([{ tags: ['p1', 'p2'] }]);
  });

  it('is told to nobody where `tags` throws, or gives no name that a channel can have', async () => {
    const { tiers, hub, logged } = await stage({
      tags(tag) {
        if (tag === 'throws') throw new Error('no such tag');
        return { long: 'x'.repeat(300), empty: '', half: '\ud800', number: 7 }[tag] as string;
      },
    });
    tiers.invalidateTags('throws', 'long', 'empty', 'half', 'number', 'other');
    expect(hub.told).toEqual([]);
    expect(logged.join()).toContain('no such tag');
  });

  it('is told to nobody where `tags` gives a promise, whose rejection ends nothing', async () => {
    const { tiers, hub, logged } = await stage({
      tags: (async () => Promise.reject(new Error('too late'))) as never,
    });
    tiers.invalidateTags('a');
    await setImmediate();
    expect(hub.told).toEqual([]);
    expect(logged.join()).toContain('got a promise');
  });

  it('is never one that the response cache has for itself', async () => {
    const { tiers, hub } = await stage({ tags: (tag) => tag });
    tiers.invalidateTags('http::soft:abc', 'http:http:every', 'http:a:b:p4095', 'http:x:pattern');
    tiers.invalidateTags('http:guide', 'group|http|localhost|shelf');
    expect(hub.told).toEqual([{ tags: ['http:guide', 'group|http|localhost|shelf'] }]);
  });

  it('is told once, though two views of one cache tell of it, and the response cache too', async () => {
    const { tiers, hub, cache, app } = await stage();
    await app.ready();
    fakeTime();
    tiers.invalidateTags('public:a');
    nextWindow();
    cache.tell({ kind: 'tags', tags: ['public:a'], tiers });
    nextWindow();
    expect(hub.published).toHaveLength(1);
    // Of a scope within, which has a cache of its own.
    cache.tell({ kind: 'tags', tags: ['public:b'], tiers: new FakeTiers() });
    expect(hub.told.at(-1)).toEqual({ tags: ['public:b'] });
  });

  it('is heard from a response cache that has no tiers', async () => {
    const cache = new FakeCache();
    const { hub } = await stage({ cache }, false);
    cache.tell({ kind: 'tags', tags: ['public:a', 'b'] });
    expect(hub.told).toEqual([{ tags: ['public:a'] }]);
  });
});

describe('a purged URL', () => {
  it('is told as its path with query, without a fragment', async () => {
    const { hub, cache } = await stage();
    cache.purge('/a?b=c', '/d#e');
    expect(hub.told).toEqual([{ urls: ['/a?b=c', '/d'] }]);
  });

  it('is not told where it is too long for a channel', async () => {
    const { hub, cache } = await stage();
    cache.purge(`/${'a'.repeat(300)}`);
    expect(hub.told).toEqual([]);
  });

  it('is told to nobody where `urls` is false, and no pattern is', async () => {
    const { hub, cache } = await stage({ urls: false });
    cache.purge('/a');
    cache.tell({ kind: 'pattern', pattern: '/a/*' });
    expect(hub.told).toEqual([]);
    expect(await hub.admits('cache/url/%2Fa')).toBe(false);
  });
});

it('a pattern, a purge of everything and a cleared cache are told as such', async () => {
  fakeTime();
  const { hub, cache, tiers } = await stage();
  cache.tell({ kind: 'pattern', pattern: '/a/*' });
  nextWindow();
  cache.tell({ kind: 'pattern', pattern: /^\/b/g });
  nextWindow();
  cache.tell({ kind: 'all' });
  nextWindow();
  tiers.clear();
  expect(hub.told).toEqual([
    { patterns: [{ glob: '/a/*' }] },
    { patterns: [{ source: '^\\/b', flags: 'g' }] },
    { all: true },
    { all: true },
  ]);
});

describe('what comes within 10 ms of a message', () => {
  it('goes into the next one, each name once', async () => {
    fakeTime();
    const { hub, cache, tiers } = await stage();
    tiers.invalidateTags('public:a');
    tiers.invalidateTags('public:b', 'public:a');
    cache.purge('/x');
    cache.purge('/x', '/y');
    expect(hub.told).toEqual([{ tags: ['public:a'] }]);
    nextWindow();
    expect(hub.told.slice(1)).toEqual([{ tags: ['public:b', 'public:a'], urls: ['/x', '/y'] }]);
    tiers.invalidateTags('public:c');
    expect(hub.published).toHaveLength(2);
    nextWindow();
    nextWindow();
    tiers.invalidateTags('public:d');
    expect(hub.told.slice(2)).toEqual([{ tags: ['public:c'] }, { tags: ['public:d'] }]);
  });

  it('stands for everything above 100 names, and above 32 KiB', async () => {
    fakeTime();
    const { hub, tiers, cache } = await stage();
    const names = (count: number): string[] =>
      Array.from({ length: count }, (_, i) => `public:${i}`);
    tiers.invalidateTags(...names(100));
    for (const name of names(99)) tiers.invalidateTags(name);
    cache.purge('/a');
    nextWindow();
    for (const name of names(100)) tiers.invalidateTags(name);
    cache.purge('/a');
    nextWindow();
    cache.tell({ kind: 'pattern', pattern: new RegExp('x'.repeat(40_000)) });
    nextWindow();
    expect(hub.told.map((told) => Object.keys(told).join())).toEqual([
      'tags',
      'tags,urls',
      'all',
      'all',
    ]);
  });

  it('is told before the application closes, and nothing after', async () => {
    fakeTime();
    const { app, hub, tiers, cache } = await stage();
    tiers.invalidateTags('public:a');
    tiers.invalidateTags('public:b');
    await app.close();
    expect(hub.told).toEqual([{ tags: ['public:a'] }, { tags: ['public:b'] }]);
    expect([tiers.listening, cache.listeners.size, vi.getTimerCount()]).toEqual([0, 0, 0]);
  });
});

describe('a message that cannot be published', () => {
  it('stands for everything where it is too long', async () => {
    const { hub, tiers } = await stage();
    hub.fault = ({ tags }) => (tags === undefined ? undefined : new errors.SIZE('64', '80'));
    tiers.invalidateTags('public:a');
    await vi.waitFor(() => expect(hub.told).toEqual([{ all: true }]));
  });

  it('is named in the log, unless the application closes', async () => {
    const { hub, tiers, logged } = await stage();
    hub.fault = () => new errors.CLOSED();
    tiers.invalidateTags('public:a');
    fakeTime();
    nextWindow();
    hub.fault = () => new Error('broken');
    tiers.clear();
    nextWindow();
    await vi.waitFor(() => expect(logged.join()).toContain('broken'));
    expect(logged).toHaveLength(1);
  });
});

describe('the caches', () => {
  it('are found when the application is ready, or named by options', async () => {
    const late = await stage(true, false);
    late.app.decorate('cache', late.cache);
    await late.app.ready();
    late.cache.purge('/a');
    late.tiers.invalidateTags('public:a');
    expect(late.hub.published.length).toBeGreaterThan(0);

    const [cache, one, two] = [new FakeCache(), new FakeTiers(), new FakeTiers()];
    const named = await stage({ cache, tiers: [one, two] });
    await named.app.ready();
    cache.purge('/a');
    named.cache.purge('/b');
    expect(named.hub.told).toEqual([{ urls: ['/a'] }]);
    expect([one, two, named.tiers].map(({ listening }) => listening)).toEqual([2, 2, 0]);
  });

  it('are not listened to where they are false, nor what only has their name', async () => {
    const off = await stage({ cache: false, tiers: false });
    await off.app.ready();
    expect([off.tiers.listening, off.cache.listeners.size]).toEqual([0, 0]);
    expect(off.logged.join()).toContain('no cache to listen to');
    const other = await stage(true, false);
    other.app.decorate('cache', { get: () => null }).decorate('tiers', 3);
    await other.app.ready();
    expect(other.logged.join()).toContain('no cache to listen to');
  });
});

describe('a client', () => {
  it('may subscribe to the name of any tag, and to URLs as `urls` says', async () => {
    const { hub } = await stage({
      urls: (path, request) => path.startsWith('/open') || request.url === '/admin',
    });
    expect(await hub.admits('cache/tag/public%3Aa')).toBe(true);
    expect(await hub.admits('cache/tag/public:a')).toBe(true);
    expect(await hub.admits('cache/tag/%')).toBe(false);
    expect(await hub.admits('cache/url/%2Fopen%3Fa%3Db')).toBe(true);
    expect(await hub.admits('cache/url/%2Fclosed')).toBe(false);
    expect(await hub.admits('cache/url/%2Fclosed', { url: '/admin' })).toBe(true);
    expect(await hub.admits('cache/url/open')).toBe(false);
    expect(hub.projection).toMatchObject({ source: 'cache', prefix: 'cache/' });
  });

  it('hears of what its channel names, and of nothing else in a message', async () => {
    fakeTime();
    const { hub, cache, tiers } = await stage();
    const channels = ['cache/tag/public:a', 'cache/tag/public%3Ab', 'cache/url/%2Fx', 'cache/url/%2Fz%2F1%3Fq'] as const; // prettier-ignore
    tiers.invalidateTags('public:c');
    tiers.invalidateTags('public:a', 'public:c');
    cache.purge('/x', '/y');
    cache.tell({ kind: 'pattern', pattern: '/z/*' });
    nextWindow();
    expect(channels.map((channel) => hub.heardBy(channel))).toEqual([
      [{ tags: ['public:a'] }],
      [],
      [{ urls: ['/x'] }],
      [{ urls: ['/z/1?q'] }],
    ]);
    nextWindow();
    cache.tell({ kind: 'all' });
    for (const channel of channels) expect(hub.heardBy(channel).at(-1)).toEqual({ all: true });
    expect(hub.heardBy('cache/other')).toEqual([]);
  });
});

describe('options', () => {
  for (const [options, wrong] of [
    [{ tags: 'public' }, 'options.live.tags'],
    [{ urls: '/a' }, 'options.live.urls'],
    [{ header: 1 }, 'options.live.header'],
    [{ cache: {} }, 'options.live.cache'],
    [{ tiers: [{}] }, 'options.live.tiers[0]'],
    [{ tiers: {} }, 'options.live.tiers'],
    [{ tag: true }, 'tag'],
  ] as const) {
    it(`refuse ${JSON.stringify(options)}`, async () => {
      await expect(stage(options as never)).rejects.toThrow(wrong);
    });
  }
});

describe('the field X-Catzilla-Stream', () => {
  it('says where the log was before the handler ran, on replies to GET and HEAD alone', async () => {
    const { app, hub } = await stage({ header: true });
    app.all('/', () => {
      hub.position = '1-9';
      return 'page';
    });
    const field = async (method: 'GET' | 'HEAD' | 'POST'): Promise<unknown> => {
      hub.position = '1-5';
      return (await app.inject({ method, url: '/' })).headers['x-catzilla-stream'];
    };
    expect(await field('GET')).toBe('1-5');
    expect(await field('HEAD')).toBe('1-5');
    expect(await field('POST')).toBeUndefined();
  });

  it('is not there before the log was reached, nor without the option', async () => {
    const [on, off] = [await stage({ header: true }), await stage()];
    on.hub.position = undefined;
    for (const { app } of [on, off]) {
      app.get('/', () => 'page');
      expect((await app.inject('/')).headers).not.toHaveProperty('x-catzilla-stream');
    }
  });
});
