// Soft purges: what they make stale, what they leave out of reach, and that none brings back what a hard one removed.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { openCache } from '@catzilla/cache-core';
import type { Entry, ReadOptions } from '@catzilla/tiers';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import { encodeEntry, encodeIndex } from '../src/entry/encode.ts';
import { errors } from '../src/index.ts';
import { decode } from '../src/entry/decode.ts';
import { isIndex } from '../src/entry/entry.ts';
import { atEnd, gate, get, makeApp, makeCache, settle } from './helpers.ts';
import { PATIENT } from './support/instances.ts';

const WINDOWS = 'max-age=60, stale-while-revalidate=600';
const KEY = '1|http|http|localhost|/a';

type Purge = (app: FastifyInstance, soft: boolean) => Promise<unknown>;

/** Every way to purge /a. */
const purges: Record<string, Purge> = {
  'of a path': (app, soft) => app.cache.purge('/a', { soft }),
  'of a URL': (app, soft) => app.cache.purge('http://localhost/a', { soft }),
  'by pattern': (app, soft) => app.cache.purgePath('/*', { soft }),
  'by tag': (app, soft) => app.cache.purgeTags('t', { soft }),
  'of everything': (app, soft) => app.cache.purgeAll({ soft }),
};

async function makeTagged(
  options: Parameters<typeof makeApp>[0] = {},
  vary?: string,
): Promise<FastifyInstance> {
  const app = await makeApp(options);
  let runs = 0;
  for (const url of ['/a', '/b']) {
    app.get(url, { config: { cache: { tags: ['t'] } } }, (_, reply) => {
      if (vary !== undefined) reply.header('vary', vary);
      return reply.header('cache-control', WINDOWS).send(`${++runs}`);
    });
  }
  app.post('/a', () => 'changed');
  await app.ready();
  return app;
}

// What a stale hit says of its ttl is not above zero.
function isFreshHit(cache: string): boolean {
  return /; hit; ttl=[1-9]/.test(cache);
}

async function keysOf(app: FastifyInstance): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of app.cache.tiers.keys({ prefix: '1|' })) keys.push(key);
  return keys.sort();
}

