// Browsers hear of what the real response cache purges, at whatever instance.
import { streamBus } from '@catzilla/bus';
import { startRedis } from '@catzilla/bus/testing';
import { createTieredCache } from '@catzilla/tiers';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LiveOptions } from '@catzilla/realtime';
import { ask, makeInstance, newName, openPage, put, until, useRedis } from './live-support.ts';
import type { Instance } from './live-support.ts';

const redis = useRedis();

async function makePair(): Promise<[Instance, Instance]> {
  const [name, values] = [newName(), new Map<string, string>()];
  const shared = { redis: redis.url, name, values };
  return [await makeInstance(shared), await makeInstance(shared)];
}

const at = expect.any(Number) as number;

for (const [where, make] of [
  ['the same instance', async () => Array<Instance>(2).fill(await makeInstance())],
  ['another instance', makePair],
] as const) {
  describe(`a page hears from ${where}`, () => {
    for (const [what, purge, tag, url] of [
      ['a purged tag', (app) => app.cache.purgeTags('public:items'), ['public:items'], undefined],
      ['a soft one', (app) => app.cache.purgeTags('public:items', { soft: true }), ['public:items'], undefined], // prettier-ignore
      ['a purged URL', (app) => app.cache.purge('/items/1?x=1'), undefined, ['/items/1?x=1']],
      ['one of a host', (app) => app.cache.purge('http://shop.example/items/1?x=1'), undefined, ['/items/1?x=1']], // prettier-ignore
      ['a purged pattern', (app) => app.cache.purgePath('/items/*'), undefined, ['/items/1?x=1']],
      ['a purge of everything', (app) => app.cache.purgeAll(), 'all', 'all'],
      ['a cleared cache', (app) => app.cache.tiers.clear(), 'all', 'all'],
      ['a tag that was invalidated past the response cache', (app) => app.cache.tiers.invalidateTags(['public:items']), ['public:items'], undefined], // prettier-ignore
      ['a request that changes a URL', (_, instance) => put(instance, '/items/1?x=1', 'new'), undefined, ['/items/1?x=1']], // prettier-ignore
    ] as [
      string,
      (app: Instance['app'], instance: Instance) => Promise<unknown>,
      string[] | 'all' | undefined,
      string[] | 'all' | undefined,
    ][]) {
      it(what, async () => {
        const [one, other] = (await make()) as [Instance, Instance];
        const page = await openPage(one, ['public:items', '/items/1?x=1', 'secret:items']);
        await purge(other.app, other);
        const wanted: object[] = [];
        if (tag === 'all') wanted.push({ all: true, at }, { all: true, at }, { all: true, at });
        else if (tag !== undefined) wanted.push({ tags: tag, at });
        if (url !== undefined && url !== 'all') wanted.push({ urls: url, at });
        for (const _ of wanted) await page.next();
        // Nothing else comes before what is purged last.
        await other.app.cache.purgeTags('public:items');
        await page.next();
        expect(page.heard).toEqual([...wanted, { tags: ['public:items'], at }]);
      });
    }
  });
}

describe('a page that hears of a purge', () => {
  it('is answered anew by its own instance, every time', async () => {
    const [one, other] = await makePair();
    const page = await openPage(one, ['/items/1', 'public:items']);
    for (let round = 1; round <= 40; round++) {
      const value = `${round}`;
      await ask(one, '/items/1');
      if (round % 2 === 0) await put(other, '/items/1', value, one);
      else {
        other.values.set('/items/1', value);
        await other.app.cache.purgeTags('public:items');
      }
      await page.next();
      expect((await ask(one, '/items/1')).value, `round ${round}`).toBe(value);
    }
  });

  it('hears of what was purged between its rendering and its subscription', async () => {
    const [one, other] = await makePair();
    const shown = await ask(one, '/items/1');
    await put(other, '/items/1', 'new', one);
    await other.app.cache.purgeTags('secret:items');
    const page = await openPage(one, ['/items/1', 'public:items'], shown.position);
    expect(await page.next()).toEqual({ urls: ['/items/1'], at });
    const again = await openPage(one, ['/items/1'], (await ask(one, '/items/1')).position);
    await other.app.cache.purgeAll();
    // An answer that is older than the first purge, for its instance has not heard of it yet, is told of that one before.
    let told = await again.next();
    while ('urls' in told) told = await again.next();
    expect(told).toEqual({ all: true, at });
  });

  it('hears of it also where the page came from a cache, with the place of its render', async () => {
    const { app, url } = await makeInstance({
      before(instance) {
        instance.get('/stale', (_, reply) =>
          reply
            .header('cache-control', 'max-age=60, stale-while-revalidate=600')
            .send({ value: instance.realtime.position }),
        );
      },
    });
    await app.realtime.publish('news/a', 1);
    const first = await ask({ url }, '/stale');
    expect(first.position).toBe(first.value);
    await app.realtime.publish('news/a', 2);
    await app.cache.purge('/stale', { soft: true });
    // Stale while it is made anew: what this page shows is older than the purge.
    const stale = await ask({ url }, '/stale');
    expect(stale.cache).toContain('hit');
    expect([stale.position, stale.value]).toEqual([first.position, first.value]);
    const page = await openPage({ url }, ['/stale'], stale.position);
    expect(await page.next()).toEqual({ urls: ['/stale'], at });
    await until(async () => (await ask({ url }, '/stale')).position !== first.position);
  });
});

