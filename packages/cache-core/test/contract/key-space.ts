// Keys are bytes: strings and Uint8Arrays lead to one space of keys.
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { code, text } from './suite.ts';
import type { Suite } from './suite.ts';

/** Describes which keys are the same and which are not. */
export function describeKeySpace({ open }: Suite): void {
  describe('keys', () => {
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
        expect(() => cache.get(key)).toThrow(code('CATZ_CACHE_KEY_SIZE'));
      }
      expect(text(cache.get('k'.repeat(65535)))).toBe('longest');
    });
  });
}
