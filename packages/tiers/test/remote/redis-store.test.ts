// Each method against a real server, with both releases of the driver.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, until } from '@catzilla/bus/testing';
import type { RedisLike } from '@catzilla/bus/redis';
import type { RedisServer } from '@catzilla/bus/testing';
import type { RemoteStore } from '../../src/remote/remote-tier.ts';
import { collect, open, outcome, stamped } from './_redis.ts';
import { drivers } from '../support/drivers.ts';
import { watchSilence } from '../support/silence.ts';

watchSilence();

describe.each(drivers)('a store over %s', (_name, Driver) => {
  let server: RedisServer;
  let client: RedisLike;
  let store: RemoteStore;

  beforeAll(async () => {
    server = await startRedis();
    client = new Driver({ host: server.host, port: server.port });
    store = open({ client }).store;
    await until('the client to be ready', () => store.state === 'ready');
  });
  beforeEach(() => server.ask('FLUSHALL'));
  afterAll(async () => {
    await store.close();
    client.disconnect();
    await server.stop();
  });

  const ask = (...command: string[]): Promise<unknown> => server.ask(...command);

  describe('reads and writes', () => {
    it('gives back the bytes that were set, and undefined for what is absent', async () => {
      const bytes = Buffer.from([0, 255, 10, 13, 128]);
      await store.set('a', { key: 'k', bytes, ttl: 60_000 });
      expect(await store.get('a', 'k')).toEqual(bytes);
      expect(await store.get('a', 'other')).toBeUndefined();
      expect(await store.get('', 'k')).toBeUndefined();
    });

    it('stores a plain Uint8Array as its bytes, a view without its surroundings', async () => {
      const bytes = new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 4);
      await store.set('', { key: 'k', bytes, ttl: 60_000 });
      expect(await store.get('', 'k')).toEqual(Buffer.from([2, 3, 4]));
    });

    it.each([
      ['whole ms', 5_000, 5_000],
      ['less than 1 ms', 0.2, 1],
      ['a fraction, never rounded up', 5_000.9, 5_000],
    ])('sets the time to live: %s', async (_title, ttl, longest) => {
      await ask('CONFIG', 'RESETSTAT');
      await store.set('', { key: 'k', bytes: stamped(1), ttl });
      const left = Number(await ask('PTTL', 'cz1:main::{k}'));
      expect(left).toBeLessThanOrEqual(longest);
      if (longest > 1) expect(left).toBeGreaterThan(longest - 4_000);
    });

    it('keeps for ever what has no end, by set, setMany and fill', async () => {
      const forever = (key: string, ttl = Infinity) => ({ key, bytes: stamped(1), ttl });
      await store.set('', forever('a'));
      await store.setMany('', [forever('b'), forever('c', 1e300)]);
      await store.fill('', forever('d'), { created: 1 });
      const left = (key: string): Promise<unknown> => ask('PTTL', `cz1:main::{${key}}`);
      expect([await left('a'), await left('b'), await left('d')]).toEqual([-1, -1, -1]);
      expect(Number(await left('c'))).toBeGreaterThan(1e15);
    });

    it('reads many in order, in more than one MGET', async () => {
      const keys = Array.from({ length: 300 }, (_, index) => `k${index}`);
      const writes = keys.filter((_, index) => index % 3 !== 0);
      const results = await store.setMany(
        'a',
        writes.map((key) => ({ key, bytes: Buffer.from(key), ttl: 60_000 })),
      );
      expect(results).toEqual(writes.map(() => undefined));
      await ask('CONFIG', 'RESETSTAT');
      const found = await store.getMany('a', keys);
      expect(found.map(String)).toEqual(
        keys.map((key, index) => (index % 3 === 0 ? 'undefined' : key)),
      );
      const stats = String(await ask('INFO', 'commandstats'));
      expect(stats).toContain('cmdstat_mget:calls=3,');
      expect(stats).not.toContain('cmdstat_get:');
      expect(await store.getMany('a', [])).toEqual([]);
      expect(await store.setMany('a', [])).toEqual([]);
    });

    it('writes more than a pipeline of 1 MiB', async () => {
      const bytes = Buffer.alloc(400 * 1024, 7);
      const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
      await store.setMany(
        '',
        keys.map((key) => ({ key, bytes, ttl: 60_000 })),
      );
      const found = await store.getMany('', keys);
      expect(found.every((one) => bytes.equals(one as Buffer))).toBe(true);
    });

    it('takes a value of another type for absent', async () => {
      await ask('LPUSH', 'cz1:main::{k}', 'x');
      expect(await store.get('', 'k')).toBeUndefined();
      expect(await store.getMany('', ['k'])).toEqual([undefined]);
    });

    it('puts tombstones in place of keys', async () => {
      await store.set('', { key: 'a', bytes: stamped(1), ttl: Infinity });
      const tombstone = stamped(5, 'gone');
      expect(await store.remove('', ['a', 'b'], tombstone, 30_000)).toEqual([undefined, undefined]);
      expect(await store.getMany('', ['a', 'b'])).toEqual([tombstone, tombstone]);
      expect(Number(await ask('PTTL', 'cz1:main::{a}'))).toBeGreaterThan(20_000);
    });
  });

  describe('fill', () => {
    const value = (created: number, text = '') => ({
      key: 'k',
      bytes: stamped(created, text),
      ttl: 60_000,
    });

    it('stores where nothing is, and over what is older or the same', async () => {
      expect(await store.fill('', value(5, 'a'), { created: 5 })).toBe(true);
      expect(await store.fill('', value(5, 'b'), { created: 5 })).toBe(true);
      expect(await store.fill('', value(6, 'c'), { created: 6 })).toBe(true);
      expect(await store.get('', 'k')).toEqual(stamped(6, 'c'));
      expect(Number(await ask('PTTL', 'cz1:main::{k}'))).toBeGreaterThan(50_000);
    });

    it('is refused after a newer set, down to the microsecond', async () => {
      const now = Date.now() * 1000;
      await store.set('', value(now + 1, 'new'));
      expect(await store.fill('', value(now, 'old'), { created: now })).toBe(false);
      expect(await store.get('', 'k')).toEqual(stamped(now + 1, 'new'));
    });

    it('is refused after a tombstone', async () => {
      await store.remove('', ['k'], stamped(10), 30_000);
      expect(await store.fill('', value(9), { created: 9 })).toBe(false);
      expect(await store.fill('', value(11), { created: 11 })).toBe(true);
    });

    it('needs the lock whose token it names, and releases it', async () => {
      expect(await store.fill('', value(1), { created: 1, token: 'mine' })).toBe(false);
      await store.lock('', 'k', 'other', 10_000);
      expect(await store.fill('', value(1), { created: 1, token: 'mine' })).toBe(false);
      await store.unlock('', 'k', 'other');
      await store.lock('', 'k', 'mine', 10_000);
      expect(await store.fill('', value(1), { created: 1, token: 'mine' })).toBe(true);
      expect(await ask('EXISTS', 'cz1:main::{k}:l')).toBe(0);
    });

    it('leaves the locks of others alone', async () => {
      await store.lock('', 'k', 'other', 10_000);
      expect(await store.fill('', value(1), { created: 1 })).toBe(true);
      expect(await ask('GET', 'cz1:main::{k}:l')).toBe('other');
    });

    it('never destroys a value of another type, but overwrites strings that are no envelopes', async () => {
      await ask('LPUSH', 'cz1:main::{k}', 'x');
      expect(await store.fill('', value(1), { created: 1 })).toBe(false);
      expect(await ask('TYPE', 'cz1:main::{k}')).toBe('list');
      await ask('DEL', 'cz1:main::{k}');
      for (const foreign of ['', 'short', 'a text that is longer than sixteen bytes']) {
        await ask('SET', 'cz1:main::{k}', foreign);
        expect(await store.fill('', value(1), { created: 1 })).toBe(true);
      }
    });

    it('is one round trip once the server knows the script, and works when it has forgotten', async () => {
      await store.fill('', value(1), { created: 1 });
      await ask('CONFIG', 'RESETSTAT');
      await store.fill('', value(2), { created: 2 });
      expect(String(await ask('INFO', 'commandstats'))).not.toContain('cmdstat_eval:');
      await ask('SCRIPT', 'FLUSH');
      expect(await store.fill('', value(3), { created: 3 })).toBe(true);
      expect(String(await ask('INFO', 'commandstats'))).toContain('cmdstat_eval:calls=1,');
    });
  });

  describe('discard', () => {
    it('removes the damaged value that was read, and no other', async () => {
      const damaged = stamped(5, 'x'.repeat(100));
      await store.set('', { key: 'k', bytes: damaged, ttl: 60_000 });
      await store.discard('', 'k', stamped(6, 'x'.repeat(100)));
      await store.discard('', 'k', damaged.subarray(0, 90));
      expect(await store.get('', 'k')).toEqual(damaged);
      await store.discard('', 'k', damaged);
      expect(await store.get('', 'k')).toBeUndefined();
      await store.discard('', 'k', damaged);
    });

    it('removes an empty value, and leaves another type', async () => {
      await ask('SET', 'cz1:main::{k}', '');
      await store.discard('', 'k', Buffer.alloc(0));
      expect(await ask('EXISTS', 'cz1:main::{k}')).toBe(0);
      await ask('LPUSH', 'cz1:main::{k}', 'x');
      await store.discard('', 'k', stamped(1));
      expect(await ask('EXISTS', 'cz1:main::{k}')).toBe(1);
    });
  });

  describe('locks', () => {
    it('have one holder, who may take them again', async () => {
      const fence = await store.lock('', 'k', 'a', 10_000);
      expect(fence).toBeGreaterThan(0);
      expect(await store.lock('', 'k', 'b', 10_000)).toBeUndefined();
      expect(await store.lock('', 'k', 'a', 10_000)).toBeGreaterThan(fence!);
      expect(await store.lock('', 'other', 'b', 10_000)).toBeGreaterThan(0);
    });

    it('give each holder a greater fence: microseconds of the server', async () => {
      const fences: number[] = [];
      for (let index = 0; index < 50; index++) {
        fences.push((await store.lock('', 'k', `t${index}`, 10_000)) ?? NaN);
        await store.unlock('', 'k', `t${index}`);
      }
      expect(fences.every((fence, i) => i === 0 || fence > fences[i - 1]!)).toBe(true);
      expect(Math.abs(fences[0]! / 1000 - Date.now())).toBeLessThan(60_000);
    });

    it('are prolonged and released by their holder only', async () => {
      await store.lock('', 'k', 'a', 5_000);
      expect(await store.extendLock('', 'k', 'b', 60_000)).toBe(false);
      expect(await store.extendLock('', 'k', 'a', 60_000)).toBe(true);
      expect(Number(await ask('PTTL', 'cz1:main::{k}:l'))).toBeGreaterThan(50_000);
      await store.unlock('', 'k', 'b');
      expect(await store.lock('', 'k', 'b', 5_000)).toBeUndefined();
      await store.unlock('', 'k', 'a');
      expect(await store.extendLock('', 'k', 'a', 60_000)).toBe(false);
      expect(await store.lock('', 'k', 'b', 5_000)).toBeGreaterThan(0);
    });

    it('end by themselves', async () => {
      await store.lock('', 'k', 'a', 20);
      await until('the lock to end', () => store.lock('', 'k', 'b', 5_000));
      expect(await store.extendLock('', 'k', 'a', 5_000)).toBe(false);
    });
  });

  describe('epochs', () => {
    it('are 0 where there are none, and hold a hard and a soft stamp', async () => {
      await store.raiseEpochs(['x', '}y'], 'hard', 5, 60_000);
      await store.raiseEpochs(['}y', 'z'], 'soft', 7.5, 60_000);
      expect(await store.readEpochs(['none', 'x', '}y', 'z'])).toEqual([
        [0, 0],
        [5, 0],
        [5, 7.5],
        [0, 7.5],
      ]);
      expect(await store.readEpochs([])).toEqual([]);
      await store.raiseEpochs([], 'hard', 5, 60_000);
    });

    it('are never lowered, and live as long as the longest asked for', async () => {
      const now = Date.now() * 1000;
      await store.raiseEpochs(['t'], 'hard', now, 60_000);
      await store.raiseEpochs(['t'], 'hard', now - 1, 1_000);
      expect(await store.readEpochs(['t'])).toEqual([[now, 0]]);
      expect(Number(await ask('PTTL', 'cz1:main:@{t}:e'))).toBeGreaterThan(50_000);
      await store.raiseEpochs(['t'], 'soft', 1, Infinity);
      await store.raiseEpochs(['t'], 'soft', 2, 1_000);
      expect(await ask('PTTL', 'cz1:main:@{t}:e')).toBe(-1);
    });

    it('reject when one of them cannot be raised', async () => {
      await ask('LPUSH', 'cz1:main:@{t}:e', 'x');
      const error = await outcome(store.raiseEpochs(['a', 't'], 'hard', 5, 60_000));
      expect(error).toBeInstanceOf(Error);
      expect(store.faultOf(error)).toBe('request');
    });
  });

  describe('scan and sweep', () => {
    const all = (ns: string, prefix: string): Promise<string[]> => collect(store.scan(ns, prefix));
    const put = (ns: string, keys: string[], created = 1): Promise<unknown> =>
      store.setMany(
        ns,
        keys.map((key) => ({ key, bytes: stamped(created), ttl: 60_000 })),
      );

    it('finds the keys of a namespace by their beginning, locks and epochs left out', async () => {
      await put('a', ['user:1', 'user:2', 'item:1', '}x', '%x']);
      await put('a/b', ['user:3']);
      await put('', ['user:4']);
      await store.lock('a', 'user:9', 't', 10_000);
      await store.raiseEpochs(['user:8'], 'hard', 1, 10_000);
      expect(await all('a', 'user:')).toEqual(['user:1', 'user:2']);
      expect(await all('a', '')).toEqual(['%x', 'item:1', 'user:1', 'user:2', '}x']);
      expect(await all('a', '}')).toEqual(['}x']);
      expect(await all('none', '')).toEqual([]);
    });

    it('takes glob characters for themselves', async () => {
      const odd = ['[*?]a', '[*?]b', 'xa', '*', '?', 'a\\b', '[x]'];
      await put('n*[s]', odd);
      await put('nxs', ['[*?]c']);
      expect(await all('n*[s]', '[*?]')).toEqual(['[*?]a', '[*?]b']);
      expect(await all('n*[s]', '*')).toEqual(['*']);
      expect(await all('n*[s]', 'a\\')).toEqual(['a\\b']);
      expect(await all('n*[s]', '')).toEqual(odd.toSorted());
    });

    it('finds thousands of keys by pages', async () => {
      const keys = Array.from({ length: 3_000 }, (_, index) => `k${index}`);
      await put('big', keys);
      let pages = 0;
      for await (const page of store.scan('big', '')) pages += page.length > 0 ? 1 : NaN;
      expect(pages).toBeGreaterThan(3);
      expect(await all('big', '')).toEqual(keys.toSorted());
    });

    it('sweeps a namespace and those within it, only what is older', async () => {
      await put('a', ['old'], 5);
      await put('a', ['new'], 20);
      await put('a/b', ['old'], 5);
      await put('ab', ['old'], 5);
      await put('', ['old'], 5);
      expect(await store.sweep('a', 10)).toBe(2);
      expect(await all('a', '')).toEqual(['new']);
      expect(await all('ab', '')).toEqual(['old']);
      expect(await store.sweep('', 10)).toBe(2);
      expect(await all('a', '')).toEqual(['new']);
      expect(await store.sweep('', Infinity)).toBe(1);
    });

    it('leaves alone what is not an entry of this cache', async () => {
      const own = open({ client }).store;
      const neighbour = open({ client }, 'main2').store;
      const foreign = {
        'basket:1': 'of another application',
        'cz1:main:x:{short}': 'short',
        'cz1:main:x:{text}': 'a text without magic, of more than 16 bytes',
        'cz1:mainx': 'y'.repeat(40),
        'cz2:main:x:{k}': stamped(1).toString('latin1'),
      };
      for (const [key, text] of Object.entries(foreign)) await ask('SET', key, text);
      await ask('RPUSH', 'cz1:main:x:{list}', 'a');
      await neighbour.set('x', { key: 'k', bytes: stamped(1), ttl: 60_000 });
      await own.lock('x', 'k', 'a token that is longer than 16 bytes', 10_000);
      await own.raiseEpochs(['tag'], 'hard', 1, 60_000);
      await put('x', ['mine']);
      expect(await own.sweep('', Infinity)).toBe(1);
      expect(await ask('DBSIZE')).toBe(Object.keys(foreign).length + 4);
      expect(String(await ask('INFO', 'commandstats'))).not.toMatch(/cmdstat_(keys|flushdb):/);
    });
  });

  describe('itself', () => {
    it('tells the time of the server, answers pings and probes writes', async () => {
      expect(Math.abs((await store.time()) - Date.now())).toBeLessThan(60_000);
      await store.ping();
      await store.probeWrite();
      expect(Number(await ask('PTTL', 'cz1:main:@:canary'))).toBeGreaterThan(0);
      expect(store.backend).toBe('redis standalone');
    });

    it('co-locates keys by hashTag, and rejects when hashTag throws', async () => {
      const tagged = open({ client, hashTag: (key) => key.split(':')[0]! }).store;
      await tagged.set('', { key: 'cart:1', bytes: stamped(1), ttl: 60_000 });
      expect(await ask('EXISTS', 'cz1:main::#{cart}cart:1}')).toBe(1);
      expect(await tagged.get('', 'cart:1')).toEqual(stamped(1));
      expect(await collect(tagged.scan('', 'cart'))).toEqual(['cart:1']);
      const broken = open({
        client,
        hashTag: () => {
          throw new Error('no tag');
        },
      }).store;
      expect(await outcome(broken.get('', 'k'))).toEqual(new Error('no tag'));
      expect(await outcome(broken.getMany('', ['k']))).toEqual(new Error('no tag'));
    });

    it('keeps caches of other prefixes and names apart', async () => {
      const other = open({ client, prefix: 'shop' }).store;
      await store.set('', { key: 'k', bytes: stamped(1), ttl: 60_000 });
      expect(await other.get('', 'k')).toBeUndefined();
      expect(await open({ client }, 'second').store.get('', 'k')).toBeUndefined();
      expect(await open({ client }).store.get('', 'k')).toEqual(stamped(1));
    });

    it('rejects at once when closed, and never closes a client that was given', async () => {
      const { store: second, states } = open({ client });
      await second.close();
      await second.close();
      expect(second.state).toBe('closed');
      expect(states.at(-1)).toBe('closed');
      const error = await outcome(second.get('', 'k'));
      expect(error).toMatchObject({ code: 'CATZ_TIERS_REMOTE' });
      expect(second.faultOf(error)).toBe('down');
      expect(await outcome(second.ping())).toMatchObject({ code: 'CATZ_TIERS_REMOTE' });
      expect(client.status).toBe('ready');
      expect(await store.get('', 'k')).toBeUndefined();
    });
  });
});