it('what is not public never comes to the log', async () => {
  const name = newName();
  const bus = streamBus({ url: redis.url });
  onTestFinished(() => bus.close());
  const payloads: string[] = [];
  const { ready } = bus.subscribe(`realtime:${name}`, ({ payload }) => payloads.push(payload.toString())); // prettier-ignore
  await ready;
  const { app } = await makeInstance({ redis: redis.url, name });
  await app.cache.purgeTags(['secret:items', 'public:a'], { soft: true });
  await app.cache.purgeTags('shelf', { origin: 'http://shop.example' });
  await app.cache.purge('/items/1');
  await app.cache.purgePath('/x/*');
  await app.cache.purgeTags('public:last');
  await until(() => payloads.some((payload) => payload.includes('public:last')));
  const told = payloads.join('\n');
  expect(told).toContain('public:a');
  expect(told).not.toMatch(/secret|soft|http:|group|pattern":|every/);
});

it('tags of a tiered cache that is not the response cache, by their public names', async () => {
  const tiers = createTieredCache({ name: newName(), memory: { maxBytes: 4 * 2 ** 20 } });
  onTestFinished(() => tiers.close());
  const live: LiveOptions = { tiers, tags: (tag) => tag.replace('product:', 'p') };
  const instance = await makeInstance({ live });
  const page = await openPage(instance, ['p7']);
  await tiers.namespace('prices').invalidateTags(['product:7']);
  expect(await page.next()).toEqual({ tags: ['p7'], at });
  await tiers.namespace('prices').clear();
  expect(await page.next()).toEqual({ all: true, at });
});

it('a page of the instance that purges hears of it while Redis is away, and others afterwards', async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const shared = { redis: server.url, name: newName() };
  const [one, other] = [await makeInstance(shared), await makeInstance(shared)];
  const [here, there] = [await openPage(one, ['public:items']), await openPage(other, ['public:items'])]; // prettier-ignore
  await server.kill();
  await one.app.cache.purgeTags('public:items');
  expect(await here.next()).toEqual({ tags: ['public:items'], at });
  await server.restart();
  const heard = await there.next();
  // The log that came back may lack what the one before had: a gap says so, and calls for the same.
  if (!('gap' in heard)) expect(heard).toEqual({ tags: ['public:items'], at });
});

it('server-sent events tell of it too', async () => {
  const { app, url } = await makeInstance();
  const response = await fetch(`${url}/realtime/events?channel=cache/tag/public:items`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  onTestFinished(() => reader.cancel());
  await app.cache.purgeTags('public:items');
  let text = '';
  while (!text.includes('public:items"]')) text += (await reader.read()).value;
  expect(text).toMatch(/^event: invalidated$/m);
});

it('a URL that a page may not hear of is refused', async () => {
  const instance = await makeInstance({
    live: { urls: (path, request) => path === '/items/1' && request.headers.host !== undefined },
  });
  const page = await openPage(instance, ['/items/1']);
  const refused = new Promise((resolve) => page.client.onError(resolve));
  page.client.onInvalidate({ url: '/items/2' }, () => {});
  expect(await refused).toMatchObject({
    code: 'CATZ_REALTIME_FORBIDDEN',
    channel: 'cache/url/%2Fitems%2F2',
  });
});

describe('a client whose server is started anew', () => {
  it('has every message and every invalidation once and in order', async () => {
    const shared = { redis: redis.url, name: newName() };
    const [one, other] = [await makeInstance(shared), await makeInstance(shared)];
    const page = await openPage(one, ['#news/a', 'public:items']);
    const gaps: string[] = [];
    page.client.onGap((channel) => gaps.push(channel));
    await other.app.realtime.publish('news/a', 1);
    expect(await page.next()).toEqual({ data: 1 });
    await one.app.close();
    for (const n of [2, 3]) await other.app.realtime.publish('news/a', n);
    await other.app.cache.purgeTags('public:items');
    await makeInstance({ ...shared, port: one.port });
    await other.app.realtime.publish('news/a', 4);
    const heard = [];
    for (let i = 0; i < 4; i++) heard.push(await page.next());
    expect(heard.filter((what) => 'data' in what)).toEqual([{ data: 2 }, { data: 3 }, { data: 4 }]);
    expect(heard.filter((what) => 'tags' in what)).toEqual([{ tags: ['public:items'], at }]);
    expect(gaps).toEqual([]);
  });

  it('hears a gap where nobody has kept what it missed', async () => {
    const first = await makeInstance();
    const page = await openPage(first, ['public:items', '/items/1']);
    await first.app.cache.purgeTags('public:items');
    await page.next();
    await first.app.close();
    await makeInstance({ port: first.port });
    expect([await page.next(), await page.next()]).toEqual([{ gap: true }, { gap: true }]);
  });
});
