import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptEncoding, weightedMember } from '../src/accept-encoding.ts';

describe('Accept-Encoding', () => {
  it.each([
    ['gzip, deflate, br', 'br,deflate,gzip'],
    ['br,gzip;q=1.0 ,  deflate', 'br,deflate,gzip'],
    ['GZIP', 'gzip'],
    ['gzip;q=0.5, br;q=0.9', 'br>gzip'],
    ['gzip;q=0.1, br;q=0.2', 'br>gzip'],
    ['gzip, br;q=0', 'gzip'],
    ['gzip, sdch', 'gzip'],
    ['', ''],
    ['identity;q=0', '!identity'],
    ['gzip, identity;q=0', 'gzip!identity'],
    ['*', '*'],
    ['gzip, *;q=0', 'gzip!*'],
    ['identity;q=0.5, *;q=0', 'identity!*'],
    ['*, gzip;q=0', '*!gzip'],
    ['gzip, *;q=0.1, br;q=0', 'gzip>*!br'],
    ['gzip;Q=0.5', 'gzip'],
    ['gzip ; q=0.5', 'gzip'],
    ['gzip;q=2', '?gzip;q=2'],
    ['gzip;q = 1', '?gzip;q = 1'],
    ['gzip;level=1', '?gzip;level=1'],
    ['gzip;q=1;q=0', '?gzip;q=1;q=0'],
    ['br>gzip', '?br>gzip'],
    ['gzip;q=0.1234', '?gzip;q=0.1234'],
    ['"gzip, br"', '?"gzip, br"'],
  ])('Y2 reads %j as %j', (value, expected) => {
    expect(acceptEncoding(value)).toBe(expected);
  });

  it.each([
    ['gzip', { name: 'gzip', weight: 1 }],
    ['GZip;q=0.125', { name: 'gzip', weight: 0.125 }],
    ['gzip;q=0.', { name: 'gzip', weight: 0 }],
    ['gzip;q=1.000', { name: 'gzip', weight: 1 }],
    ['gzip;q=1.001', undefined],
    ['gzip;', undefined],
    [';q=1', undefined],
    ['', undefined],
  ])('reads the member %j as %j', (member, expected) => {
    expect(weightedMember(member)).toEqual(expected);
  });

  it('Y2 never makes a client that refuses a coding equal to one that takes it', () => {
    expect(acceptEncoding('*, gzip;q=0')).not.toBe(acceptEncoding('*'));
    expect(acceptEncoding('gzip;q=0')).not.toBe(acceptEncoding('gzip'));
    expect(acceptEncoding('dcz')).not.toBe(acceptEncoding(''));
  });

  it('Y2 gives a permutation of equal weights one form, and another weight order another', () => {
    const codings = ['gzip', 'br', 'zstd', 'deflate', 'identity'];
    const list = fc.shuffledSubarray(codings, { minLength: 2 });
    fc.assert(
      fc.property(list, (names) => {
        const [first, ...rest] = names;
        expect(acceptEncoding(names.join(','))).toBe(acceptEncoding([...names].sort().join(' , ')));
        const prefersFirst = [first, ...rest.map((name) => `${name};q=0.5`)].join(', ');
        const prefersLast = [`${first};q=0.5`, ...rest].join(', ');
        expect(acceptEncoding(prefersFirst)).not.toBe(acceptEncoding(prefersLast));
      }),
    );
  });

  it('Y2 gives one form only to values that every handler answers alike', () => {
    const names = fc.shuffledSubarray(['gzip', 'br', 'identity', '*', 'sdch']);
    const wishes = names.chain((chosen) =>
      fc.tuple(...chosen.map((name) => fc.tuple(fc.constant(name), fc.constantFrom(0, 0.5, 1)))),
    );
    const offers = fc.shuffledSubarray(['gzip', 'br', 'zstd', 'identity'], { minLength: 1 });
    let shared = 0;
    fc.assert(
      fc.property(wishes, wishes, offers, (one, other, offered) => {
        if (acceptEncoding(written(one)) !== acceptEncoding(written(other))) return;
        shared++;
        expect(negotiate(one, offered)).toBe(negotiate(other, offered));
      }),
      { numRuns: 5000 },
    );
    expect(shared).toBeGreaterThan(20);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(typeof acceptEncoding(text)).toBe('string');
      }),
    );
  });
});

type Wishes = readonly (readonly [string, number])[];

function written(wishes: Wishes): string {
  return wishes.map(([name, weight]) => `${name};q=${weight}`).join(', ');
}

// RFC 9110 12.5.3 to the letter, from the weights: the offered coding of the highest one, the earlier offer among equals.
function negotiate(wishes: Wishes, offered: readonly string[]): string | undefined {
  const weights = new Map(wishes);
  let best: string | undefined;
  let highest = 0;
  for (const coding of offered) {
    const fallback = coding === 'identity' ? 0.001 : 0;
    const weight = weights.get(coding) ?? weights.get('*') ?? fallback;
    if (weight > highest) [best, highest] = [coding, weight];
  }
  return best;
}
