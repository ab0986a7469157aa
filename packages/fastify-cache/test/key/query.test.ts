import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import querystring from 'node:querystring';
import { compileQuery } from '../../src/key/query.ts';
import type { QueryOptions } from '../../src/key/query.ts';

const policy = (options: QueryOptions) => {
  const compiled = compileQuery(options);
  if (compiled === undefined) throw new Error('expected a policy');
  return compiled;
};
const canonical = (options: QueryOptions, query: string): string =>
  policy(options).canonical(query);
const pruned = (options: QueryOptions, query: string, parsed: Record<string, unknown>): object => {
  policy(options).prune(parsed, query);
  return parsed;
};

describe('query policy', () => {
  it('U3 is absent where the whole query counts', () => {
    expect(compileQuery('exact')).toBeUndefined();
    expect(compileQuery({})).toBeUndefined();
    expect(compileQuery({ sort: false, ignore: [] })).toBeUndefined();
  });

  it('sorts by name and keeps the order of equal names and the encoding of each pair', () => {
    expect(canonical({ sort: true }, 'b=1&a=2&b=0&%61=1&c')).toBe('a=2&%61=1&b=1&b=0&c');
    expect(canonical({ sort: true }, 'a=2&a=1')).not.toBe(canonical({ sort: true }, 'a=1&a=2'));
    expect(canonical({ sort: true }, '')).toBe('');
    expect(canonical({ sort: true }, '&&a&')).toBe('a');
  });

  it('ignores names and prefixes, however they are encoded', () => {
    const options = { ignore: ['utm_*', '_', 'a b'] };
    expect(canonical(options, 'q=1&utm_source=x&%75tm_medium=y&_=5&__=6')).toBe('q=1&__=6');
    expect(canonical(options, 'a+b=1&a%20b=2&c')).toBe('c');
    expect(canonical(options, 'utm[x]=1')).toBe('utm[x]=1');
  });

  it('allows only what is named', () => {
    expect(canonical({ allow: ['q', 'f*'] }, 'q=1&x=2&f[a]=3&q[b]=4')).toBe('q=1&f[a]=3&q[b]=4');
    expect(canonical({ allow: [] }, 'a=1')).toBe('');
  });

  it('takes a name it cannot decode as it stands', () => {
    expect(canonical({ ignore: ['%ff'] }, '%ff=1&a=2')).toBe('a=2');
    expect(canonical({ ignore: ['a'] }, '%ff=1&%61=2')).toBe('%ff=1');
  });

  it('removes from the parsed query what the key does not see', () => {
    const query = 'q=1&utm_source=x&r=2';
    expect(pruned({ ignore: ['utm_*'] }, query, { q: '1', utm_source: 'x', r: '2' })).toEqual({
      q: '1',
      r: '2',
    });
    expect(pruned({ allow: ['q'] }, query, { q: '1', utm_source: 'x', r: '2' })).toEqual({
      q: '1',
    });
    expect(pruned({ sort: true }, query, { q: '1', anything: 2 })).toEqual({ q: '1', anything: 2 });
  });

  it('removes nested forms with their name, whichever parser made them', () => {
    const options = { ignore: ['f'] };
    expect(pruned(options, 'f[a]=1&q=2', { f: { a: '1' }, q: '2' })).toEqual({ q: '2' });
    expect(pruned(options, 'f[a]=1&q=2', { 'f[a]': '1', q: '2' })).toEqual({ q: '2' });
    // Flat names with dots are names of their own; nested by a parser, one ignored part takes the whole.
    expect(pruned(options, 'f=1&f.a=2', { f: '1', 'f.a': '2' })).toEqual({ 'f.a': '2' });
    expect(pruned({ ignore: ['f.a'] }, 'f.a=1&f.b=2', { f: { a: '1', b: '2' } })).toEqual({});
  });

  it('removes what another delimiter smuggled behind an ignored name', () => {
    expect(pruned({ ignore: ['a'] }, 'a=1;b=2&c=3', { a: '1', b: '2', c: '3' })).toEqual({
      c: '3',
    });
  });

  it('gives equal keys only to queries the handler sees alike', () => {
    const name = fc.constantFrom('a', 'b', 'utm_x', '%61', 'u', 'a+b');
    const pair = fc.tuple(name, fc.constantFrom('', '1', '2', '%31', '+'));
    const query = fc
      .array(pair, { maxLength: 5 })
      .map((pairs) => pairs.map((p) => p.join('=')).join('&'));
    const options = fc.record({
      sort: fc.boolean(),
      ignore: fc.subarray(['a', 'utm_*', 'a b'], { minLength: 1 }),
    });
    fc.assert(
      fc.property(query, query, options, (one, other, given) => {
        if (canonical(given, one) !== canonical(given, other)) return;
        const seen = (raw: string): object => pruned(given, raw, { ...querystring.parse(raw) });
        expect(seen(one)).toEqual(seen(other));
      }),
      { numRuns: 2000 },
    );
  });

  it('changes nothing when applied twice, and never throws', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom('a', '&', '=', '%', '[', '+') }),
    );
    const options = { sort: true, ignore: ['a'] };
    fc.assert(
      fc.property(text, (query) => {
        const once = canonical(options, query);
        expect(canonical(options, once)).toBe(once);
        pruned(options, query, { a: 1, b: 2 });
      }),
    );
  });
});
