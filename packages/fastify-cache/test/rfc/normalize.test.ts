import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { normalizeBy, normalizeValue } from '../../src/rfc/normalize.ts';
import type { Normalizer } from '../../src/rfc/normalize.ts';

const LANGUAGE = 'accept-language';
const untouchedSet = Map.prototype.set;

describe('normalising', () => {
  it('Y2 reads Accept-Encoding and Accept-Language by their own rules', () => {
    expect(normalizeValue('accept-encoding', 'GZIP, br;q=0.5')).toBe('gzip>br');
    expect(normalizeValue(LANGUAGE, 'de, EN;q=0.5')).toBe('de>en');
  });

  it('Y2 drops optional whitespace in lists, not in quoted strings and not in credentials', () => {
    expect(normalizeValue('accept', ' a , b ')).toBe('a,b');
    expect(normalizeValue('foo', '"a , b" , c')).toBe('"a , b",c');
    expect(normalizeValue('foo', 'a, "b')).toBe('a, "b');
    expect(normalizeValue('foo', 'Ab c')).toBe('Ab c');
    for (const name of ['cookie', 'authorization', 'x-api-key', 'user-agent']) {
      expect(normalizeValue(name, ' a , b')).toBe('a , b');
    }
  });

  it('remembers, and forgets under a flood without a wrong answer', () => {
    const languages = ['de', 'en'];
    for (let i = 0; i < 600; i++) {
      expect(normalizeValue('accept-encoding', `gzip, br;q=0.${i}`.slice(0, 15))).toMatch(
        /^(gzip|br)/,
      );
      expect(normalizeValue(LANGUAGE, `EN, l-${i}`)).toBe(`en,l-${i}`);
      expect(normalizeBy('set', LANGUAGE, `l-${i}, EN`)).toBe(`en,l-${i}`);
      expect(normalizeBy({ languages }, LANGUAGE, `l-${i}, EN`)).toBe('en');
    }
    expect(normalizeValue(LANGUAGE, 'EN, l-1')).toBe('en,l-1');
    const long = `EN${'-aa'.repeat(100)}`;
    expect(normalizeValue(LANGUAGE, long)).toBe(long.toLowerCase());
    expect(normalizeBy({ languages }, LANGUAGE, long)).toBe('en');
  });

  it('remembers no more than 256 values of 256 characters in each form', () => {
    const languages = ['de', 'en'];
    let entries = 0;
    let longest = 0;
    const set = vi.spyOn(Map.prototype, 'set').mockImplementation(function (
      this: Map<unknown, unknown>,
      key,
      value,
    ) {
      longest = Math.max(longest, String(key).length);
      Reflect.apply(untouchedSet, this, [key, value]);
      entries = Math.max(entries, this.size);
      return this;
    });
    try {
      for (let i = 0; i < 1000; i++) {
        const value = `en-${'x'.repeat(i % 300)}${i}`;
        normalizeValue('accept-encoding', value);
        normalizeValue(LANGUAGE, value);
        normalizeBy('set', LANGUAGE, value);
        normalizeBy({ languages }, LANGUAGE, value);
      }
    } finally {
      set.mockRestore();
    }
    expect(entries).toBe(256);
    expect(longest).toBe(256);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const name of ['accept-encoding', LANGUAGE, 'foo']) {
          expect(typeof normalizeValue(name, text)).toBe('string');
          expect(typeof normalizeBy('set', name, text)).toBe('string');
          expect(typeof normalizeBy({ languages: ['de'] }, name, text)).toBe('string');
        }
      }),
    );
  });
});

describe('a normaliser', () => {
  it("'set' takes the order from equal languages", () => {
    expect(normalizeBy('set', LANGUAGE, 'en, de')).toBe('de,en');
    expect(normalizeBy('set', LANGUAGE, undefined)).toBeUndefined();
  });

  it('with languages gives as many values as it has, absent included', () => {
    const languages = ['de', 'en'];
    expect(normalizeBy({ languages }, LANGUAGE, 'en-GB, fr;q=0.5')).toBe('en');
    for (const value of ['fr', '', '?', undefined]) {
      expect(normalizeBy({ languages }, LANGUAGE, value)).toBe('de');
    }
  });

  it('remembers for each list apart', () => {
    expect(normalizeBy({ languages: ['de', 'en'] }, LANGUAGE, 'fr, en')).toBe('en');
    expect(normalizeBy({ languages: ['de', 'fr'] }, LANGUAGE, 'fr, en')).toBe('fr');
    expect(normalizeBy('set', LANGUAGE, 'fr, en')).toBe('en,fr');
    expect(normalizeValue(LANGUAGE, 'fr, en')).toBe('fr,en');
  });

  it.each<[string, Normalizer]>([
    ["'set'", 'set'],
    ['languages', { languages: ['de'] }],
  ])('%s is the default on every other field', (_, normalizer) => {
    expect(normalizeBy(normalizer, 'accept-encoding', 'gzip, br')).toBe('br,gzip');
    expect(normalizeBy(normalizer, 'foo', 'b , a')).toBe('b,a');
    expect(normalizeBy(normalizer, 'foo', undefined)).toBeUndefined();
  });

  it('that is a function gets the value as it came and decides what counts', () => {
    const seen: unknown[] = [];
    const note = (value: string | undefined): string => {
      seen.push(value);
      return value ?? 'none';
    };
    expect(normalizeBy(note, LANGUAGE, 'EN , de')).toBe('EN , de');
    expect(normalizeBy(note, LANGUAGE, undefined)).toBe('none');
    expect(seen).toEqual(['EN , de', undefined]);
    expect(normalizeBy(() => undefined, 'foo', 'a')).toBeUndefined();
    expect(normalizeBy(() => '', 'foo', 'a')).toBe('');
  });

  it('that is a function is asked each time, for what a credential says may end', () => {
    let calls = 0;
    const count = (): string => `${++calls}`;
    expect(normalizeBy(count, 'authorization', 'a')).toBe('1');
    expect(normalizeBy(count, 'authorization', 'a')).toBe('2');
  });

  it.each<[string, () => unknown]>([
    ['throws', () => fail()],
    ['gives null', () => null],
    ['gives a number', () => 1],
    ['gives a promise', () => Promise.resolve('b')],
  ])('that %s lets the value count as it is', (_, broken) => {
    const normalizer = broken as () => string;
    expect(normalizeBy(normalizer, 'foo', 'a')).toBe('?a');
    expect(normalizeBy(normalizer, 'foo', 'b')).toBe('?b');
    expect(normalizeBy(normalizer, 'foo', undefined)).toBeUndefined();
  });

  it('that fails for one value does not make it equal to what it gives for another', () => {
    const tier = (value: string | undefined): string => (value === 'gold' ? fail() : 'gold');
    expect(normalizeBy(tier, 'foo', 'gold')).not.toBe(normalizeBy(tier, 'foo', 'a'));
  });

  it('that gives a promise cannot end the process by its rejection', async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', listen);
    try {
      const broken = (async () => fail()) as unknown as () => string;
      normalizeBy(broken, 'foo', 'a');
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', listen);
    }
  });
});

function fail(): never {
  throw new Error('broken');
}
