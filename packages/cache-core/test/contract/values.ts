// Values come back as they were stored, by every way of reading.
import { describe, expect, it } from 'vitest';
import { text } from './suite.ts';
import type { Suite } from './suite.ts';

/** Describes what reads give. */
export function describeValues({ open }: Suite): void {
  describe('values', () => {
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
}
