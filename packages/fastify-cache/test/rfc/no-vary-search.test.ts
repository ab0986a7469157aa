import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalSearch, parseNoVarySearch } from '../../src/rfc/no-vary-search.ts';
import type { NoVarySearch } from '../../src/rfc/no-vary-search.ts';
import { processorTime } from '../support/processor-time.ts';

const keyOrder: NoVarySearch = { keyOrder: true, params: [], except: [] };
const ignoring = (...params: string[]): NoVarySearch => ({ keyOrder: false, params, except: [] });
const allBut = (...except: string[]): NoVarySearch => ({ keyOrder: false, params: true, except });

describe('No-Vary-Search', () => {
  it.each<[string, NoVarySearch]>([
    ['key-order', keyOrder],
    ['key-order=?1', keyOrder],
    ['params=("a")', ignoring('a')],
    ['params=("utm_source" "utm_medium")', ignoring('utm_source', 'utm_medium')],
    ['params', allBut()],
    ['params=?1', allBut()],
    ['params, except=("x")', allBut('x')],
    ['params, except=()', allBut()],
    ['except=("x")', allBut('x')],
    ['except=()', allBut()],
    ['params, key-order, except=("x")', { ...allBut('x'), keyOrder: true }],
    ['key-order, params=("a")', { ...ignoring('a'), keyOrder: true }],
    ['key-order;x, params=("a";y "b");z, unknown=1', { ...ignoring('a', 'b'), keyOrder: true }],
    ['params=("a"), params=("b")', ignoring('b')],
  ])('reads %j', (text, policy) => {
    expect(parseNoVarySearch(text)).toEqual(policy);
  });

  it.each([
    [undefined],
    [''],
    ['unknown-key'],
    ['key-order="not a boolean"'],
    ['key-order, params="not a boolean or inner list"'],
    ['key-order, params=(not-a-string)'],
    ['params=("a" b)'],
    ['params=("a"), except=("x")'],
    ['params=(), except=()'],
    ['params=?0, except=("x")'],
    ['params="x", except=("x")'],
    ['params, except=(not-a-string)'],
    ['params, except="not an inner list"'],
    ['params, except=?1'],
    ['except=?1'],
    ['except'],
    ['params=?0'],
    ['params=()'],
    ['key-order=?0'],
    ['key-order=1'],
    ['Key-Order'],
    ['key-order,'],
    ['key-order, params=("a'],
    ['params=("a" "b"'],
  ])('lets everything count for %j', (text) => {
    expect(parseNoVarySearch(text)).toBeUndefined();
  });

  it.each([
    ['%C3%A9+%E6%B0%97', 'é 気'],
    ['a&b=c', 'a&b=c'],
    ['%26', '&'],
    ['%2B', '+'],
    ['%f6', '\ufffd'],
    ['%zz', '%zz'],
    ['?', '?'],
    ['', ''],
    ['%EF%BB%BFa', '\ufeffa'],
  ])('decodes the name %j as a query would be', (text, name) => {
    expect(parseNoVarySearch(`params=("${text}")`)?.params).toEqual([name]);
    expect(parseNoVarySearch(`except=("${text}")`)?.except).toEqual([name]);
  });

  it.each([
    ['', '&&'],
    ['a=x', '%61=%78'],
    ['a=\u00c3\u00a9', 'a=%C3%A9'],
    ['a=%f6', 'a=%ef%bf%bd'],
    ['a=\u00f6', 'a=%ef%bf%bd'],
    ['a=x&&&&', 'a=x'],
    ['a=', 'a'],
    ['a=%20', 'a=+'],
    ['a=+', 'a= &'],
  ])('calls %j and %j equivalent under any policy', (one, other) => {
    for (const policy of [keyOrder, ignoring('z'), allBut('a')]) {
      expect(canonicalSearch(policy, one)).toBe(canonicalSearch(policy, other));
    }
  });

  it.each([
    ['a=%C3%A9', 'a=e%CC%81'],
    ['a=%C3%A9', 'a=%E9'],
    ['a=\u00c3\u00a9', 'a=%C3%83%C2%A9'],
    ['a=1&a=2', 'a=2&a=1'],
    ['a=1', 'A=1'],
    ['a=1', 'a=1&a=1'],
    ['a=b%26c', 'a=b&c'],
    ['a=%2B', 'a=+'],
    ['', '='],
    ['?a=1', 'a=1'],
    ['a=%EF%BB%BF', 'a='],
  ])('tells %j from %j under any policy', (one, other) => {
    for (const policy of [keyOrder, ignoring('z'), allBut('a', 'A', '', '?a', 'c')]) {
      expect(canonicalSearch(policy, one)).not.toBe(canonicalSearch(policy, other));
    }
  });

  it('compares names after decoding them', () => {
    const policy = parseNoVarySearch('params=("%C3%A9+%E6%B0%97")')!;
    // The third as Node gives it: one unit for each byte.
    const bytes = Buffer.from('é 気=3').toString('latin1');
    for (const query of ['%C3%A9+%E6%B0%97=1', '%C3%A9%20%E6%B0%97=2', bytes]) {
      expect(canonicalSearch(policy, `${query}&x=1`)).toBe('x=1');
    }
  });

  it('drops the listed parameters, or all but the listed ones', () => {
    const query = 'b=1&a=2&c=3&a=4';
    expect(canonicalSearch(ignoring('a'), query)).toBe('b=1&c=3');
    expect(canonicalSearch(allBut('a'), query)).toBe('a=2&a=4');
    expect(canonicalSearch(allBut(), query)).toBe('');
  });

  it('sorts by name only under key-order, and keeps the order of equal names', () => {
    const query = 'b=1&a=2&B=0&a=1';
    expect(canonicalSearch(keyOrder, query)).toBe('B=0&a=2&a=1&b=1');
    expect(canonicalSearch(ignoring('z'), query)).toBe(query);
  });

  it('compares raw queries where nothing may be ignored', () => {
    expect(canonicalSearch(ignoring(), 'a=b&&&c')).toBe('a=b&&&c');
    expect(canonicalSearch({ keyOrder: false, params: [], except: ['a'] }, '%61')).toBe('%61');
  });

  const name = fc.constantFrom('a', 'b', 'c', '%61', '%zz', '+', '');
  const pair = fc
    .tuple(name, fc.constantFrom('', '=', '=1', '=2', '=%31', '=&'))
    .map((p) => p.join(''));
  const query = fc.oneof(
    fc.array(pair, { maxLength: 6 }).map((pairs) => pairs.join('&')),
    fc.string({ unit: 'binary' }),
  );
  const names = fc.subarray(['a', 'b', 'c']);
  const policies: fc.Arbitrary<NoVarySearch> = fc.oneof(
    fc.record({ keyOrder: fc.boolean(), params: names, except: fc.constant([]) }),
    fc.record({ keyOrder: fc.boolean(), params: fc.constant(true as const), except: names }),
  );

  it('is idempotent', () => {
    fc.assert(
      fc.property(policies, query, (policy, text) => {
        const canonical = canonicalSearch(policy, text);
        expect(canonicalSearch(policy, canonical)).toBe(canonical);
      }),
    );
  });

  it('ignores the order of different names exactly when key-order is set', () => {
    const two = fc.tuple(query, query).map(([one, other]) => [`a=${one}`, `b=${other}`] as const);
    fc.assert(
      fc.property(policies, two, (policy, [one, other]) => {
        const search = new URLSearchParams([
          ['a', one],
          ['b', other],
        ]).toString();
        const turned = new URLSearchParams([
          ['b', other],
          ['a', one],
        ]).toString();
        const bothCount =
          policy.params === true
            ? policy.except.includes('a') && policy.except.includes('b')
            : !policy.params.includes('a') && !policy.params.includes('b');
        const isSame = canonicalSearch(policy, search) === canonicalSearch(policy, turned);
        expect(isSame).toBe(policy.keyOrder || !bothCount);
      }),
    );
  });

  it('agrees with the comparison that the draft describes', () => {
    fc.assert(
      fc.property(policies, query, query, (policy, one, other) => {
        const isSame = canonicalSearch(policy, one) === canonicalSearch(policy, other);
        expect(isSame).toBe(areEquivalent(policy, one, other));
      }),
      { numRuns: 2_000 },
    );
  });

  it('never throws', () => {
    const piece = fc.constantFrom(
      'key-order',
      'params',
      'except',
      '=',
      '(',
      ')',
      '"a"',
      ',',
      ' ',
      '?0',
      '"%"',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(piece).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(fc.oneof(text, fc.array(text)), query, (value, rawQuery) => {
        const policy = parseNoVarySearch(value);
        if (policy !== undefined) canonicalSearch(policy, rawQuery);
      }),
    );
  });

  it('stays linear with many names and many parameters', async () => {
    const many = Array.from({ length: 50_000 }, (_, i) => `n${i}`);
    const took = await processorTime(() =>
      expect(canonicalSearch(ignoring(...many), many.join('&'))).toBe(''),
    );
    expect(took).toBeLessThan(5_000);
  });
});

