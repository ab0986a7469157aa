// Whose a response is (src/key/identity.ts), as one more name and value that select a variant.
// That nobody is answered with another's response end to end is the plugin's to show.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isToken } from '@catzilla/http';
import { IDENTITY, identityValue } from '../../src/key/identity.ts';
import { variantKey } from '../../src/rfc/vary.ts';

const keyOf = (identity: string | undefined): string =>
  variantKey([IDENTITY], identity === undefined ? {} : { [IDENTITY]: identityValue(identity) });
// Lone surrogates, what looks alike, what separates, what a normal form would fold.
const identity = fc.string({
  unit: fc.constantFrom(
    'a',
    'A',
    'é',
    'e\u0301',
    '\ud800',
    '\udc00',
    '\ufffd',
    ',',
    ' ',
    ';',
    '\n',
    '|',
  ),
  maxLength: 4,
});

describe('identity', () => {
  it('has a name that no field can have', () => {
    expect(isToken(IDENTITY)).toBe(false);
  });

  it('makes a value without separators, spaces and letters that a field cannot hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(identityValue(text)).toMatch(/^[\w-]*$/);
      }),
    );
  });

  it('keeps different identities apart, in the variant key too', () => {
    fc.assert(
      fc.property(identity, identity, (one, other) => {
        expect(identityValue(one) === identityValue(other)).toBe(one === other);
        expect(keyOf(one) === keyOf(other)).toBe(one === other);
      }),
      { numRuns: 2_000 },
    );
    expect(keyOf('\ud800')).not.toBe(keyOf('\ufffd'));
    expect(keyOf('é')).not.toBe(keyOf('e\u0301'));
  });

  it('tells the empty identity from none', () => {
    expect(keyOf('')).not.toBe(keyOf(undefined));
  });
});
