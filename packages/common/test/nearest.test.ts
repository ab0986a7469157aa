import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearest } from '../src/index.ts';

describe('nearest', () => {
  const known = ['ttl', 'maxBytes', 'methods', 'statuses'];

  it.each([
    ['tll', 'ttl'],
    ['TTL', 'ttl'],
    ['maxbyte', 'maxBytes'],
    ['mehtods', 'methods'],
    ['status', 'statuses'],
  ])('takes %s for %s', (written, meant) => {
    expect(nearest(written, known)).toBe(meant);
  });

  it('stays silent when nothing is near', () => {
    expect(nearest('compression', known)).toBeUndefined();
    expect(nearest('a', ['bcd'])).toBeUndefined();
    expect(nearest('x'.repeat(65), ['x'.repeat(64)])).toBeUndefined();
    expect(nearest('ttl', [])).toBeUndefined();
  });

  it('prefers the closest, and the first of two equally close', () => {
    expect(nearest('maxItem', ['maxItms', 'maxItems'])).toBe('maxItems');
    expect(nearest('cat', ['bat', 'rat'])).toBe('bat');
  });

  it('counts a swap of neighbours as one mistake', () => {
    // three letters allow one mistake: without swaps, ab -> ba would be two
    expect(nearest('bat', ['abt'])).toBe('abt');
  });

  it('finds every known name from itself, and after one letter is lost', () => {
    const name = fc.string({ minLength: 4, maxLength: 20 });
    fc.assert(
      fc.property(name, fc.nat(19), (word, at) => {
        expect(nearest(word, [word])).toBe(word);
        const cut = at % word.length;
        const lossy = word.slice(0, cut) + word.slice(cut + 1);
        expect(nearest(lossy, [word])).toBe(word);
      }),
    );
  });
});
