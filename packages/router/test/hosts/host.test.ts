import { describe, expect, test } from 'vitest';
import { hostOf, hostPattern, parentOf } from '../../src/hosts/host.ts';
import { coded } from '../dynamic/apps.ts';

const LONG = `${'a'.repeat(63)}.`.repeat(3) + 'a'.repeat(61);

describe('a Host header', () => {
  test.each([
    ['a.example', 'a.example'],
    ['A.Example', 'a.example'],
    ['a.example:8080', 'a.example'],
    ['a.example:', 'a.example'],
    ['a.example.', 'a.example'],
    ['A.EXAMPLE.:80', 'a.example'],
    ['localhost', 'localhost'],
    ['127.0.0.1:3000', '127.0.0.1'],
    ['xn--mnchen-3ya.example', 'xn--mnchen-3ya.example'],
    ['_dmarc.a.example', '_dmarc.a.example'],
    ['[::1]', '[::1]'],
    ['[::1]:8080', '[::1]'],
    ['[::1]:', '[::1]'],
    ['[2001:DB8::A]', '[2001:db8::a]'],
    [LONG, LONG],
    [`${LONG}.`, LONG],
  ])('%o names %o', (header, host) => {
    expect(hostOf(header)).toBe(host);
  });

  test.each([
    '',
    ' ',
    ':',
    ':80',
    '.',
    '..',
    'a..example',
    '.a.example',
    'a.example..',
    '-a.example',
    'a-.example',
    'a.example:80:80',
    'a.example:8x',
    'a.example:-1',
    'user@a.example',
    'a.example/b',
    'a.example?',
    'a.example#b',
    'a b.example',
    'a.example\t',
    ' a.example',
    'a.example,b.example',
    'a\\b',
    '*.a.example',
    '%61.example',
    'a.example\0',
    '\u212aelvin.example',
    'm\u00fcnchen.example',
    'a\uff0eexample',
    'a\u3002example',
    '\u0130.example',
    '::1',
    '[::1',
    '::1]',
    '[]',
    '[a]',
    '[::1].example',
    '[::1]a',
    '[::1]:8x',
    '[127.0.0.1]',
    '[[::1]]',
    `${'a'.repeat(64)}.example`,
    `${LONG}a`,
    'a.'.repeat(8000),
  ])('%o is the name of no host', (header) => {
    expect(hostOf(header)).toBeUndefined();
  });

  test('of 16 KiB names no host', () => {
    for (const part of ['a', 'a-', '.', 'a.', ':', '0', '[', ':0']) {
      expect(hostOf(part.repeat(16_384 / part.length))).toBeUndefined();
    }
  });
});

test('a parent is what stands behind the first label', () => {
  expect(parentOf('a.b.example')).toBe('b.example');
  expect(parentOf('localhost')).toBeUndefined();
  expect(parentOf('[::ffff:1.2.3.4]')).toBeUndefined();
});

describe('a pattern', () => {
  test.each([
    ['a.example', { isWildcard: false, host: 'a.example' }],
    ['A.Example.', { isWildcard: false, host: 'a.example' }],
    ['*.A.example', { isWildcard: true, host: 'a.example' }],
    ['*.example', { isWildcard: true, host: 'example' }],
    ['[::1]', { isWildcard: false, host: '[::1]' }],
  ])('%o is read', (text, pattern) => {
    expect(hostPattern(text)).toEqual(pattern);
  });

  test.each([
    '',
    '*',
    '*.',
    '**.a',
    '*.*.a',
    'a.*',
    'a*.example',
    '*a.example',
    'a.example:80',
    'a.example:',
    '*.a.example:80',
    '[::1]:80',
    '*.[::1]',
    '*.[::1]:80',
    '::1',
    'http://a.example',
    'a.example/',
    'm\u00fcnchen.example',
    'a b',
  ])('%o is refused with a sentence', (text) => {
    expect(() => hostPattern(text)).toThrow(
      coded(
        'CATZ_ROUTER_OPTIONS',
        /expected a host without a port, "\*\." and a host, or "default", got "/,
      ) as Error,
    );
  });
});