describe('a soft purge', () => {
  for (const [name, purge] of Object.entries(purges)) {
    it(`${name} keeps the response, stale`, async () => {
      const app = await makeTagged();
      await get(app, '/a');
      expect(isFreshHit((await get(app, '/a')).cache)).toBe(true);
      expect(await purge(app, true)).toMatchObject({ ok: true });
      expect(app.cache.tiers.getEntrySync(KEY)?.stale).toBe(true);
      expect(isFreshHit((await get(app, '/a')).cache)).toBe(false);
    });
  }

  it('counts what was in memory', async () => {
    const app = await makeTagged();
    await get(app, '/a');
    await get(app, '/b');
    expect(await app.cache.purge('/a', { soft: true })).toEqual({ purged: 1, ok: true });
    expect(await app.cache.purge('/none', { soft: true })).toEqual({ purged: 0, ok: true });
    expect(await app.cache.purgePath('/b', { soft: true })).toEqual({ purged: 1, ok: true });
    expect(await app.cache.purgeAll({ soft: true })).toEqual({ purged: 2, ok: true });
    expect(app.cache.stats()).toMatchObject({ purges: 4, purged: 4 });
  });

  it('leaves other URLs and other tags fresh', async () => {
    const app = await makeTagged();
    await get(app, '/b');
    await app.cache.purge('/a', { soft: true });
    await app.cache.purgePath('/a', { soft: true });
    await app.cache.purgeTags('other', { soft: true });
    expect(isFreshHit((await get(app, '/b')).cache)).toBe(true);
  });

  for (const name of ['of a path', 'by pattern', 'of everything'] as const) {
    it(`${name} makes every variant stale and keeps the index`, async () => {
      const app = await makeTagged({}, 'x-v');
      for (const v of ['1', '2']) await get(app, '/a', { 'x-v': v });
      await purges[name]!(app, true);
      const keys = await keysOf(app);
      expect(keys).toHaveLength(3);
      for (const key of keys) {
        expect(app.cache.tiers.getEntrySync(key)?.stale, key).toBe(key !== KEY);
      }
      const seen = await get(app, '/a', { 'x-v': '1' });
      expect(isFreshHit(seen.cache)).toBe(false);
    });
  }

  it('meets a variant that its index has lost', async () => {
    const app = await makeTagged({}, 'x-v');
    await get(app, '/a', { 'x-v': '1' });
    const index = decode(app.cache.tiers.getEntrySync<Buffer>(KEY)!.value);
    if (index === undefined || !isIndex(index)) throw new Error('expected an index');
    const lost = encodeIndex({ ...index, variants: [] });
    await app.cache.tiers.set(KEY, lost, { ttl: 60_000 });
    expect(isFreshHit((await get(app, '/a', { 'x-v': '1' })).cache)).toBe(true);
    expect(await app.cache.purge('/a', { soft: true })).toEqual({ purged: 1, ok: true });
    expect(isFreshHit((await get(app, '/a', { 'x-v': '1' })).cache)).toBe(false);
  });

  it('meets variants that are kept under a digest', async () => {
    const app = await makeTagged({}, 'x-v');
    const v = 'x'.repeat(1500);
    const long = `/a?q=${v}`;
    for (const url of ['/a', long]) {
      await get(app, url, { 'x-v': v });
      expect(isFreshHit((await get(app, url, { 'x-v': v })).cache)).toBe(true);
      expect(await app.cache.purge(url, { soft: true })).toEqual({ purged: 1, ok: true });
      expect(isFreshHit((await get(app, url, { 'x-v': v })).cache)).toBe(false);
    }
  });

  it('removes a response that has no window in which it could be used', async () => {
    const app = await makeApp({});
    await app.ready();
    await app.cache.tiers.set(KEY, Buffer.from('x'), { ttl: 60_000, grace: 0 });
    await app.cache.purge('/a', { soft: true });
    expect(await keysOf(app)).toEqual([]);
  });

  it('removes a key of which tiers disagree whether it is an index', async () => {
    const dir = await mkdtemp(`${tmpdir()}/purge-soft-`);
    atEnd(() => rm(dir, { recursive: true, force: true }));
    const memory = makeCache();
    const disk = { dir, maxBytes: 64 * 1024 * 1024 };
    const cache = { name: 'purge-soft', memory, disk, deadline: PATIENT };
    const app = await makeTagged({ cache }, 'x-v');
    const { tiers } = app.cache;
    await tiers.ready({ timeout: 30_000 });
    await get(app, '/b', { 'x-v': '1' });
    const [key = ''] = (await keysOf(app)).filter((one) => one.includes('/b\n'));
    const variant = tiers.getEntrySync<Buffer>(key)!.value;
    await get(app, '/a', { 'x-v': '1' });
    const head = decode(variant);
    if (head === undefined || isIndex(head)) throw new Error('expected an entry');
    const { getEntry } = tiers;
    tiers.getEntry = async function <T>(asked: string, options?: ReadOptions) {
      const entry = await getEntry.call(this, asked, options);
      if (asked !== KEY || entry === undefined) return entry as Entry<T> | undefined;
      return { ...entry, value: encodeEntry({ ...head, key: KEY }, head.body) } as Entry<T>;
    };
    await app.cache.purge('http://localhost/a', { soft: true });
    expect(tiers.getEntrySync(KEY)).toBeUndefined();
  });

  it('by tag is known to other threads, which hear of no epochs', async () => {
    const engine = openCache(`soft-${process.pid}-${Date.now()}`, { maxBytes: 8 * 1024 * 1024 });
    atEnd(() => engine.close());
    // As another thread has it: a tiered cache of its own over the same engine.
    const one = await makeTagged({ cache: engine });
    const other = await makeTagged({ cache: engine });
    await get(one, '/a');
    expect(isFreshHit((await get(other, '/a')).cache)).toBe(true);
    await one.cache.purgeTags('t', { soft: true });
    expect(isFreshHit((await get(other, '/a')).cache)).toBe(false);
  });
});

describe('a soft purge and a hard one', () => {
  for (const [name, purge] of Object.entries(purges)) {
    it(`${name}: soft after hard brings nothing back`, async () => {
      const app = await makeTagged();
      await get(app, '/a');
      await purge(app, false);
      await purge(app, true);
      expect(app.cache.tiers.getEntrySync(KEY)).toBeUndefined();
      expect((await get(app, '/a')).body).toBe('2');
    });
  }

  const hard: Record<string, Purge> = {
    ...purges,
    'by an unsafe request': (app) => get(app, '/a', {}, 'POST'),
  };
  for (const [name, purge] of Object.entries(hard)) {
    it(`hard ${name}: what a soft one under way writes after it is removed`, async () => {
      const app = await makeTagged();
      await get(app, '/a');
      const { tiers } = app.cache;
      const { expire } = tiers;
      tiers.expire = async function (key) {
        tiers.expire = expire;
        // Read before the purge, written after it.
        const entry = await this.getEntry<Buffer>(key);
        await purge(app, false);
        await this.set(key, entry!.value, { ttl: 1, grace: 60_000, tags: entry!.tags });
        return expire.call(this, key);
      };
      await app.cache.purge('/a', { soft: true });
      expect(tiers.getEntrySync(KEY)).toBeUndefined();
    });
  }

  it('of another path does not make a soft one hard', async () => {
    const app = await makeTagged();
    await get(app, '/a');
    const { tiers } = app.cache;
    const { expire } = tiers;
    tiers.expire = async function (key) {
      await app.cache.purge('/b');
      return expire.call(this, key);
    };
    await app.cache.purge('/a', { soft: true });
    expect(tiers.getEntrySync(KEY)?.stale).toBe(true);
  });
});

