// close: no call works any more, and it may be repeated.
import { describe, expect, it } from 'vitest';
import { clockOf, setClock } from '../../src/testing.ts';
import { code } from './suite.ts';
import type { Suite } from './suite.ts';

/** Describes the end of a handle. */
export function describeClosing({ open, uniqueName }: Suite): void {
  describe('close', () => {
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
        expect(call).toThrow(code('CATZ_CACHE_CLOSED'));
      }
      expect(() => cache.get('a')).toThrow(`cache ${name} is closed`);
    });

    it('closes by dispose', () => {
      const cache = open();
      cache[Symbol.dispose]();
      expect(() => cache.get('a')).toThrow(code('CATZ_CACHE_CLOSED'));
    });
  });
}

/** Describes the options of close. */
export function describeUnlink({ open, target }: Suite): void {
  describe('options of close', () => {
    it('are checked, and the cache stays open', () => {
      const cache = open();
      cache.set('a', 'value');
      for (const options of [
        { unlnk: true },
        { unlink: 1 },
        { unlink: null },
        null,
        5,
      ] as never[]) {
        expect(() => cache.close(options)).toThrow(code('CATZ_CACHE_OPTION'));
      }
      expect(() => cache.close({ unlnk: true } as never)).toThrow(/did you mean unlink\?/);
      expect(cache.has('a')).toBe(true);
    });

    if (target.scope === 'process') {
      it("refuse to unlink what is no file: scope 'process'", () => {
        const cache = open();
        cache.set('a', 'value');
        expect(() => cache.close({ unlink: true })).toThrow(code('CATZ_CACHE_OPTION'));
        expect(() => cache.close({ unlink: true })).toThrow(
          "expected options.unlink only with scope 'machine', got 'process'",
        );
        expect(cache.has('a')).toBe(true);
      });
    }

    it.each([undefined, {}, { unlink: false }, { unlink: undefined }])('%o close it', (options) => {
      const cache = open();
      cache.close(options);
      expect(() => cache.get('a')).toThrow(code('CATZ_CACHE_CLOSED'));
    });
  });
}
