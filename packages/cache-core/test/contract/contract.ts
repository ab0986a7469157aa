// The rules every backend keeps, as a suite: run for 'native' and 'js' alike.
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { openCache } from '../../src/index.ts';
import type { Cache, CacheOptions } from '../../src/index.ts';
import { advance, clockOf, setClock } from '../../src/testing.ts';

type Backend = 'native' | 'js';

let serial = 0;

/** Describes what a cache of the backend does. */
export function describeCache(backend: Backend): void {
  const opened: Cache[] = [];
  afterEach(() => {
    for (const cache of opened.splice(0)) cache.close();
  });

  function open(options: CacheOptions = {}, name?: string): Cache {
    const all: CacheOptions = { maxBytes: 2 ** 20, sweepInterval: false, backend, ...options };
    const cache = name === undefined ? openCache(all) : openCache(name, all);
    opened.push(cache);
    return cache;
  }

  const uniqueName = () => `contract-${backend}-${process.pid}-${serial++}`;
  const text = (value?: Uint8Array) =>
    value === undefined ? value : Buffer.from(value).toString();

  describe('keys and values', () => {
    it('gives back what was stored', () => {
      const cache = open();
      expect(cache.set('a', 'text')).toBe(true);
      expect(cache.set('b', Buffer.from([0, 255, 128]))).toBe(true);
      expect(text(cache.get('a'))).toBe('text');
      expect(cache.get('b')).toEqual(Buffer.from([0, 255, 128]));
      expect(cache.get('absent')).toBeUndefined();
    });

    it('gives real Buffers', () => {
      const cache = open();
      cache.set('a', 'text');
      for (let i = 0; i < 5; i++) {
        const value = cache.get('a');
        expect(Buffer.isBuffer(value)).toBe(true);
        expect(Object.getPrototypeOf(value)).toBe(Buffer.prototype);
      }
    });

    it('keeps empty values and the empty key', () => {
      const cache = open();
      cache.set('', 'empty key');
      cache.set('empty value', '');
      cache.set('empty bytes', new Uint8Array(0));
      for (let i = 0; i < 6; i++) {
        expect(text(cache.get(''))).toBe('empty key');
        expect(cache.get('empty value')).toEqual(Buffer.alloc(0));
        expect(cache.get('empty bytes')).toEqual(Buffer.alloc(0));
        expect(cache.getRecord('empty value')?.bytes.length).toBe(0);
      }
      expect(cache.has('')).toBe(true);
      expect(cache.getInto('empty value', new Uint8Array(0))).toBe(0);
      expect([...cache.keys()].sort()).toEqual(['', 'empty bytes', 'empty value']);
    });

    it('treats a string key and its UTF-8 bytes as one key', () => {
      const cache = open();
      for (const key of ['plain', 'é', '日本語', '🐈', 'a'.repeat(600), 'ü'.repeat(500)]) {
        cache.set(key, `by string ${key}`);
        expect(text(cache.get(Buffer.from(key)))).toBe(`by string ${key}`);
        cache.set(Uint8Array.from(Buffer.from(key)), `by bytes ${key}`);
        expect(text(cache.get(key))).toBe(`by bytes ${key}`);
      }
    });

    it('tells lone surrogates from each other, from U+FFFD and from pairs', () => {
      const cache = open();
      const keys = [
        '\ud83d',
        '\udc08',
        '\ud83d\udc08',
        '\udc08\ud83d',
        '\ufffd',
        'x\ud800',
        'x\ud801',
      ];
      keys.forEach((key, i) => cache.set(key, String(i)));
      expect(keys.map((key) => text(cache.get(key)))).toEqual(keys.map((_, i) => String(i)));
      expect(text(cache.get(Uint8Array.of(0xed, 0xa0, 0xbd)))).toBe('0');
      expect(cache.stats().entries).toBe(keys.length);
    });

    it('keeps keys apart that differ only far behind', () => {
      const cache = open();
      const long = 'k'.repeat(8000);
      cache.set(`${long}1`, 'one');
      cache.set(`${long}2`, 'two');
      cache.set(long, 'none');
      expect(text(cache.get(`${long}1`))).toBe('one');
      expect(text(cache.get(`${long}2`))).toBe('two');
      expect(text(cache.get(long))).toBe('none');
    });

    it('finds keys of every length around the sizes of its buffers', () => {
      const cache = open({ maxBytes: 8 * 2 ** 20 });
      const lengths = [1, 15, 16, 17, 31, 32, 33, 382, 383, 384, 385, 767, 768, 1151, 1152, 1153];
      for (const unit of ['a', 'é', '日', '\ud800']) {
        for (const length of lengths) {
          const key = unit.repeat(length);
          cache.set(key, `${unit}${length}`);
          expect(text(cache.get(key)), `${length} times ${unit}`).toBe(
            Buffer.from(`${unit}${length}`).toString(),
          );
        }
      }
      expect(cache.stats().entries).toBe(4 * lengths.length);
    });

    it('takes a string for its UTF-8 bytes, wherever the first character beyond ASCII stands', () => {
      const cache = open();
      for (let length = 0; length <= 50; length++) {
        const ascii = Array.from({ length }, (_, i) => String.fromCharCode(33 + i)).join('');
        const all = [ascii];
        for (let at = 0; at < length; at++) {
          for (const odd of ['\u0080', '\u3042', '\u0141']) {
            all.push(ascii.slice(0, at) + odd + ascii.slice(at + 1));
          }
        }
        for (const string of all) {
          cache.set(string, string);
          const bytes = Buffer.from(string);
          expect(cache.get(bytes)?.equals(bytes)).toBe(true);
        }
      }
    });

    it('takes a Uint8Array of another context', () => {
      const cache = open();
      const foreign = runInNewContext('Uint8Array.of(1, 2, 3)') as Uint8Array;
      cache.set('a', foreign);
      cache.set(foreign, 'by bytes');
      expect(cache.get('a')).toEqual(Buffer.from([1, 2, 3]));
      expect(text(cache.get('\x01\x02\x03'))).toBe('by bytes');
      expect(cache.getInto('a', runInNewContext('new Uint8Array(3)') as Uint8Array)).toBe(3);
    });

    it('accepts keys of exactly maxKeyBytes, and refuses longer ones', () => {
      const cache = open({ maxKeyBytes: 65535, maxBytes: 4 * 2 ** 20 });
      cache.set('k'.repeat(65535), 'longest');
      expect(text(cache.get('k'.repeat(65535)))).toBe('longest');
      const longer = [
        'k'.repeat(65536),
        'é'.repeat(32768),
        Buffer.alloc(65536),
        'k'.repeat(2 ** 20),
      ];
      for (const key of longer) {
        expect(() => cache.get(key)).toThrow(
          expect.objectContaining({ code: 'CATZ_CACHE_KEY_SIZE' }),
        );
      }
      expect(text(cache.get('k'.repeat(65535)))).toBe('longest');
    });

    it('stores strings as UTF-8, the way Buffer.from does', () => {
      const cache = open();
      const values = [
        'plain',
        'é',
        'a🐈z',
        '日本語'.repeat(3000),
        'x\ud800y',
        '\udc00',
        'ascii'.repeat(4000),
      ];
      for (const value of values) {
        cache.set('v', value);
        expect(cache.get('v')).toEqual(Buffer.from(value));
      }
    });

    it('gives back values of every size', () => {
      const cache = open({ maxBytes: 16 * 2 ** 20, maxValueBytes: 2 ** 20 });
      const sizes = [0, 1, 7, 8, 9, 100, 4096, 16383, 16384, 16385, 65536, 100_000, 2 ** 20];
      for (const size of sizes) {
        const value = Buffer.alloc(size, size % 251);
        expect(cache.set('v', value)).toBe(true);
        for (let i = 0; i < 5; i++) {
          expect(cache.get('v')?.equals(value), `get of ${size}`).toBe(true);
          expect(cache.peek('v')?.equals(value), `peek of ${size}`).toBe(true);
        }
      }
    });

    it('copies a value when it is stored', () => {
      const cache = open();
      const value = Buffer.from('before');
      cache.set('a', value);
      value.write('behind');
      expect(text(cache.get('a'))).toBe('before');
    });

    it('gives private bytes with copy', () => {
      const cache = open();
      cache.set('a', 'value');
      for (let i = 0; i < 6; i++) {
        cache.get('a', { copy: true })!.fill(0);
        expect(text(cache.get('a'))).toBe('value');
      }
      const copying = open({ copy: true });
      copying.set('a', 'value');
      copying.set('large', Buffer.alloc(20_000, 1));
      for (let i = 0; i < 6; i++) {
        copying.get('a')!.fill(0);
        copying.peek('a')!.fill(0);
        copying.get('large')!.fill(0);
        expect(text(copying.get('a', { copy: false }))).toBe('value');
        expect(copying.get('large')![0]).toBe(1);
      }
    });

    it('reads into memory of the caller', () => {
      const cache = open();
      cache.set('a', 'value');
      const target = new Uint8Array(8);
      expect(cache.getInto('a', target)).toBe(5);
      expect(Buffer.from(target).toString('latin1')).toBe('value\0\0\0');
      expect(cache.getInto('absent', target)).toBe(-1);
      const small = new Uint8Array(4);
      expect(cache.getInto('a', small)).toBe(-6);
      expect(small).toEqual(new Uint8Array(4));
      expect(cache.stats()).toMatchObject({ hits: 1, misses: 1 });
    });
  });

  describe('set, delete, clear', () => {
    it('replaces a value by a shorter and a longer one', () => {
      const cache = open();
      for (const value of ['middle', 's', 'x'.repeat(5000), '', 'again']) {
        cache.set('a', value);
        expect(text(cache.get('a'))).toBe(value);
      }
      expect(cache.stats().entries).toBe(1);
    });

    it('removes the old value when it refuses the new one', () => {
      const cache = open({ maxValueBytes: 1000 });
      for (const tooLarge of [
        Buffer.alloc(1001),
        'x'.repeat(1001),
        'é'.repeat(501),
        'x'.repeat(20_000),
      ]) {
        cache.set('a', 'old');
        expect(cache.set('a', tooLarge)).toBe(false);
        expect(cache.has('a')).toBe(false);
      }
      expect(cache.stats().refused.tooLarge).toBe(4);
      expect(cache.set('a', Buffer.alloc(1000))).toBe(true);
    });

    it('says whether there was something to delete', () => {
      const cache = open();
      cache.set('a', '1');
      expect(cache.delete('a')).toBe(true);
      expect(cache.delete('a')).toBe(false);
      expect(cache.get('a')).toBeUndefined();
      expect(cache.stats().deletes).toBe(1);
    });

    it('forgets everything on clear', () => {
      const cache = open();
      for (let i = 0; i < 500; i++) cache.set(`k${i}`, 'value');
      for (let i = 0; i < 5; i++) cache.get('k1');
      cache.clear();
      expect(cache.get('k1')).toBeUndefined();
      expect([...cache.keys()]).toEqual([]);
      expect(cache.stats()).toMatchObject({ entries: 0, bytes: { live: 0 } });
      cache.set('k1', 'new');
      expect(text(cache.get('k1'))).toBe('new');
    });

    it('works on many keys at once', () => {
      const cache = open();
      const entries = [
        ['a', '1'],
        ['b', Buffer.from('2')],
        [Buffer.from('c'), '3', { ttl: 50 }],
      ] as const;
      expect(cache.setMany(entries)).toBe(3);
      expect(cache.getMany(['a', 'x', 'b', 'c']).map(text)).toEqual(['1', undefined, '2', '3']);
      expect(cache.ttl('c')).toBeGreaterThan(0);
      expect(cache.deleteMany(['a', 'x', 'c'])).toBe(2);
      expect(cache.getMany(new Set(['a', 'b'])).map(text)).toEqual([undefined, '2']);
    });

    it('counts refused values of setMany as not stored', () => {
      const cache = open({ maxValueBytes: 10 });
      expect(
        cache.setMany([
          ['a', '1'],
          ['b', 'x'.repeat(11)],
        ]),
      ).toBe(1);
    });
  });

  describe('time to live', () => {
    it('expires at its time, and not before', () => {
      const cache = open();
      setClock(cache, 1000);
      cache.set('a', 'value', { ttl: 100 });
      advance(cache, 99);
      expect(text(cache.get('a'))).toBe('value');
      expect(cache.ttl('a')).toBe(1);
      advance(cache, 1);
      expect(cache.get('a')).toBeUndefined();
      expect(cache.has('a')).toBe(false);
      expect(cache.peek('a')).toBeUndefined();
      expect(cache.getRecord('a')).toBeUndefined();
      expect(cache.ttl('a')).toBeUndefined();
      expect(cache.delete('a')).toBe(false);
      expect(cache.touch('a', { ttl: 100 })).toBe(false);
      expect(cache.stats()).toMatchObject({ expirations: 1, expired: { onRead: 1, swept: 0 } });
    });

    it('expires at its time also when it is hot', () => {
      const cache = open();
      setClock(cache, 1000);
      cache.set('a', 'value', { ttl: 100 });
      for (let i = 0; i < 200; i++) expect(text(cache.get('a'))).toBe('value');
      advance(cache, 99);
      for (let i = 0; i < 200; i++) expect(text(cache.get('a'))).toBe('value');
      advance(cache, 1);
      expect(cache.has('a')).toBe(false);
      expect(cache.get('a')).toBeUndefined();
    });

    it('rounds fractions up', () => {
      const cache = open();
      setClock(cache, 0);
      cache.set('a', 'value', { ttl: 0.001 });
      cache.set('b', 'value', { ttl: 1.5 });
      expect(cache.ttl('a')).toBe(1);
      expect(cache.ttl('b')).toBe(2);
    });

    it('uses the default of the cache, which a call may replace', () => {
      const cache = open({ ttl: 50.5 });
      setClock(cache, 0);
      cache.set('default', '');
      cache.set('absent option', '', {});
      cache.set('undefined option', '', { ttl: undefined });
      cache.set('own', '', { ttl: 70 });
      cache.set('never', '', { ttl: Infinity });
      expect(
        ['default', 'absent option', 'undefined option', 'own', 'never'].map((key) =>
          cache.ttl(key),
        ),
      ).toEqual([51, 51, 51, 70, Infinity]);
    });

    it('never expires without any ttl', () => {
      const cache = open();
      setClock(cache, 0);
      cache.set('a', 'value');
      expect(cache.ttl('a')).toBe(Infinity);
      setClock(cache, 2 ** 46);
      expect(text(cache.get('a'))).toBe('value');
    });

    it('accepts the longest ttl', () => {
      const cache = open();
      setClock(cache, 0);
      cache.set('a', 'value', { ttl: 2 ** 46 });
      for (let i = 0; i < 5; i++) expect(text(cache.get('a'))).toBe('value');
      setClock(cache, 2 ** 46 - 1);
      for (let i = 0; i < 5; i++) expect(text(cache.get('a'))).toBe('value');
      setClock(cache, 2 ** 46);
      expect(cache.get('a')).toBeUndefined();
    });

    it('touch gives a new time to live', () => {
      const cache = open({ ttl: 30 });
      setClock(cache, 0);
      cache.set('a', 'value', { ttl: 100 });
      for (let i = 0; i < 5; i++) cache.get('a');
      advance(cache, 90);
      expect(cache.touch('a', { ttl: 200 })).toBe(true);
      expect(cache.ttl('a')).toBe(200);
      advance(cache, 150);
      expect(text(cache.get('a'))).toBe('value');
      expect(cache.touch('a')).toBe(true);
      expect(cache.ttl('a')).toBe(30);
      expect(cache.touch('a', { ttl: Infinity })).toBe(true);
      expect(cache.ttl('a')).toBe(Infinity);
      expect(cache.touch('absent')).toBe(false);
    });

    it('goes back to the system clock', () => {
      const cache = open();
      setClock(cache, 5_000_000);
      expect(clockOf(cache)).toBe(5_000_000);
      setClock(cache, false);
      expect(clockOf(cache)).toBeLessThan(5_000_000);
    });
  });

  describe('records', () => {
    it('keep a decoded form as long as the value is the same', () => {
      const cache = open();
      cache.set('a', '{"n":1}');
      for (let i = 0; i < 4; i++) cache.getRecord('a');
      const record = cache.getRecord('a')!;
      record.aux = JSON.parse(record.bytes.toString());
      expect(cache.getRecord('a')).toBe(record);
      expect(cache.getRecord('a')!.aux).toEqual({ n: 1 });
      cache.set('a', '{"n":2}');
      const next = cache.getRecord('a')!;
      expect(next.aux).toBeUndefined();
      expect(text(next.bytes)).toBe('{"n":2}');
      expect(text(record.bytes)).toBe('{"n":1}');
    });

    it('tell when they expire, on the clock of the cache', () => {
      const cache = open();
      setClock(cache, 1000);
      cache.set('a', '1', { ttl: 500 });
      cache.set('b', '2');
      for (let i = 0; i < 5; i++) {
        expect(cache.getRecord('a')!.expiresAt).toBe(1500);
        expect(cache.getRecord('b')!.expiresAt).toBe(Infinity);
      }
    });

    it('exist for keys of bytes and for large values', () => {
      const cache = open({ maxBytes: 4 * 2 ** 20 });
      cache.set('a', 'x'.repeat(50_000));
      for (let i = 0; i < 5; i++) {
        expect(cache.getRecord('a')!.bytes.length).toBe(50_000);
        expect(cache.getRecord(Buffer.from('a'))!.bytes.length).toBe(50_000);
      }
    });
  });

  describe('keys', () => {
    it('lists every key once', () => {
      const cache = open({ maxBytes: 8 * 2 ** 20 });
      const expected = Array.from({ length: 5000 }, (_, i) => `key:${i}`).sort();
      for (const key of expected) cache.set(key, 'v');
      expect([...cache.keys()].sort()).toEqual(expected);
    });

    it('lists by prefix and up to a limit', () => {
      const cache = open();
      for (const key of ['a:1', 'a:2', 'b:1', 'é:1', 'é']) cache.set(key, 'v');
      expect([...cache.keys({ prefix: 'a:' })].sort()).toEqual(['a:1', 'a:2']);
      expect([...cache.keys({ prefix: 'é' })].sort()).toEqual(['é', 'é:1']);
      expect([...cache.keys({ prefix: 'none' })]).toEqual([]);
      expect([...cache.keys({ prefix: 'x'.repeat(9000) })]).toEqual([]);
      expect([...cache.keys({ limit: 2 })].length).toBe(2);
      expect([...cache.keys({ limit: 0 })]).toEqual([]);
    });

    it('gives Buffers for keys that are not text, or for all on request', () => {
      const cache = open();
      cache.set(Uint8Array.of(0xff, 0), 'v');
      cache.set('text', 'v');
      cache.set('\ud800', 'v');
      const keys = [...cache.keys()];
      expect(keys).toContain('text');
      expect(keys).toContainEqual(Buffer.of(0xff, 0));
      expect(keys).toContainEqual(Buffer.of(0xed, 0xa0, 0x80));
      const buffers = [...cache.keys({ as: 'buffer' })];
      expect(buffers.every((key) => Buffer.isBuffer(key))).toBe(true);
      expect(buffers).toContainEqual(Buffer.from('text'));
    });

    it('leaves out what has expired', () => {
      const cache = open();
      setClock(cache, 0);
      cache.set('short', 'v', { ttl: 10 });
      cache.set('long', 'v', { ttl: 1000 });
      advance(cache, 20);
      expect([...cache.keys()]).toEqual(['long']);
    });

    it('iterates twice at the same time, over a cache that changes', () => {
      const cache = open({ maxBytes: 8 * 2 ** 20 });
      for (let i = 0; i < 2000; i++) cache.set(`stable${i}`, 'v');
      const seen = new Map<string, number>();
      const other = cache.keys();
      for (const key of cache.keys()) {
        seen.set(String(key), (seen.get(String(key)) ?? 0) + 1);
        other.next();
        cache.set(`new${seen.size}`, 'v');
        cache.delete(`new${seen.size - 10}`);
      }
      for (let i = 0; i < 2000; i++) expect(seen.get(`stable${i}`)).toBe(1);
    });

    it('throws when the cache is closed meanwhile', () => {
      const cache = open({ maxBytes: 8 * 2 ** 20 });
      for (let i = 0; i < 5000; i++) cache.set(`k${i}`, 'v');
      const keys = cache.keys();
      keys.next();
      cache.close();
      expect(() => [...keys]).toThrow(expect.objectContaining({ code: 'CATZ_CACHE_CLOSED' }));
    });
  });

  describe('stats', () => {
    it('count what happened', () => {
      const cache = open();
      cache.set('a', '1');
      cache.set('a', '2');
      for (let i = 0; i < 8; i++) cache.get('a');
      cache.getRecord('a');
      cache.getMany(['a', 'x']);
      cache.get('y');
      cache.peek('a');
      cache.has('a');
      cache.has('x');
      cache.delete('a');
      const stats = cache.stats();
      expect(stats).toMatchObject({ hits: 10, misses: 2, sets: 2, deletes: 1, entries: 0 });
      expect(stats.hitRatio).toBeCloseTo(10 / 12);
      expect(stats.nearHits).toBeLessThanOrEqual(stats.hits);
      expect(stats.backend).toBe(backend);
      expect(stats.shared).toBe(backend === 'native');
      expect(stats.isolates).toBe(1);
      expect(stats.capacity).toBe(2 ** 20);
      expect(stats.bytes.max).toBe(2 ** 20);
      expect(stats.bytes.free).toBe(stats.bytes.max - stats.bytes.used);
    });

    it('are 0, ratio included, before the first event and after a reset', () => {
      const cache = open();
      const zero = {
        hits: 0,
        nearHits: 0,
        misses: 0,
        hitRatio: 0,
        sets: 0,
        deletes: 0,
        evictions: 0,
      };
      expect(cache.stats()).toMatchObject(zero);
      cache.set('a', '1');
      for (let i = 0; i < 9; i++) cache.get('a');
      cache.get('x');
      expect(cache.stats().hitRatio).toBe(0.9);
      cache.resetStats();
      expect(cache.stats()).toMatchObject({ ...zero, entries: 1 });
      for (let i = 0; i < 4; i++) cache.get('a');
      expect(cache.stats()).toMatchObject({ hits: 4, misses: 0, hitRatio: 1 });
    });

    it('stay within the bound, and count what was evicted', () => {
      const cache = open({ maxBytes: 2 ** 20, maxValueBytes: 4096 });
      for (let i = 0; i < 2000; i++) {
        expect(cache.set(`key${i}`, Buffer.alloc(2048, i))).toBe(true);
        if (i % 50 === 0) {
          const { used, max } = cache.stats().bytes;
          expect(used).toBeLessThanOrEqual(max);
        }
      }
      const { entries, evictions, evictedUnread, sets } = cache.stats();
      expect(entries + evictions).toBe(sets);
      expect(evictedUnread).toBe(evictions);
      expect(entries).toBeGreaterThan(50);
    });
  });

  describe('resize', () => {
    it('evicts on the way down and takes more on the way up', () => {
      const cache = open({ maxBytes: 4 * 2 ** 20, maxValueBytes: 4096 });
      const fill = () => {
        for (let i = 0; i < 6000; i++) cache.set(`key${i}`, Buffer.alloc(1024));
        return cache.stats().entries;
      };
      const before = fill();
      cache.resize(2 * 2 ** 20);
      expect(cache.stats().bytes.max).toBe(2 * 2 ** 20);
      expect(cache.stats().bytes.used).toBeLessThanOrEqual(2 * 2 ** 20);
      expect(cache.stats().entries).toBeLessThan(before);
      expect(fill()).toBeLessThan(before * 0.7);
      cache.resize(8 * 2 ** 20);
      expect(fill()).toBeGreaterThan(before * 1.2);
    });

    it('refuses bounds it cannot have, and keeps the old one', () => {
      const cache = open({
        maxBytes: 4 * 2 ** 20,
        maxValueBytes: 2 ** 20,
        reserveBytes: 8 * 2 ** 20,
      });
      cache.set('a', 'value');
      for (const bad of [8 * 2 ** 20 + 1, 2 ** 20, 0, -1, NaN, 4_194_304.5, '8388608' as never]) {
        expect(() => cache.resize(bad)).toThrow(
          expect.objectContaining({ code: 'CATZ_CACHE_RESIZE', name: expect.anything() }),
        );
      }
      expect(cache.stats().bytes.max).toBe(4 * 2 ** 20);
      expect(text(cache.get('a'))).toBe('value');
      cache.resize(8 * 2 ** 20);
      expect(cache.stats().bytes.max).toBe(8 * 2 ** 20);
    });
  });

  describe('names', () => {
    it('lead to the same values', () => {
      const name = uniqueName();
      const one = open({}, name);
      const two = open({}, name);
      one.set('a', 'value');
      expect(text(two.get('a'))).toBe('value');
      for (let i = 0; i < 5; i++) two.get('a');
      one.set('a', 'other');
      expect(text(two.get('a'))).toBe('other');
      expect(one.name).toBe(name);
      expect(one.stats().isolates).toBe(1);
    });

    it('end with the last handle', () => {
      const name = uniqueName();
      const one = open({}, name);
      const two = open({}, name);
      one.set('a', 'value');
      for (let i = 0; i < 5; i++) one.get('a');
      one.close();
      expect(text(two.get('a'))).toBe('value');
      two.close();
      const three = open({ maxBytes: 2 * 2 ** 20 }, name);
      expect(three.get('a')).toBeUndefined();
      expect(three.stats().bytes.max).toBe(2 * 2 ** 20);
    });

    it('keep private caches apart', () => {
      const one = open();
      const two = open();
      one.set('a', 'value');
      expect(two.get('a')).toBeUndefined();
      expect(one.name).toBeUndefined();
    });

    it('keep what the first opener decided', () => {
      const name = uniqueName();
      const first = open({ ttl: 100, maxKeyBytes: 100, maxValueBytes: 5000 }, name);
      expect(() => open({ ttl: 100 }, name)).not.toThrow();
      const silent = openCache(name, { backend });
      opened.push(silent);
      silent.set('a', 'value');
      expect(silent.ttl('a')).toBeLessThanOrEqual(100);
      const contradictions: [CacheOptions, RegExp][] = [
        [{ ttl: 200 }, /ttl: 100, asked for 200/],
        [{ maxBytes: 2 ** 21 }, /maxBytes: 1048576, asked for 2097152/],
        [{ maxKeyBytes: 101 }, /maxKeyBytes: 100, asked for 101/],
        [{ maxValueBytes: 5001 }, /maxValueBytes: 5000, asked for 5001/],
        [{ reserveBytes: 2 ** 23 }, /reserveBytes: 4194304, asked for 8388608/],
        [{ backend: backend === 'js' ? 'native' : 'js' }, /backend/],
      ];
      for (const [options, message] of contradictions) {
        expect(() => openCache(name, { backend, ...options })).toThrow(
          expect.objectContaining({
            code: 'CATZ_CACHE_OPTIONS_MISMATCH',
            message: expect.stringMatching(message),
          }),
        );
      }
      expect(text(first.get('a'))).toBe('value');
      expect(first.stats().isolates).toBe(1);
    });

    it('compare with the bound as it was resized', () => {
      const name = uniqueName();
      open({ maxBytes: 2 ** 20, reserveBytes: 2 ** 22, maxValueBytes: 1000 }, name).resize(2 ** 21);
      expect(() => open({ maxBytes: 2 ** 20 }, name)).toThrow(/maxBytes: 2097152/);
      expect(() => open({ maxBytes: 2 ** 21 }, name)).not.toThrow();
    });

    it('follow the backend that is open', () => {
      const name = uniqueName();
      open({}, name);
      const second = openCache(name);
      opened.push(second);
      expect(second.stats().backend).toBe(backend);
    });

    it('are 1 to 64 plain characters', () => {
      for (const name of ['', 'a b', 'é', 'x'.repeat(65), '../x', 5, null] as string[]) {
        expect(() => openCache(name, { backend })).toThrow(
          expect.objectContaining({ code: 'CATZ_CACHE_NAME' }),
        );
      }
      for (const name of ['x'.repeat(64), 'A-Z.a_z-09']) {
        openCache(name, { backend, maxBytes: 2 ** 20 }).close();
      }
    });
  });

  describe('bad input', () => {
    const badKeys = [
      undefined,
      null,
      5,
      1n,
      {},
      [],
      true,
      Symbol('x'),
      new Uint16Array(2),
      new DataView(new ArrayBuffer(2)),
      new ArrayBuffer(2),
    ];

    it('throws for keys of other types, and changes nothing', () => {
      const cache = open();
      cache.set('a', 'value');
      for (const key of badKeys as never[]) {
        const calls = [
          () => cache.get(key),
          () => cache.getRecord(key),
          () => cache.getInto(key, new Uint8Array(1)),
          () => cache.peek(key),
          () => cache.has(key),
          () => cache.set(key, 'value'),
          () => cache.delete(key),
          () => cache.touch(key),
          () => cache.ttl(key),
          () => cache.getMany([key]),
          () => cache.setMany([[key, 'value']]),
          () => cache.deleteMany([key]),
        ];
        for (const call of calls) {
          expect(call).toThrow(TypeError);
          expect(call).toThrow(expect.objectContaining({ code: 'CATZ_CACHE_KEY' }));
        }
      }
      expect(cache.stats()).toMatchObject({ entries: 1, sets: 1, hits: 0, misses: 0 });
    });

    it('throws for values of other types, and keeps the old value', () => {
      const cache = open();
      cache.set('a', 'value');
      for (const value of [...badKeys, 1.5] as never[]) {
        expect(() => cache.set('a', value)).toThrow(TypeError);
        expect(() => cache.set('a', value)).toThrow(
          expect.objectContaining({ code: 'CATZ_CACHE_VALUE' }),
        );
      }
      expect(text(cache.get('a'))).toBe('value');
    });

    it('throws for targets of other types', () => {
      const cache = open();
      cache.set('a', 'value');
      for (const target of [
        'string',
        undefined,
        new Uint16Array(9),
        new ArrayBuffer(9),
      ] as never[]) {
        expect(() => cache.getInto('a', target)).toThrow(TypeError);
        expect(() => cache.getInto('a', target)).toThrow(
          expect.objectContaining({ code: 'CATZ_CACHE_TARGET' }),
        );
      }
    });

    it('throws for a ttl that is none, and changes nothing', () => {
      const cache = open();
      cache.set('a', 'value', { ttl: 1000 });
      for (const ttl of [
        NaN,
        0,
        -0,
        -1,
        -Infinity,
        2 ** 46 + 1,
        Number.MAX_VALUE,
        '5',
        null,
        5n,
      ] as never[]) {
        for (const call of [
          () => cache.set('a', 'other', { ttl }),
          () => cache.touch('a', { ttl }),
        ]) {
          expect(call).toThrow(RangeError);
          expect(call).toThrow(expect.objectContaining({ code: 'CATZ_CACHE_TTL' }));
        }
        expect(() => open({ ttl })).toThrow(expect.objectContaining({ code: 'CATZ_CACHE_OPTION' }));
      }
      expect(text(cache.get('a'))).toBe('value');
      expect(cache.ttl('a')).toBeLessThanOrEqual(1000);
    });

    it('throws for options it does not know', () => {
      const cache = open();
      const calls = [
        () => cache.set('a', 'value', { tll: 5 } as never),
        () => cache.set('a', 'value', { ttl: 5, tags: ['x'] } as never),
        () => cache.set('a', 'value', 5 as never),
        () => cache.touch('a', null as never),
        () => cache.get('a', { coppy: true } as never),
        () => cache.get('a', { copy: 'yes' } as never),
        () => cache.keys({ perfix: 'a' } as never),
        () => cache.keys({ limit: -1 }),
        () => cache.keys({ as: 'text' } as never),
      ];
      for (const call of calls) {
        expect(call).toThrow(expect.objectContaining({ code: 'CATZ_CACHE_OPTION' }));
      }
      expect(() => cache.set('a', 'v', { tll: 5 } as never)).toThrow(/did you mean ttl/);
      expect(cache.stats().entries).toBe(0);
    });

    it('throws for memory that was transferred away', () => {
      const cache = open();
      cache.set('a', 'value');
      const gone = new Uint8Array(5);
      structuredClone(gone, { transfer: [gone.buffer] });
      expect(() => cache.set('a', gone)).toThrow(
        expect.objectContaining({ code: 'CATZ_CACHE_VALUE' }),
      );
      expect(() => cache.get(gone)).toThrow(expect.objectContaining({ code: 'CATZ_CACHE_KEY' }));
      expect(() => cache.getInto('a', gone)).toThrow(
        expect.objectContaining({ code: 'CATZ_CACHE_TARGET' }),
      );
      expect(text(cache.get('a'))).toBe('value');
    });

    it('throws from every method once closed', () => {
      const name = uniqueName();
      const cache = open({}, name);
      cache.set('a', 'value');
      for (let i = 0; i < 5; i++) cache.get('a');
      cache.close();
      cache.close();
      const calls = [
        () => cache.get('a'),
        () => cache.getRecord('a'),
        () => cache.getInto('a', new Uint8Array(9)),
        () => cache.peek('a'),
        () => cache.has('a'),
        () => cache.set('a', 'v'),
        () => cache.getMany(['a']),
        () => cache.setMany([['a', 'v']]),
        () => cache.delete('a'),
        () => cache.deleteMany(['a']),
        () => cache.touch('a'),
        () => cache.ttl('a'),
        () => cache.clear(),
        () => [...cache.keys()],
        () => cache.stats(),
        () => cache.resetStats(),
        () => cache.resize(2 ** 21),
        () => setClock(cache, 0),
        () => clockOf(cache),
      ];
      for (const call of calls) {
        expect(call).toThrow(expect.objectContaining({ code: 'CATZ_CACHE_CLOSED' }));
      }
      expect(() => cache.get('a')).toThrow(`cache ${name} is closed`);
    });

    it('closes by dispose', () => {
      const cache = open();
      cache[Symbol.dispose]();
      expect(() => cache.get('a')).toThrow(expect.objectContaining({ code: 'CATZ_CACHE_CLOSED' }));
    });
  });
}
