// evictionRing and drainEvicted: what went for want of room, and whether it may still be kept elsewhere.
import { describe, expect, it } from 'vitest';
import type { Cache, Evicted } from '../../src/index.ts';
import { advance, setClock } from '../../src/testing.ts';
import { code, text } from './suite.ts';
import type { Suite } from './suite.ts';

const RING = { maxBytes: 4 * 2 ** 20, minFrequency: 0 };

/** The value of a key by its number. */
function valueOf(i: number, size = 1000): Buffer {
  return Buffer.alloc(size, `${i};`);
}

function drainAll(cache: Cache, maxBytes?: number): Evicted[] {
  const all: Evicted[] = [];
  for (let batch = cache.drainEvicted(maxBytes); batch.length > 0;) {
    all.push(...batch);
    batch = cache.drainEvicted(maxBytes);
  }
  return all;
}

function numberOf({ key }: Evicted): number {
  return Number(String(key).slice(1));
}

/** Describes the eviction ring. */
export function describeEvictionRing({ open, target, uniqueName }: Suite): void {
  describe('evictionRing', () => {
    it('hands out every evicted value once, oldest first, with key, bytes, time left and version', () => {
      const cache = open({ evictionRing: RING });
      setClock(cache, 1000);
      for (let i = 0; i < 3000; i++) {
        cache.set(`k${i}`, valueOf(i), i % 2 === 0 ? {} : { ttl: 5000 });
      }
      const { evictions, evictionRing } = cache.stats();
      expect(evictions).toBeGreaterThan(1000);
      expect(evictionRing).toMatchObject({
        max: RING.maxBytes,
        waiting: evictions,
        kept: evictions,
        dropped: 0,
        outdated: 0,
        tooLarge: 0,
      });
      expect(evictionRing.bytes).toBeGreaterThan(evictions * 1000);
      expect(evictionRing.bytes).toBeLessThanOrEqual(RING.maxBytes);
      advance(cache, 1000);
      const all = drainAll(cache);
      expect(new Set(all.map(({ key }) => key)).size).toBe(evictions);
      for (const evicted of all) {
        const i = numberOf(evicted);
        expect(evicted.bytes.equals(valueOf(i))).toBe(true);
        expect(evicted.ttl).toBe(i % 2 === 0 ? Infinity : 4000);
        expect(cache.has(evicted.key)).toBe(false);
        expect(Number.isSafeInteger(evicted.version)).toBe(true);
      }
      if (target.backend === 'js') expect(all.map(numberOf)).toEqual(all.map((_, i) => i));
      expect(cache.stats().evictionRing).toMatchObject({ waiting: 0, bytes: 0, kept: evictions });
      cache.resetStats();
      expect(cache.stats().evictionRing.kept).toBe(0);
    });

    it('keeps what was read often enough, by default once', () => {
      for (const minFrequency of [undefined, 0, 1, 2, 3]) {
        const cache = open({
          nearCache: false, // which still has what was evicted
          evictionRing: { maxBytes: 4 * 2 ** 20, minFrequency },
        });
        for (let i = 0; i < 200; i++) {
          cache.set(`k${i}`, valueOf(i));
          for (let read = 0; read < i % 5; read++) cache.get(`k${i}`);
          cache.peek(`k${i}`);
          cache.has(`k${i}`);
        }
        for (let i = 0; i < 4000; i++) {
          cache.set(`s${i}`, valueOf(i));
          cache.get(`s${i}`);
        }
        const kept = drainAll(cache).filter(({ key }) => String(key).startsWith('k'));
        const least = minFrequency ?? 1;
        expect(kept.every((evicted) => numberOf(evicted) % 5 >= least)).toBe(true);
        const gone = Array.from({ length: 200 }, (_, i) => i).filter((i) => !cache.has(`k${i}`));
        expect(kept.map(numberOf).sort((a, b) => a - b)).toEqual(
          gone.filter((i) => i % 5 >= least),
        );
        expect(kept.length).toBeGreaterThan(30);
      }
    });

    it('keeps nothing that left for another reason', () => {
      const cache = open({ evictionRing: RING });
      setClock(cache, 1000);
      cache.set('deleted', '1');
      cache.delete('deleted');
      cache.set('replaced', '1');
      cache.set('replaced', valueOf(1));
      cache.set('expired', '1', { ttl: 10 });
      cache.set('invalid', '1', { tags: ['x'] });
      cache.invalidateTag('x');
      advance(cache, 20);
      expect(cache.getMany(['deleted', 'expired', 'invalid'])).toEqual(Array(3).fill(undefined));
      cache.clear();
      cache.set('due', '1', { ttl: 10 });
      cache.set('void', '1', { tags: ['x'] });
      cache.invalidateTag('x');
      advance(cache, 20);
      for (let i = 0; i < 3000; i++) cache.set(`k${i}`, valueOf(i));
      const all = drainAll(cache);
      expect(all.length).toBeGreaterThan(1000);
      expect(all.every(({ key }) => String(key).startsWith('k'))).toBe(true);
    });

    it('hands out nothing that has expired or was invalidated or cleared while it waited', () => {
      const cache = open({ evictionRing: RING });
      setClock(cache, 1000);
      const options = [{}, { ttl: 100 }, { tags: ['x'] }];
      const fill = () => {
        for (let i = 0; i < 3000; i++) cache.set(`k${i}`, valueOf(i), options[i % 3]);
      };
      fill();
      const { waiting } = cache.stats().evictionRing;
      advance(cache, 100);
      cache.invalidateTag('x');
      const all = drainAll(cache);
      expect(all.length).toBeGreaterThan(300);
      expect(all.every((evicted) => numberOf(evicted) % 3 === 0)).toBe(true);
      expect(cache.stats().evictionRing).toMatchObject({
        outdated: waiting - all.length,
        waiting: 0,
      });
      fill();
      cache.clear();
      expect(drainAll(cache)).toEqual([]);
      expect(cache.stats().evictionRing.waiting).toBe(0);
    });

    it('tells by the version whether the key was written since', () => {
      const cache = open({ maxBytes: 8 * 2 ** 20, maxValueBytes: 4096, evictionRing: RING });
      for (let i = 0; i < 12_000; i++) cache.set(`k${i}`, valueOf(i));
      drainAll(cache);
      cache.resize(4 * 2 ** 20);
      const all = drainAll(cache);
      expect(all.length).toBeGreaterThan(500);
      expect(all.filter(({ key, version }) => cache.version(key) !== version)).toEqual([]);
      cache.delete(all[0]!.key);
      cache.set(all[1]!.key, 'new');
      for (const { key, version } of all.slice(0, 2)) expect(cache.version(key)).not.toBe(version);
    });

    it('drops the oldest when it is full, and takes no value above an eighth of it', () => {
      const cache = open({ evictionRing: { maxBytes: 40_000, minFrequency: 0 } });
      for (let i = 0; i < 3000; i++) cache.set(`k${i}`, valueOf(i, i % 10 === 0 ? 5000 : 1000));
      const { evictionRing: ring } = cache.stats();
      expect(ring.tooLarge).toBeGreaterThan(50);
      expect(ring.dropped).toBe(ring.kept - ring.waiting);
      expect(ring.waiting).toBeGreaterThan(20);
      expect(ring.bytes).toBeLessThanOrEqual(40_000);
      const all = drainAll(cache);
      expect(all.length).toBe(ring.waiting);
      expect(all.every((evicted) => evicted.bytes.equals(valueOf(numberOf(evicted))))).toBe(true);
    });

    it('gives batches of about the size asked for, and one value whatever its size', () => {
      const cache = open({ evictionRing: RING });
      for (let i = 0; i < 3000; i++) cache.set(`k${i}`, valueOf(i));
      expect(cache.drainEvicted(1).length).toBe(1);
      expect(cache.drainEvicted(5000).length).toBe(4);
      const { waiting } = cache.stats().evictionRing;
      const rest = cache.drainEvicted();
      expect(rest.length).toBeGreaterThan(950);
      expect(rest.length).toBeLessThan(1050);
      expect(cache.stats().evictionRing.waiting).toBe(waiting - rest.length);
    });

    it('gives keys as text when they are, as bytes when not', () => {
      const cache = open({ evictionRing: RING });
      const binary = Buffer.from([0xff, 0, 0xfe]);
      cache.set(binary, '1');
      cache.set('é', '2');
      cache.set('', '');
      for (let i = 0; i < 3000; i++) cache.set(`k${i}`, valueOf(i));
      const found = new Map(
        drainAll(cache)
          .filter(({ key }) => !/^k\d+$/.test(String(key)))
          .map(({ key, bytes }) => [key, text(bytes)]),
      );
      expect(found).toEqual(
        new Map<unknown, unknown>([
          [binary, '1'],
          ['é', '2'],
          ['', ''],
        ]),
      );
    });

    it('belongs to the first handle that wants it, and ends with the last', () => {
      const name = uniqueName();
      const plain = open({}, name);
      const one = open({ evictionRing: RING }, name);
      const two = open({ evictionRing: RING }, name);
      const fill = () => {
        for (let i = 0; i < 3000; i++) plain.set(`k${i}`, valueOf(i));
      };
      fill();
      expect(() => plain.drainEvicted()).toThrow(code('CATZ_CACHE_OPTION'));
      expect(two.drainEvicted().length).toBeGreaterThan(500);
      for (const [option, other] of [
        ['maxBytes', { ...RING, maxBytes: 65_536 }],
        ['minFrequency', { ...RING, minFrequency: 2 }],
      ] as const) {
        expect(() => open({ evictionRing: other }, name)).toThrow(
          expect.objectContaining({
            code: 'CATZ_CACHE_OPTIONS_MISMATCH',
            message: expect.stringContaining(`evictionRing.${option}: ${RING[option]}, asked for`),
          }),
        );
      }
      one.close();
      expect(plain.stats().evictionRing.max).toBe(RING.maxBytes);
      two.close();
      expect(plain.stats().evictionRing).toEqual({
        max: 0,
        bytes: 0,
        waiting: 0,
        kept: 0,
        dropped: 0,
        outdated: 0,
        tooLarge: 0,
      });
      fill();
      const three = open({ evictionRing: { maxBytes: 65_536 } }, name);
      expect(three.drainEvicted()).toEqual([]);
    });

    it('refuses what makes no sense', () => {
      expect(() => open().drainEvicted()).toThrow(
        'expected options.evictionRing for drainEvicted, got false',
      );
      const cache = open({ evictionRing: {} });
      expect(cache.stats().evictionRing.max).toBe(4 * 2 ** 20);
      for (const maxBytes of [0, -1, 1.5, NaN, Infinity, '1' as unknown as number]) {
        expect(() => cache.drainEvicted(maxBytes)).toThrow(code('CATZ_CACHE_OPTION'));
      }
      cache.close();
      expect(() => cache.drainEvicted()).toThrow(code('CATZ_CACHE_CLOSED'));
      for (const evictionRing of [
        { maxBytes: 4095 },
        { maxBytes: 2 ** 30 + 1 },
        { minFrequency: 4 },
        { minFrequency: -1 },
        { minFrequency: 0.5 },
        { size: 1 } as object,
        true as unknown as false,
      ]) {
        expect(() => open({ evictionRing })).toThrow(code('CATZ_CACHE_OPTION'));
      }
    });
  });
}
