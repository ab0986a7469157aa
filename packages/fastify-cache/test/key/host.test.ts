import { describe, expect, it } from 'vitest';
import { isHostAllowed, normalizeHost } from '../../src/key/host.ts';

describe('hosts', () => {
  it.each([
    ['Example.COM', 'http', 'example.com'],
    ['example.com:80', 'http', 'example.com'],
    ['example.com:443', 'http', 'example.com:443'],
    ['example.com:443', 'https', 'example.com'],
    ['example.com:80', 'https', 'example.com:80'],
    ['example.com:', 'http', 'example.com'],
    ['[::1]:80', 'http', '[::1]'],
    ['[::1]', 'http', '[::1]'],
    ['[::1]:8080', 'https', '[::1]:8080'],
    ['my_host-1:3000', 'http', 'my_host-1:3000'],
  ])('writes %s under %s as %s', (host, protocol, expected) => {
    expect(normalizeHost(host, protocol)).toBe(expected);
    // The second time from the memo.
    expect(normalizeHost(host, protocol)).toBe(expected);
  });

  it.each([
    undefined,
    '',
    'a|b',
    'a/b',
    'a b',
    'a, b',
    'user@a',
    'a:b',
    'a:123456',
    'a\u0000',
    'ä',
    '[::1',
    'a?b',
    'a#b',
    'a'.repeat(300),
  ])('refuses %j', (host) => {
    expect(normalizeHost(host, 'http')).toBeUndefined();
    expect(normalizeHost(host, 'http')).toBeUndefined();
  });

  it('stays right under a flood of hosts', () => {
    for (let i = 0; i < 1000; i++) expect(normalizeHost(`H${i}:80`, 'http')).toBe(`h${i}`);
    expect(normalizeHost('H1:80', 'http')).toBe('h1');
  });

  it('allows every host without a list, and listed ones with any port or the one given', () => {
    expect(isHostAllowed(undefined, 'a')).toBe(true);
    const hosts = new Set(['a', 'b:8080']);
    expect(isHostAllowed(hosts, 'a')).toBe(true);
    expect(isHostAllowed(hosts, 'a:1')).toBe(true);
    expect(isHostAllowed(hosts, 'b:8080')).toBe(true);
    expect(isHostAllowed(hosts, 'b')).toBe(false);
    expect(isHostAllowed(hosts, 'b:80800')).toBe(false);
    expect(isHostAllowed(hosts, 'c.a')).toBe(false);
  });
});
