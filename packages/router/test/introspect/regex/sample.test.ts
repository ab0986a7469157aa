import { expect, test } from 'vitest';
import { sampleOf } from '../../../src/introspect/regex/sample.ts';
import { randomFrom } from '../../support/random.ts';
import { randomSource, randomText } from './random-regex.ts';

test.each([
  '(\\d+)',
  '(\\d{4})-(\\d{2})-(\\d{2})',
  '([a-z]{2}(?:-[A-Z]{2})?)',
  '(foo|bar)baz',
  '([^-]+)-x',
  '(?!admin)(\\w{5})',
  '(.*?)\\.(-|(?:(?!\\.).)*)\\.tar\\.gz',
  '(sk_live_[A-Za-z0-9]{24})',
  '(\\u00e9\\x41\\t)',
  '(\\*\\{\\}{1,3})',
  '([\\]\\\\^]{3})',
])('a text is found for %s', (source) => {
  const regex = new RegExp(`^${source}$`);
  const sample = sampleOf(regex);
  expect(sample).toMatch(regex);
});

test('there is no text for what nothing matches', () => {
  expect(sampleOf(/^(a$b)$/)).toBeUndefined();
  expect(sampleOf(new RegExp('^([])$'))).toBeUndefined();
});

test('a text that does not fit is left for one that does', () => {
  expect(sampleOf(/^(\w+)$/, (text) => text.length > 6)).toMatch(/^\w{7,}$/);
  expect(sampleOf(/^(\d)$/, (text) => text !== '1')).toMatch(/^[02-9]$/);
  expect(sampleOf(/^(1)$/, (text) => text !== '1')).toBeUndefined();
});

test('texts are not longer than URLs may be', () => {
  expect(sampleOf(/^((?:[a-z]{2000}){500})$/)).toBeUndefined();
});

test('an expression that takes exponential time is tried on short texts', () => {
  expect(sampleOf(/^((?:\w+)+!)$/)).toMatch(/!$/);
  expect(sampleOf(/^((?:(?:\w+)+|(?:\w*)*x){1,9}!!)$/)).toMatch(/^.{1,10}!!$/);
});

test('for nearly all random expressions that match something a text is found', () => {
  let found = 0;
  const without: string[] = [];
  for (let seed = 0; seed < 1500; seed++) {
    const random = randomFrom(seed);
    const regex = new RegExp(`^(${randomSource(random)})$`);
    const texts = Array.from({ length: 60 }, () => randomText(random));
    if (!texts.some((text) => regex.test(text))) continue;
    const sample = sampleOf(regex);
    if (sample === undefined) without.push(regex.source);
    else {
      found++;
      expect(regex.test(sample), `seed ${seed}: ${regex}, ${JSON.stringify(sample)}`).toBe(true);
    }
  }
  console.log({ found, without: without.length });
  expect(without.length, without.slice(0, 5).join('  ')).toBeLessThan(found / 20);
});
