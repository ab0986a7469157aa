import { describe, expect, it } from 'vitest';
import type { PathRules } from '../../src/match/pattern.ts';
import { readTemplate } from '../../src/match/template.ts';
import type { Template } from '../../src/match/template.ts';

const plain: PathRules = {
  caseSensitive: true,
  ignoreTrailingSlash: false,
  ignoreDuplicateSlashes: false,
  useSemicolonDelimiter: false,
};
const OPEN = { segment: '+', path: '**', gap: '(**)' };

/** Ways in short: `a+` is a segment that begins with `a`, `**` the rest of the path, or any part of it. */
const short = (ways: Template['ways']) =>
  ways?.map((way) =>
    way.map(({ text, open }) => (open === false ? text : text + OPEN[open])).join('/'),
  );
const waysOf = (url: string, rules: Partial<PathRules> = {}, slashToo?: boolean) =>
  short(readTemplate(url, { ...plain, ...rules }, slashToo).ways);
const looseWaysOf = (url: string, rules: Partial<PathRules> = {}, slashToo?: boolean) =>
  short(readTemplate(url, { ...plain, ...rules }, slashToo).looseWays);

describe('templates', () => {
  it.each([
    ['/', ['']],
    ['/a/b', ['a/b']],
    ['/a/', ['a/']],
    ['/a/:id', ['a/+']],
    ['/a/:id/b', ['a/+/b']],
    ['/:a-:b/c', ['+/c']],
    ['/a-:b', ['a-+']],
    ['/:x(^\\d+$)/b', ['+/b']],
    ['/:x(a/b)/c', ['+/c']],
    ['/:x(a\\)b/c)-:y::z/d', ['+/d']],
    ['/:x(a(b/c)d):y/d', ['+/d']],
    ['/:x-a:/d', ['+/d']],
    ['/a::b/:c', ['a:b/+']],
    ['/a:::b', ['a:+']],
    ['/a/*', ['a/**']],
    ['/a*', ['a**']],
    ['*', ['**']],
    ['/a/:x?', ['a/+', 'a']],
    ['/:x?', ['+', '']],
    ['/a/:x?/', ['a/+/', 'a/']],
    ['/a%20b', ['a%20b']],
  ])('%s is read as %j', (url, ways) => {
    expect(waysOf(url)).toEqual(ways);
  });

  it('go by the options of the router', () => {
    expect(waysOf('/A//:B/', { caseSensitive: false })).toEqual(['a//+/']);
    expect(waysOf('/a//:b/', { ignoreDuplicateSlashes: true })).toEqual(['a/+/']);
    expect(waysOf('/a/:b/', { ignoreTrailingSlash: true })).toEqual(['a/+']);
  });

  it.each(['/a/*/b', 'a', '/:x(a', '/:x(a\\)'])('%s cannot be told', (url) => {
    expect(waysOf(url)).toBeUndefined();
  });

  it('cannot be told where lower case is not letter by letter', () => {
    expect(waysOf('/İ', { caseSensitive: false })).toBeUndefined();
    expect(waysOf('/aΣ/:x', { caseSensitive: false })).toBeUndefined();
    expect(waysOf('/İ')).toEqual(['İ']);
  });

  it('have a second way where Fastify adds a closing slash', () => {
    expect(waysOf('/a', {}, true)).toEqual(['a', 'a/']);
    expect(waysOf('/a', { ignoreTrailingSlash: true }, true)).toEqual(['a']);
    expect(readTemplate('/a', plain, true).literal).toBeUndefined();
    expect(readTemplate('/a', plain).literal).toBe('/a');
  });

  it('have ways for every form of their paths', () => {
    expect(looseWaysOf('/a/:x/b', {}, false)).toEqual(['a/**/b']);
    expect(looseWaysOf('/a/:x/b')).toEqual(['a/**/b', 'a/**/b/']);
    expect(looseWaysOf('/a', {}, true)).toEqual(['a', 'a/']);
    for (const option of ['ignoreTrailingSlash', 'ignoreDuplicateSlashes']) {
      const rules = { [option]: true };
      expect(looseWaysOf('/a/:x/b-:y', rules, false)).toEqual(['a/(**)/b-**']);
    }
  });
});