// The steps of the draft, pair by pair, over bytes and without URLSearchParams.
function areEquivalent(policy: NoVarySearch, one: string, other: string): boolean {
  if (!policy.keyOrder && policy.params !== true && policy.params.length === 0)
    return one === other;
  const [a, b] = [pairsOf(policy, one), pairsOf(policy, other)];
  return a.length === b.length && a.every(([n, v], i) => n === b[i]![0] && v === b[i]![1]);
}

function pairsOf(
  { keyOrder: sorts, params, except }: NoVarySearch,
  text: string,
): [string, string][] {
  const pairs = text
    .split('&')
    .filter((part) => part !== '')
    .map((part): [string, string] => {
      const equals = part.indexOf('=');
      const [n, v] = equals === -1 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
      return [decode(n), decode(v)];
    })
    .filter(([n]) => (params === true ? except.includes(n) : !params.includes(n)));
  return sorts ? pairs.sort(([m], [n]) => (m < n ? -1 : m > n ? 1 : 0)) : pairs;
}

function decode(text: string): string {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const hex = /^%([0-9a-f]{2})/i.exec(text.slice(i, i + 3))?.[1];
    if (hex !== undefined) {
      bytes.push(Number.parseInt(hex, 16));
      i += 2;
    } else if (text[i] === '+') bytes.push(0x20);
    else if (text.charCodeAt(i) <= 0xff) bytes.push(text.charCodeAt(i));
    else {
      // Not from a socket: whole characters as UTF-8, halves of one as U+FFFD.
      const character = String.fromCodePoint(text.codePointAt(i)!);
      bytes.push(...Buffer.from(character));
      i += character.length - 1;
    }
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}
