// Bounds of matches, beside what JavaScript matches.
import { expect, test } from 'vitest';
import {
  longestMatch,
  longestNeededGroup,
  shortestMatch,
} from '../../../src/introspect/regex/lengths.ts';
import { parseRegex } from '../../../src/introspect/regex/parse.ts';
import { randomFrom } from '../../support/random.ts';
import { randomSource, randomText } from './random-regex.ts';

test.each([
  ['^([a-f0-9]{128})$', 128, 128, 128],
  ['^(\\d{4})-(\\d{2})$', 7, 7, 4],
  ['^(.*?)-(-|(?:(?!-).)*)$', 1, Infinity, 0],
  ['^(a|bcd)?$', 0, 3, 0],
  ['^(a|bcd)$', 1, 3, 1],
  ['^((ab)+c){2}$', 6, Infinity, 3],
  ['^(?:(abc)|(de))$', 2, 3, 2],
  ['^(a(?:){0})$', 1, 1, 1],
  ['^((?:a*){0})$', 0, 0, 0],
])('the bounds of %s are %d and %d, and a group has at least %d', (source, least, most, needed) => {
  const { root } = parseRegex(source);
  expect(shortestMatch(root)).toBe(least);
  expect(longestMatch(root)).toBe(most);
  expect(longestNeededGroup(root)).toBe(needed);
});

test.each([
  '^(a$b)$',
  '^(a^b)$',
  '^([])$',
  '^([]+a)$',
  '^(?:a[]|b^)$',
  '^(ab|$)c$|[]',
  '^(a^|b$c)$',
])('nothing matches %s', (source) => {
  // As a check of the test itself: these two are matched.
  const isMatched = source === '^(ab|$)c$|[]';
  expect(shortestMatch(parseRegex(source).root)).toBe(isMatched ? 3 : Infinity);
});

test.each(['^($|a)$', '^(^a)$', '^(a$|b)$', '^((?:)^a)$', '^([]*a)$'])(
  '%s is matched',
  (source) => {
    expect(shortestMatch(parseRegex(source).root)).toBeLessThan(2);
  },
);

test('over random expressions every match is within its bounds', () => {
  let matches = 0;
  let impossible = 0;
  for (let seed = 0; seed < 3000; seed++) {
    const random = randomFrom(seed);
    const regex = new RegExp(`^(${randomSource(random)})$`);
    const { root, coversAll } = parseRegex(regex.source);
    const least = shortestMatch(root);
    if (least === Infinity) impossible++;
    const needed = longestNeededGroup(root);
    for (let i = 0; i < 40; i++) {
      const text = randomText(random);
      const found = regex.exec(text);
      if (found === null) continue;
      matches++;
      const label = `seed ${seed}: ${regex}, ${JSON.stringify(text)}`;
      expect(text.length, label).toBeGreaterThanOrEqual(least);
      if (coversAll) expect(text.length, label).toBeLessThanOrEqual(longestMatch(root));
      const groups: readonly (string | undefined)[] = found.slice(1);
      const longest = Math.max(...groups.map((part = '') => part.length));
      expect(longest, label).toBeGreaterThanOrEqual(needed);
    }
  }
  console.log({ matches, impossible });
  expect(matches).toBeGreaterThan(2000);
  expect(impossible).toBeGreaterThan(20);
});
