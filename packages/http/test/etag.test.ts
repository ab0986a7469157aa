import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeEtag, parseEtag, parseEtagList, weakEqual } from '../src/etag.ts';

describe('entity tags', () => {
  it('makes a strong tag from the bytes', () => {
    const body = Buffer.from('hello');
    const digest = createHash('sha256').update('hello').digest('base64url');
    expect(computeEtag(body)).toBe(`"${digest.slice(0, 22)}"`);
    expect(computeEtag(new Uint8Array())).not.toBe(computeEtag(new Uint8Array(1)));
    expect(parseEtag(computeEtag(body))).toEqual({ weak: false, opaque: digest.slice(0, 22) });
  });

  it('reads one tag and nothing else', () => {
    expect(parseEtag('"a,b"')).toEqual({ weak: false, opaque: 'a,b' });
    expect(parseEtag('W/"a\\"')).toEqual({ weak: true, opaque: 'a\\' });
    expect(parseEtag('""')).toEqual({ weak: false, opaque: '' });
    for (const other of ['', 'a', '*', 'w/"a"', '"a', '"a"b', '"a" ', '"a b"', "'a'", 'W/a']) {
      expect(parseEtag(other)).toBeUndefined();
    }
  });

  it('V4 reads lists, empty members included, up to the first malformed tag', () => {
    const opaque = (text: string): string[] => parseEtagList(text).map((tag) => tag.opaque);
    expect(opaque('"a", W/"b,c" ,,"d"')).toEqual(['a', 'b,c', 'd']);
    expect(opaque(', "a"')).toEqual(['a']);
    expect(opaque('"a", ')).toEqual(['a']);
    expect(opaque('"a" "b"')).toEqual([]);
    expect(opaque('"a", b, "c"')).toEqual(['a']);
    expect(opaque('"a"x')).toEqual([]);
    expect(opaque('')).toEqual([]);
  });

  it('V4 compares weakly', () => {
    const [a, weakA, b] = parseEtagList('"a", W/"a", "b"');
    expect(weakEqual(a!, weakA!)).toBe(true);
    expect(weakEqual(a!, b!)).toBe(false);
  });

  it('reads back every list it could have written, in linear time', () => {
    const opaque = fc.string({ unit: fc.constantFrom('a', ',', '\\', '!', '~', '\u00ff') });
    const tag = fc.record({ weak: fc.boolean(), opaque });
    fc.assert(
      fc.property(fc.array(tag), fc.constantFrom(', ', ',', ' ,\t, '), (tags, separator) => {
        const text = tags.map((one) => `${one.weak ? 'W/' : ''}"${one.opaque}"`).join(separator);
        expect(parseEtagList(text)).toEqual(tags);
      }),
    );
    expect(parseEtagList(`${' '.repeat(50_000)}"a"`)).toEqual([]);
    expect(parseEtagList(`"a"${' ,'.repeat(50_000)}"b"`)).toHaveLength(2);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseEtag(text);
        parseEtagList(text);
      }),
    );
  });
});
