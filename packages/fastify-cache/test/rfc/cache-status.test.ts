// Our member of Cache-Status (src/rfc/cache-status.ts), a structured field by RFC 9211 and RFC 9651.
// Which of them an answer carries is shown by the plugin's tests.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appendCacheStatus, formatCacheStatus } from '../../src/rfc/cache-status.ts';

describe('C5 Cache-Status', () => {
  it('C5 writes hits', () => {
    expect(formatCacheStatus({ hit: true })).toBe('catzilla; hit');
    expect(formatCacheStatus({ hit: true, ttl: 376.9 })).toBe('catzilla; hit; ttl=376');
    expect(formatCacheStatus({ hit: true, ttl: -3 })).toBe('catzilla; hit; ttl=-3');
    expect(formatCacheStatus({ hit: true, ttl: 1, key: 'k', detail: 'd' })).toBe(
      'catzilla; hit; ttl=1; key="k"; detail=d',
    );
  });

  it('C5 writes what went to the handler, never with hit', () => {
    expect(formatCacheStatus({ fwd: 'uri-miss', stored: false, detail: 'set-cookie' })).toBe(
      'catzilla; fwd=uri-miss; stored=?0; detail=set-cookie',
    );
    expect(formatCacheStatus({ fwd: 'stale', fwdStatus: 304, stored: true, ttl: 5 })).toBe(
      'catzilla; fwd=stale; fwd-status=304; stored; ttl=5',
    );
    expect(formatCacheStatus({ fwd: 'uri-miss', collapsed: true })).toBe(
      'catzilla; fwd=uri-miss; collapsed',
    );
    expect(formatCacheStatus({ hit: false, fwd: 'miss', collapsed: false })).toBe(
      'catzilla; fwd=miss; collapsed=?0',
    );
  });

  it.each([
    'bypass',
    'method',
    'uri-miss',
    'vary-miss',
    'miss',
    'request',
    'stale',
    'partial',
  ] as const)('C5 writes the word %s of RFC 9211 2.2', (fwd) => {
    expect(formatCacheStatus({ fwd })).toBe(`catzilla; fwd=${fwd}`);
  });

  it('C5 writes whole numbers only', () => {
    expect(formatCacheStatus({ hit: true, ttl: -3.7 })).toBe('catzilla; hit; ttl=-3');
    expect(formatCacheStatus({ fwd: 'stale', fwdStatus: 304.5, ttl: 2_147_483_648 })).toBe(
      'catzilla; fwd=stale; fwd-status=304; ttl=2147483648',
    );
  });

  it('C5 escapes keys and writes other characters as printable ASCII', () => {
    expect(formatCacheStatus({ hit: true, key: 'a"b\\c' })).toBe('catzilla; hit; key="a\\"b\\\\c"');
    expect(formatCacheStatus({ hit: true, key: 'é\r\n\u20ac' })).toBe(
      'catzilla; hit; key="%C3%A9%0D%0A%E2%82%AC"',
    );
    expect(formatCacheStatus({ hit: true, detail: 'two words' })).toBe(
      'catzilla; hit; detail="two words"',
    );
    expect(formatCacheStatus({ hit: true, detail: '1st' })).toBe('catzilla; hit; detail="1st"');
    expect(formatCacheStatus({ hit: true, detail: '' })).toBe('catzilla; hit; detail=""');
  });

  it('C5 puts our member last and keeps others', () => {
    expect(appendCacheStatus(undefined, 'catzilla; hit')).toBe('catzilla; hit');
    expect(appendCacheStatus('', 'catzilla; hit')).toBe('catzilla; hit');
    expect(appendCacheStatus('origin; hit', 'catzilla; hit')).toBe('origin; hit, catzilla; hit');
    expect(appendCacheStatus(['a; hit', 'b; fwd=miss'], 'catzilla; hit')).toBe(
      'a; hit, b; fwd=miss, catzilla; hit',
    );
  });

  it('C5 writes printable ASCII with balanced quotes for any key and detail', () => {
    const unit = 'binary' as const;
    fc.assert(
      fc.property(fc.string({ unit }), fc.string({ unit }), (key, detail) => {
        const member = formatCacheStatus({ hit: true, key, detail });
        expect(member).toMatch(/^[\x20-\x7e]*$/);
        const quoted = '"(?:[^"\\\\]|\\\\["\\\\])*"';
        expect(member).toMatch(
          new RegExp(`^catzilla; hit; key=${quoted}; detail=(${quoted}|[^\\s"]+)$`),
        );
      }),
    );
  });
});
