// Wrong arguments: an error that says what was expected, and nothing changed.
import { describe, expect, it } from 'vitest';
import { code, text } from './suite.ts';
import type { Suite } from './suite.ts';

/** Describes what wrong arguments do. */
export function describeMisuse({ open }: Suite): void {
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
          expect(call).toThrow(code('CATZ_CACHE_KEY'));
        }
      }
      expect(cache.stats()).toMatchObject({ entries: 1, sets: 1, hits: 0, misses: 0 });
    });

    it('throws for values of other types, and keeps the old value', () => {
      const cache = open();
      cache.set('a', 'value');
      for (const value of [...badKeys, 1.5] as never[]) {
        expect(() => cache.set('a', value)).toThrow(TypeError);
        expect(() => cache.set('a', value)).toThrow(code('CATZ_CACHE_VALUE'));
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
        expect(() => cache.getInto('a', target)).toThrow(code('CATZ_CACHE_TARGET'));
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
          expect(call).toThrow(code('CATZ_CACHE_TTL'));
        }
        expect(() => open({ ttl })).toThrow(code('CATZ_CACHE_OPTION'));
      }
      expect(text(cache.get('a'))).toBe('value');
      expect(cache.ttl('a')).toBeLessThanOrEqual(1000);
    });

    it('throws for options it does not know', () => {
      const cache = open();
      const calls = [
        () => cache.set('a', 'value', { tll: 5 } as never),
        () => cache.set('a', 'value', 5 as never),
        () => cache.touch('a', { ttl: 5, tags: ['x'] } as never),
        () => cache.touch('a', { since: 0 } as never),
        () => cache.touch('a', null as never),
        () => cache.get('a', { coppy: true } as never),
        () => cache.get('a', { copy: 'yes' } as never),
        () => cache.keys({ perfix: 'a' } as never),
        () => cache.keys({ limit: -1 }),
        () => cache.keys({ as: 'text' } as never),
      ];
      for (const call of calls) {
        expect(call).toThrow(code('CATZ_CACHE_OPTION'));
      }
      expect(() => cache.set('a', 'v', { tll: 5 } as never)).toThrow(/did you mean ttl/);
      expect(cache.stats().entries).toBe(0);
    });

    it('throws for memory that was transferred away', () => {
      const cache = open();
      cache.set('a', 'value');
      const gone = new Uint8Array(5);
      structuredClone(gone, { transfer: [gone.buffer] });
      expect(() => cache.set('a', gone)).toThrow(code('CATZ_CACHE_VALUE'));
      expect(() => cache.get(gone)).toThrow(code('CATZ_CACHE_KEY'));
      expect(() => cache.getInto('a', gone)).toThrow(code('CATZ_CACHE_TARGET'));
      expect(text(cache.get('a'))).toBe('value');
    });
  });
}
