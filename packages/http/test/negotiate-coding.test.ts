// Which coding is chosen (src/negotiate-coding.ts), RFC 9110 12.5.3.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { negotiateCoding } from '../src/negotiate-coding.ts';

const available = ['br', 'zstd', 'gzip'] as const;

describe('negotiateCoding()', () => {
  it.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['gzip, deflate, br', 'br'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip;q=1, br;q=0.5', 'gzip'],
    ['*', 'br'],
    ['*;q=0.5', 'br'],
    ['br;q=0, *', 'zstd'],
    ['deflate', 'identity'],
    ['deflate, identity;q=0', undefined],
    ['identity;q=0', undefined],
    ['*;q=0', undefined],
    ['*;q=0, gzip', 'gzip'],
    ['*;q=0, identity', 'identity'],
    ['identity, gzip;q=0.5', 'identity'],
    ['identity;q=0.5, gzip;q=0.5', 'gzip'],
    ['identity;q=0.2, gzip;q=0.5', 'gzip'],
    ['gzip;q=2', 'identity'],
    ['gzip;level=9', 'identity'],
    [['gzip', 'br'], 'br'],
  ] as const)('chooses for %j: %s', (field, expected) => {
    expect(negotiateCoding(field, available)).toBe(expected);
  });

  it('gives identity where there is nothing else, unless that is refused', () => {
    expect(negotiateCoding('br, gzip', [])).toBe('identity');
    expect(negotiateCoding('br, identity;q=0', [])).toBeUndefined();
  });

  it('never chooses what has weight 0, whatever is sent', () => {
    const member = fc
      .tuple(
        fc.constantFrom('br', 'zstd', 'gzip', 'identity', '*', 'deflate'),
        fc.constantFrom('0', '0.3', '1'),
      )
      .map(([name, weight]) => `${name};q=${weight}`);
    fc.assert(
      fc.property(fc.uniqueArray(member, { selector: (text) => text.split(';')[0] }), (members) => {
        const chosen = negotiateCoding(members.join(', '), available);
        if (chosen !== undefined) expect(members).not.toContain(`${chosen};q=0`);
      }),
    );
  });
});