describe('two soft purges at one time', () => {
  it('stay soft', async () => {
    const app = await makeTagged();
    await get(app, '/a');
    await Promise.all([
      app.cache.purge('http://localhost/a', { soft: true }),
      app.cache.purge('http://localhost/a', { soft: true }),
      app.cache.purgePath('/a', { soft: true }),
      app.cache.purgeTags('t', { soft: true }),
    ]);
    expect(app.cache.tiers.getEntrySync(KEY)?.stale).toBe(true);
  });
});

describe('a fill under way', () => {
  for (const name of ['of a path', 'of a URL', 'by pattern', 'of everything'] as const) {
    it(`is not kept after a soft purge ${name}`, async () => {
      const app = await makeApp({ ttl: 60_000 });
      const held = gate();
      app.get('/a', async () => {
        await held.opened;
        return 'old';
      });
      const slow = get(app, '/a');
      await settle();
      await purges[name]!(app, true);
      held.open();
      expect((await slow).cache).toContain('detail=purged-meanwhile');
      expect(app.cache.tiers.getEntrySync(KEY)).toBeUndefined();
    });
  }

  for (const [tag, isKept] of [
    ['t', false],
    ['other', true],
  ] as const) {
    it(`is ${isKept ? '' : 'not '}kept after a soft purge of ${isKept ? 'another' : 'its'} tag`, async () => {
      const app = await makeApp({ ttl: 60_000 });
      const held = gate();
      app.get('/a', { config: { cache: { tags: ['t'] } } }, async () => {
        await held.opened;
        return 'old';
      });
      const slow = get(app, '/a');
      await settle();
      await app.cache.purgeTags(tag, { soft: true });
      held.open();
      expect((await slow).cache).toContain(isKept ? 'stored' : 'detail=purged-meanwhile');
      expect(isFreshHit((await get(app, '/a')).cache)).toBe(isKept);
    });
  }
});

describe('options of purges', () => {
  const calls: Record<string, (app: FastifyInstance, options: object) => Promise<unknown>> = {
    purge: (app, options) => app.cache.purge('/a', options),
    purgePath: (app, options) => app.cache.purgePath('/a', options),
    purgeTags: (app, options) => app.cache.purgeTags('t', options),
    purgeAll: (app, options) => app.cache.purgeAll(options),
  };
  for (const [name, call] of Object.entries(calls)) {
    it(`of ${name} are checked before anything is purged`, async () => {
      const app = await makeTagged();
      await get(app, '/a');
      for (const [options, sentence] of [
        [{ soft: 1 }, 'expected options.soft to be true or false, got 1'],
        [{ sofd: true }, 'unknown option options.sofd, did you mean soft?'],
        [7, 'expected options to be an object, got 7'],
      ] as const) {
        await expect(call(app, options as object)).rejects.toThrow(errors.OPTION);
        await expect(call(app, options as object)).rejects.toThrow(sentence);
      }
      expect(isFreshHit((await get(app, '/a')).cache)).toBe(true);
      expect(app.cache.stats().purges).toBe(0);
    });
  }

  it('name an origin by scheme and host alone', async () => {
    const app = await makeTagged();
    for (const origin of [
      '',
      'shop.example',
      'ftp://a',
      'https://a/b',
      'https://a?b',
      'http://',
      7,
    ]) {
      await expect(app.cache.purgeTags('t', { origin } as object)).rejects.toThrow(
        'expected options.origin to be an origin, as "https://shop.example", got',
      );
    }
  });

  it('are not needed where a cache is closed or fails: that is a fault, and no error', async () => {
    const cache = makeCache();
    const app = await makeTagged({ cache });
    await get(app, '/a');
    cache.close();
    expect(await app.cache.purge('/a', { soft: true })).toMatchObject({ ok: false });
    expect(await app.cache.purgePath('/a', { soft: true })).toMatchObject({ ok: false });
    expect(await app.cache.purgeTags('t', { soft: true })).toEqual({ ok: false });
    expect(await app.cache.purgeAll()).toMatchObject({ ok: false });
    expect(app.cache.stats().faults).toBeGreaterThan(0);
  });
});
