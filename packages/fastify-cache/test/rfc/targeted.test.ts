import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCacheControl } from '../../src/rfc/parse-cache-control.ts';
import { effectiveCacheControl, parseTargeted } from '../../src/rfc/targeted.ts';

const targets = ['examplecdn-cache-control', 'cdn-cache-control'];
const nothing = parseCacheControl(undefined);

describe('targeted cache control', () => {
  it('C1 reads every directive of a response, parameters aside', () => {
    const text =
      'max-age=60;x=1, s-maxage=30, stale-while-revalidate=5, stale-if-error=6, no-store, no-cache, ' +
      'private;y, public, must-revalidate, proxy-revalidate, must-understand, no-transform, immutable';
    expect(parseTargeted(text)).toEqual({
      ...nothing,
      maxAge: 60,
      sMaxage: 30,
      staleWhileRevalidate: 5,
      staleIfError: 6,
      noStore: true,
      noCache: true,
      private: true,
      public: true,
      mustRevalidate: true,
      proxyRevalidate: true,
      mustUnderstand: true,
      noTransform: true,
      immutable: true,
    });
  });

  it('C1 ignores unknown directives and those of requests, but the field counts', () => {
    expect(parseTargeted('none')).toEqual(nothing);
    expect(parseTargeted('foo="a, no-store", only-if-cached, max-stale=1')).toEqual(nothing);
  });

  it.each([
    [undefined],
    [''],
    ['max-age=60,'],
    ['max-age=60, &&&&&'],
    ['Max-Age=60'],
    ['no-store, max-age'.replace(',', '')],
    ['max-age = 60'],
    ["max-age='60'"],
    ['private="x'],
    ['60'],
  ])('C1 ignores the whole field when it is %j', (text) => {
    expect(parseTargeted(text)).toBeUndefined();
  });

  it.each([
    ['60', 60],
    ['060', 60],
    ['0', 0],
    ['-0', 0],
    ['2147483649', 2_147_483_648],
    ['999999999999999', 2_147_483_648],
    ['-1', 0],
    ['60.0', 0],
    ['"60"', 0],
    ['x', 0],
    ['?1', 0],
    ['?0', 0],
    ['(60)', 0],
    ['@60', 0],
  ])('C1 reads a duration of %j as %d seconds: the wrong type is stale', (text, seconds) => {
    expect(parseTargeted(`max-age=${text}`)?.maxAge).toBe(seconds);
    expect(parseTargeted(`s-maxage=${text}`)?.sMaxage).toBe(seconds);
    expect(parseTargeted(`stale-if-error=${text}`)?.staleIfError).toBe(seconds);
    expect(parseTargeted(`stale-while-revalidate=${text}`)?.staleWhileRevalidate).toBe(seconds);
    expect(parseTargeted('max-age')?.maxAge).toBe(0);
  });

  it('C1 lets the last of equal keys count, also when it is longer, or of the wrong type', () => {
    expect(parseTargeted('max-age=1, max-age=60')?.maxAge).toBe(60);
    expect(parseTargeted(['max-age=60', 'max-age="x"'])?.maxAge).toBe(0);
    expect(parseTargeted('no-store, no-store=?0')?.noStore).toBe(false);
  });

  it.each([
    ['"Set-Cookie, X-A"', ['set-cookie', 'x-a']],
    ['""', true],
    ['"a b"', true],
    ['"a\\"b"', true],
    ['"a\\\\"', true],
    ['set-cookie', true],
    ['("set-cookie")', true],
    ['1', true],
    ['?1', true],
    ['?0', false],
  ])('S4 reads private and no-cache with the argument %j as %j', (text, expected) => {
    expect(parseTargeted(`private=${text}`)?.private).toEqual(expected);
    expect(parseTargeted(`no-cache=${text}`)?.noCache).toEqual(expected);
  });

  it('S4 keeps a quote inside an argument from ending it', () => {
    const found = parseTargeted('private="a\\", no-store, \\"", no-cache="x\\\\", max-age=1');
    expect(found).toEqual({ ...nothing, private: true, noCache: true, maxAge: 1 });
  });

  it.each([['1'], ['"x"'], ['x'], ['("a")']])(
    'C1 holds a prohibition and gives no permission where the value is %j',
    (text) => {
      const names = ['no-store', 'must-revalidate', 'proxy-revalidate', 'no-transform'];
      const lifts = ['public', 'immutable', 'must-understand'];
      const all = [...names, ...lifts].map((name) => `${name}=${text}`).join(', ');
      expect(parseTargeted(all)).toEqual({
        ...nothing,
        noStore: true,
        mustRevalidate: true,
        proxyRevalidate: true,
        noTransform: true,
      });
    },
  );

  it('C1 reads ?0 as absent', () => {
    const text = 'no-store=?0, public=?0, must-revalidate=?0, immutable=?0, no-transform=?0';
    expect(parseTargeted(text)).toEqual(nothing);
  });

  // RFC 9213 3.1
  it.each([
    [
      { 'cache-control': 'max-age=60, s-maxage=120', 'cdn-cache-control': 'max-age=600' },
      600,
      false,
    ],
    [{ 'cache-control': 'no-store', 'cdn-cache-control': 'max-age=600' }, 600, false],
    [{ 'cache-control': 'no-store' }, undefined, true],
    [{ 'cache-control': 'no-store', 'cdn-cache-control': 'none' }, undefined, false],
  ])('C1 gives the answer of the RFC for %j', (headers, maxAge, noStore) => {
    const { cacheControl } = effectiveCacheControl(headers, targets);
    expect(cacheControl).toMatchObject({ maxAge, noStore, sMaxage: undefined });
  });

  it('C1 takes the first field of the list that is valid and not empty, and says which', () => {
    const headers = {
      'cdn-cache-control': 'max-age=2',
      'cache-control': 'max-age=3, public',
      'examplecdn-cache-control': 'max-age=1',
    };
    const chosen = (first: string | string[]) =>
      effectiveCacheControl({ ...headers, 'examplecdn-cache-control': first }, targets);
    expect(effectiveCacheControl(headers, targets)).toEqual({
      cacheControl: { ...nothing, maxAge: 1 },
      target: 'examplecdn-cache-control',
    });
    expect(chosen('').target).toBe('cdn-cache-control');
    expect(chosen('max-age=1,').cacheControl.maxAge).toBe(2);
    expect(chosen([]).cacheControl.public).toBe(false);
  });

  it('C1 falls back to Cache-Control, and leaves fields outside the list unread', () => {
    const headers = { 'cdn-cache-control': 'no-store', 'cache-control': ['max-age=3', 'public'] };
    expect(effectiveCacheControl(headers, ['examplecdn-cache-control'])).toEqual({
      cacheControl: { ...nothing, maxAge: 3, public: true },
      target: undefined,
    });
    expect(effectiveCacheControl(headers, []).target).toBeUndefined();
    expect(effectiveCacheControl({}, targets)).toEqual({
      cacheControl: nothing,
      target: undefined,
    });
  });

  it('never throws, and durations are never negative, NaN or above 2^31', () => {
    const piece = fc.constantFrom(
      'max-age',
      's-maxage',
      '=',
      '"',
      ',',
      ' ',
      '60',
      '-1',
      '.5',
      '?0',
      ';a',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(piece).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(fc.oneof(text, fc.array(text)), (value) => {
        const { maxAge = 0, sMaxage = 0 } = parseTargeted(value) ?? {};
        for (const seconds of [maxAge, sMaxage]) {
          expect(seconds >= 0 && seconds <= 2_147_483_648).toBe(true);
        }
      }),
    );
  });

  it('reads what both syntaxes allow as Cache-Control reads it', () => {
    const known = fc.constantFrom(
      'no-store',
      'no-cache',
      'private',
      'private="a, b"',
      'no-cache="x"',
      'public',
      'immutable',
      'must-revalidate',
      'max-age=60',
      's-maxage=0',
      'stale-if-error=99999999999',
      'foo',
      'foo="no-store, x=\\"1\\""',
    );
    const distinct = fc.uniqueArray(known, {
      minLength: 1,
      selector: (text) => text.split('=')[0],
    });
    fc.assert(
      fc.property(distinct, (directives) => {
        const text = directives.join(', ');
        expect(parseTargeted(text)).toEqual(parseCacheControl(text));
      }),
    );
  });
});
