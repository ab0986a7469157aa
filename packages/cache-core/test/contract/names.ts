// Names: who opens the same cache, and who decides on its options.
import { describe, expect, it } from 'vitest';
import { openCache } from '../../src/index.ts';
import type { CacheOptions } from '../../src/index.ts';
import { code, text } from './suite.ts';
import type { Suite } from './suite.ts';

/** Describes what a name leads to. */
export function describeNames({ open, optionsOf, target, uniqueName }: Suite): void {
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

    if (target.scope === 'process') {
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

      it('do not lead to a cache of another backend or scope', () => {
        const name = uniqueName();
        const cache = open({}, name);
        const other = target.backend === 'js' ? 'native' : 'js';
        expect(() => openCache(name, { backend: other })).toThrow(
          code('CATZ_CACHE_OPTIONS_MISMATCH'),
        );
        expect(() => openCache(name, { backend: other })).toThrow(/backend: "/);
        const [error, message] =
          target.backend === 'js'
            ? ['CATZ_CACHE_UNSUPPORTED_BACKEND', /got 'js', with which the name is open/]
            : (['CATZ_CACHE_OPTIONS_MISMATCH', /scope: "process", asked for "machine"/] as const);
        expect(() => openCache(name, { scope: 'machine' })).toThrow(code(error));
        expect(() => openCache(name, { scope: 'machine' })).toThrow(message);
        cache.set('a', 'value');
        expect(cache.has('a')).toBe(true);
      });
    }

    it('keep what the first opener decided', () => {
      const name = uniqueName();
      const first = open({ ttl: 100_000, maxKeyBytes: 100, maxValueBytes: 5000 }, name);
      expect(() => open({ ttl: 100_000 }, name)).not.toThrow();
      const silent = openCache(name);
      silent.set('a', 'value');
      expect(silent.ttl('a')).toBeLessThanOrEqual(100_000);
      silent.close();
      const contradictions: [CacheOptions, RegExp][] = [
        [{ ttl: 200_000 }, /ttl: 100000, asked for 200000/],
        [{ maxBytes: 2 ** 21 }, /maxBytes: 1048576, asked for 2097152/],
        [{ maxKeyBytes: 101 }, /maxKeyBytes: 100, asked for 101/],
        [{ maxValueBytes: 5001 }, /maxValueBytes: 5000, asked for 5001/],
        [{ reserveBytes: 2 ** 23 }, /reserveBytes: 4194304, asked for 8388608/],
      ];
      for (const [options, message] of contradictions) {
        expect(() => openCache(name, { ...optionsOf(name), ...options })).toThrow(
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
      expect(second.stats().backend).toBe(target.backend);
      second.close();
    });

    it('are 1 to 64 plain characters', () => {
      for (const name of ['', 'a b', 'é', 'x'.repeat(65), '../x', 5, null] as string[]) {
        expect(() => openCache(name, { backend: target.backend })).toThrow(code('CATZ_CACHE_NAME'));
      }
      for (const name of ['x'.repeat(64), 'A-Z.a_z-09']) {
        openCache(name, { ...optionsOf(name), maxBytes: 2 ** 20 }).close();
      }
    });
  });
}
