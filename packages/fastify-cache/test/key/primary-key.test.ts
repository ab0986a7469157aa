import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { engineKey, keyScope, pathOf, primaryKey } from '../../src/key/primary-key.ts';
import { compileQuery } from '../../src/key/query.ts';

const exact = keyScope('http', undefined);
const key = (target: string, protocol = 'http', host = 'a'): string | undefined =>
  primaryKey(exact, protocol, host, target);

describe('primary key', () => {
  it('holds version, namespace, scheme, host and the raw target', () => {
    expect(key('/x?b=1&a=%2F')).toBe('1|http|http|a|/x?b=1&a=%2F');
    expect(primaryKey(keyScope('v2', undefined), 'https', 'b:1', '/')).toBe('1|v2|https|b:1|/');
  });

  it.each(['/x/', '//x', '/X', '/%78', '/x?', '/x;a', '/./x', '/x.css', '/x%2f', '/x%23'])(
    'decodes and folds nothing: %s is not /x',
    (target) => {
      expect(key(target)).toBeDefined();
      expect(key(target)).not.toBe(key('/x'));
    },
  );

  it('U3 gives another query another key', () => {
    expect(key('/x?a=1')).not.toBe(key('/x?a=2'));
  });

  it('takes an absolute target of the same authority for the same resource', () => {
    expect(key('http://a/x?q')).toBe(key('/x?q'));
    expect(key('HTTP://A:80/x')).toBe(key('/x'));
    expect(key('http://a')).toBe(key('/'));
    expect(key('http://a?q')).toBe(key('/?q'));
    expect(key('https://a:443/x', 'https')).toBe(key('/x', 'https'));
  });

  it.each([
    'http://evil/x',
    'http://a:81/x',
    'https://a/x',
    'http://a@evil/x',
    'http://evil@a/x',
    'http:///x',
    'http://',
    'ftp://a/x',
    '*',
    '',
    'x',
    'a:80',
    '?q',
    'http:/a/x',
    '\\\\a\\x',
  ])('bypasses the target %j', (target) => {
    expect(key(target)).toBeUndefined();
  });

  it('bypasses a fragment, which routers hand to the handler as a query', () => {
    for (const target of ['/x#q=1', '/x?a#b', 'http://a/x#y']) expect(key(target)).toBeUndefined();
  });

  it('applies the query policy of the route', () => {
    const scope = keyScope('http', compileQuery({ sort: true, ignore: ['_'] }));
    const of = (target: string): string | undefined => primaryKey(scope, 'http', 'a', target);
    expect(of('/x?b=1&_=5&a=2')).toBe('1|http|http|a|/x?a=2&b=1');
    expect(of('/x?_=5')).toBe(of('/x'));
    expect(of('http://a/x?_=5')).toBe(of('/x'));
    expect(of('/x?a=?b')).toBe('1|http|http|a|/x?a=?b');
  });

  it('gives different resources different keys', () => {
    const path = fc
      .string({ unit: fc.constantFrom('a', '/', '|', '?', '%', 'A') })
      .map((text) => `/${text}`);
    const facts = fc.tuple(
      fc.constantFrom('http', 'https'),
      fc.constantFrom('a', 'a:1', 'b'),
      path,
    );
    fc.assert(
      fc.property(facts, facts, (one, other) => {
        const same = one.every((part, i) => part === other[i]);
        expect(key(one[2], one[0], one[1]) === key(other[2], other[0], other[1])).toBe(same);
      }),
    );
  });

  it('keeps keys up to 1024 bytes, and hashes longer ones behind a prefix', () => {
    expect(engineKey('a'.repeat(1024))).toBe('a'.repeat(1024));
    const long = 'a'.repeat(1025);
    expect(engineKey(long)).toMatch(/^a{256}\0[\w-]{43}$/);
    expect(engineKey(`${long}b`)).not.toBe(engineKey(`${long}c`));
    expect(engineKey('é'.repeat(512))).toBe('é'.repeat(512));
    expect(engineKey('é'.repeat(513))).toHaveLength(256 + 1 + 43);
    expect(engineKey('\u20ac'.repeat(341))).toBe('\u20ac'.repeat(341));
    expect(engineKey('\u20ac'.repeat(342))).toContain('\0');
    // Lone surrogates are different keys although their UTF-8 is the same.
    expect(engineKey(`${long}\ud800`)).not.toBe(engineKey(`${long}\ud801`));
  });

  it('finds the path of a target', () => {
    expect(pathOf('/x/y?z#w')).toBe('/x/y');
    expect(pathOf('/x#w?z')).toBe('/x');
    expect(pathOf('http://a/x?z')).toBe('/x');
    expect(pathOf('http://a?z')).toBe('/');
    expect(pathOf('*')).toBe('*');
  });
});
