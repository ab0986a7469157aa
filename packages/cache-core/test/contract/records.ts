// getRecord: a place for a decoded form of a value.
import { describe, expect, it } from 'vitest';
import { setClock } from '../../src/testing.ts';
import { text } from './suite.ts';
import type { Suite } from './suite.ts';

/** Describes records. */
export function describeRecords({ open }: Suite): void {
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
}
