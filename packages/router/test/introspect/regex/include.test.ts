// Proofs about regular expressions, beside what JavaScript matches.
import { expect, test } from 'vitest';
import { includes } from '../../../src/introspect/regex/include.ts';
import { parseRegex } from '../../../src/introspect/regex/parse.ts';
import { randomFrom } from '../../support/random.ts';
import { randomSource, randomText } from './random-regex.ts';

const PROVED: readonly (readonly [string, string])[] = [
  ['[\\w-]+', '(\\d{4})-(\\d{2})'],
  ['(.*)', '(\\d+)'],
  ['(.*?)\\.gz', '(.*?)-(a|b)\\.gz'],
  ['(a|b)*', '((?:ab)+)'],
  ['(\\d+)', '([0-9]{1,3})'],
  ['([^]*)', '(\\s\\S)'],
  ['(a?b?)', '(|a|ab)'],
  ['([\\da-f]+)', '([a-f][\\d])'],
  // Without its look-ahead the narrow one matches more: still a proof.
  ['(\\w+)', '(?!admin)(\\w+)'],
  ['(\\w+)', '(\\bab\\b)'],
  ['(\\x41|\\u0042|\\t|\\cA|\\0)', '(A|B|\\x09|\\x01|\\x00)'],
  ['([a\\-z])', '(-)'],
  ['([\\d-x]+)', '(1-x)'],
  ['([a-z]{2,})', '(abc)'],
  ['(?<year>\\d+)', '(1)'],
];
const UNPROVED: readonly (readonly [string, string])[] = [
  ['(\\d+)', '(\\w+)'],
  // A line end is matched by the one, and not by the other.
  ['(.*)', '([^/]+)'],
  ['(.+)', '(\\d*)'],
  ['([a-z]{2,4})', '([a-z]{2,5})'],
  // What the tree leaves out may matter.
  ['(?!admin)(\\w+)', '(\\w+)'],
  ['(\\w+)', '(\\d)\\1'],
  ['(\\w+)', '(?<a>\\d)\\k<a>'],
  // Anchors inside, and automata that are too large.
  ['(a$|b)', '(a)'],
  ['(\\w+)', '(a$|b)'],
  ['(\\w+)', '(a{1000})'],
  ['(\\w{0,1000})', '(a)'],
  ['(\\w(?:a$)*)', '(a)'],
  ['(\\w(?:a$){0,2})', '(a)'],
  ['(\\w(?:a$){2})', '(a)'],
  ['([ab]*a[ab]{12})', '([ab]*a[ab]{12})'],
];

test.each(PROVED)('%s is proved to match all that %s does', (wide, narrow) => {
  expect(includes(whole(wide), whole(narrow))).toBe(true);
});

test.each(UNPROVED)('%s is not proved to match all that %s does', (wide, narrow) => {
  expect(includes(whole(wide), whole(narrow))).toBe(false);
});

test('what is newer than the parser is not taken for something else', () => {
  for (const source of ['^(?i:a)$', '^(a)\\1$', '^(?<a>b)\\k<a>$', '^(\\c)$', '^(a)$)']) {
    expect(parseRegex(source).coversAll, source).toBe(false);
    expect(parseRegex(source).isExact, source).toBe(false);
  }
});

test('an expression without its anchors is not looked at', () => {
  for (const regex of [/a/, /^a/, /a$/, /a|b/]) {
    expect(includes(regex, whole('a'))).toBe(false);
    expect(includes(whole('a'), regex)).toBe(false);
  }
});

test('a proof over random expressions holds for random texts', () => {
  const counts = { proofs: 0, matches: 0, different: 0 };
  for (let seed = 0; seed < 4000; seed++) {
    const random = randomFrom(seed);
    const sources = [randomSource(random), randomSource(random)];
    const wider = random.once(2) ? sources[0]! : `(?:${sources.join('|')})`;
    const [wide, narrow] = [whole(wider), whole(sources[1]!)];
    if (!includes(wide, narrow)) continue;
    counts.proofs++;
    if (wide.source !== narrow.source) counts.different++;
    for (let i = 0; i < 60; i++) {
      const text = randomText(random);
      if (!narrow.test(text)) continue;
      counts.matches++;
      expect(wide.test(text), `seed ${seed}: ${wide}, ${narrow}, ${JSON.stringify(text)}`).toBe(
        true,
      );
    }
  }
  console.log(counts);
  expect(counts.different).toBeGreaterThan(50);
  expect(counts.matches).toBeGreaterThan(2000);
});

function whole(source: string): RegExp {
  return new RegExp(`^${source}$`);
}
