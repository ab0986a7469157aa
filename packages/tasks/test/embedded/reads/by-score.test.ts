import { describe, expect, it } from 'vitest';
import { byBytes, byScore } from '../../../src/embedded/reads/_by-score.ts';

describe('the order of a sorted set', () => {
  it('goes by number, then by name', () => {
    const all = [
      { score: 2, name: 'a' },
      { score: 1, name: 'b' },
      { score: 1, name: 'a' },
    ];
    all.sort((a, b) => byScore(a.score, a.name, b.score, b.name));
    expect(all.map(({ score, name }) => `${String(score)}${name}`)).toEqual(['1a', '1b', '2a']);
  });

  it('takes names by their bytes, where UTF-16 has another order', () => {
    const names = ['\u{1f600}', '\ufffd', '10', '9', '10'];
    expect(names.sort(byBytes)).toEqual(['10', '10', '9', '\ufffd', '\u{1f600}']);
  });
});
