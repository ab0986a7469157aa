import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compilePattern,
  isExcluded,
  isIncluded,
  maxPathLength,
  pathForms,
  patternFault,
} from '../../src/match/pattern.ts';
import type { PathRules, Pattern } from '../../src/match/pattern.ts';
import { readTemplate } from '../../src/match/template.ts';
import { processorTime } from '../support/processor-time.ts';

const plain: PathRules = {
  caseSensitive: true,
  ignoreTrailingSlash: false,
  ignoreDuplicateSlashes: false,
  useSemicolonDelimiter: false,
};
const matches = (pattern: Pattern, path: string, rules = plain): boolean =>
  compilePattern(pattern, rules).matches(path);
const covers = (pattern: Pattern, template: string, rules = plain): string =>
  compilePattern(pattern, rules).covers(readTemplate(template, rules));

describe('patterns', () => {
  it.each([
    ['/admin/*', '/admin/x', true],
    ['/admin/*', '/admin/', true],
    ['/admin/*', '/admin', false],
    ['/admin/*', '/admin/x/y', false],
    ['/admin/*', '/administrator/x', false],
    ['/a/**', '/a', true],
    ['/a/**', '/a/', true],
    ['/a/**', '/a/b/c', true],
    ['/a/**', '/ab', false],
    ['/**', '/', true],
    ['/**', '/x/y', true],
    ['/a/**/z', '/a/z', true],
    ['/a/**/z', '/a/b/c/z', true],
    ['/a/**/z', '/a/b/c', false],
    ['/a/**/b/*/c', '/a/b/x/b/y/c', true],
    ['/**/a/**/b', '/x/a/y/a/b', true],
    ['/**/a/**/b', '/x/b/a', false],
    ['/*.css', '/site.css', true],
    ['/*.css', '/.css', true],
    ['/*.css', '/site.css.map', false],
    ['/a*b*c', '/aXbYbZc', true],
    ['/a*b*c', '/aXbY', false],
    ['/*/b', '/a/b', true],
    ['/', '/', true],
    ['/', '/a', false],
    ['/a.b', '/axb', false],
    ['/a', '/A', false],
    [/^\/x\d+$/, '/x12', true],
    [/^\/x\d+$/, '/xy', false],
  ])('%s on %s: %s', (pattern, path, expected) => {
    expect(matches(pattern, path)).toBe(expected);
  });

  it('goes by the options of the router', () => {
    const loose = {
      ...plain,
      caseSensitive: false,
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
    };
    expect(matches('/Admin/*', '//aDMIN///x/', loose)).toBe(true);
    expect(matches('/admin/*', '//admin/x')).toBe(false);
    expect(matches('/a/', '/a', loose)).toBe(true);
    expect(matches('/', '/', loose)).toBe(true);
    expect(matches(/^\/admin$/, '/ADMIN/', loose)).toBe(true);
    expect(matches(/^\/admin$/, '/ADMIN')).toBe(false);
    expect(matches(/^\/admin$/i, '/ADMIN')).toBe(true);
    expect(matches(/^\/admin$/, '/ADMIN', { ...plain, caseSensitive: false })).toBe(true);
  });

  it('reads a path by the options of each pattern that is asked about it', () => {
    const folding = { ...plain, caseSensitive: false };
    const path = '/Admin/x';
    expect([plain, folding, plain].map((rules) => matches('/admin/*', path, rules))).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('keeps no position of a global or sticky RegExp', () => {
    const compiled = compilePattern(/a/gy, plain);
    expect([compiled.matches('a/a'), compiled.matches('a/a'), compiled.matches('a/a')]).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('matches characters outside ASCII raw and decoded', () => {
    expect(matches('/café/*', '/café/x')).toBe(true);
    expect(matches('/café/*', encodeURI('/café/x'))).toBe(true);
    expect(isIncluded([compilePattern('/café/*', plain)], '/caf%C3%A9/x')).toBe(true);
  });

  it('names what is wrong with a pattern', () => {
    expect(patternFault('/a/**/b*')).toBeUndefined();
    expect(patternFault(/x/)).toBeUndefined();
    for (const pattern of ['', 'a', '*', 5, null, {}]) {
      expect(patternFault(pattern)).toMatch(/beginning with "\/"/);
    }
    expect(patternFault('/a?b')).toMatch(/without query/);
    expect(patternFault('/a#b')).toMatch(/without query/);
    expect(patternFault('/a/:id')).toMatch(/in place of parameters/);
    expect(patternFault('/a/b**')).toMatch(/stands alone/);
    expect(patternFault('/a\ud800')).toMatch(/well-formed/);
    expect(patternFault('/a\u{1f600}')).toBeUndefined();
  });

  it('judges a path raw, as a router decodes it, and fully decoded', () => {
    expect(pathForms('/a')).toEqual(['/a']);
    expect(pathForms('/%61%2Fb')).toEqual(['/%61%2Fb', '/a%2Fb', '/a/b']);
    expect(pathForms('/%')).toBeUndefined();
    expect(pathForms(`/${'a'.repeat(maxPathLength)}`)).toBeUndefined();
  });

  it.each(['/admin/x', '/%61dmin/x', '/admin%2Fx', '/%61dmin/a%2Fb', '/admin/%zz', '/%'])(
    'excludes %s by /admin/*',
    (path) => {
      expect(isExcluded([compilePattern('/admin/*', plain)], path)).toBe(true);
    },
  );

  it('excludes nothing without patterns, and what is too long to judge with them', () => {
    expect(isExcluded([], '/%')).toBe(false);
    const pattern = [compilePattern('/b', plain)];
    expect(isExcluded(pattern, '/a')).toBe(false);
    expect(isExcluded(pattern, `/${'a'.repeat(5000)}`)).toBe(true);
  });

  it('includes only what matches in every form', () => {
    const pattern = [compilePattern('/api/*', plain)];
    expect(isIncluded(pattern, '/api/x')).toBe(true);
    expect(isIncluded(pattern, '/api/x%20y')).toBe(true);
    expect(isIncluded(pattern, '/%61pi/x')).toBe(false);
    expect(isIncluded(pattern, '/api/..%2Fx')).toBe(false);
    expect(isIncluded(pattern, '/api/%')).toBe(false);
    expect(isIncluded([], '/api/x')).toBe(false);
  });

  it.each([
    ['/api/**', '/api/cities/:id', 'always'],
    ['/api/**', '/api', 'always'],
    ['/api/**', '/api/*', 'always'],
    ['/api/**', '/other/:id', 'never'],
    ['/api/*', '/api/:id', 'always'],
    ['/api/*', '/api/:id(^\\d+$)', 'always'],
    ['/api/*', '/api/:a-:b', 'always'],
    ['/api/*', '/api/*', 'maybe'],
    ['/api/*/x', '/api/:id/x', 'always'],
    ['/api/*/x', '/api/:id/y', 'never'],
    ['/api/*/x', '/api/:id', 'odd'],
    ['/api/*', '/api/:id/x', 'never'],
    ['/api/*', '/api/x', 'always'],
    ['/api/*', '/api/x/y', 'never'],
    ['/api/v*', '/api/v:version', 'always'],
    ['/api/v1*', '/api/v:version', 'maybe'],
    ['/api/x*', '/api/v:version', 'never'],
    ['/a/**/b', '/a/:x', 'maybe'],
    ['/a/**/b', '/a/:x/b', 'always'],
    ['/**/b', '/*', 'maybe'],
    ['/**', '/*', 'always'],
    ['/**', '*', 'always'],
    ['/**/b/*/*', '/b/b/*', 'maybe'],
    ['/*/**', '/*', 'always'],
    ['/*/*/**', '/*', 'maybe'],
    ['/a/**', '/a*', 'maybe'],
    ['/a*/**', '/a*', 'always'],
    ['/*/x', '/:a/y', 'never'],
    ['/a/b', '/a/b/:c', 'never'],
    ['/a', '/a/b/:c', 'never'],
    ['/a/b/c', '/a/*', 'maybe'],
    ['/a/**', '/a/:x?', 'always'],
    ['/a/*', '/a/:x?', 'maybe'],
    ['/x', '*', 'maybe'],
    ['/a*/**', '/abc/:id', 'always'],
    ['/admin/**', '/:section/*', 'maybe'],
    ['/admin/**', '/:section', 'maybe'],
    ['/admin/**', '/admin/:x', 'always'],
    ['/a:b', '/a::b', 'always'],
    ['/a/*3', '/a/abc', 'odd'],
    ['/a/%61', '/a/a', 'odd'],
    ['/a/%61', '/a/b', 'odd'],
    ['/a/%61b', '/a/bc', 'never'],
    [/^\/a/, '/a/b', 'always'],
    [/^\/a/, '/b', 'never'],
    [/^\/a/, '/b/:id', 'maybe'],
    [/^\/a/, '/a%62', 'maybe'],
    ['/a%20b', '/a%20b', 'always'],
  ])('%s covers %s: %s', (pattern, template, expected) => {
    expect(covers(pattern, template)).toBe(expected);
  });

  it('answers as a regular expression would, whatever pattern and path', () => {
    const segment = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 4 });
    const segments = fc.array(fc.oneof(segment, fc.constant('**')), { minLength: 1, maxLength: 4 });
    const pattern = segments
      .map((list) => `/${list.join('/')}`)
      .filter((text) => patternFault(text) === undefined);
    const path = fc
      .array(fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 4 }), {
        minLength: 1,
        maxLength: 5,
      })
      .map((list) => `/${list.join('/')}`);
    fc.assert(
      fc.property(pattern, path, (glob, text) => {
        const body = glob
          .slice(1)
          .split('/')
          .map((part) => (part === '**' ? '(?:/[^/]*)*' : `/${part.replaceAll('*', '[^/]*')}`))
          .join('');
        expect(matches(glob, text)).toBe(new RegExp(`^${body}$`).test(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('knows that slashes may be all of a parameter where the router overlooks them', () => {
    expect(covers('/a', '/a/:x', { ...plain, ignoreTrailingSlash: true })).toBe('odd');
    expect(covers('/a/b', '/a/:x/b', { ...plain, ignoreDuplicateSlashes: true })).toBe('odd');
    expect(covers('/A/*', '/a/:X', { ...plain, caseSensitive: false })).toBe('always');
  });

  it('takes no exponential time', async () => {
    const took = await processorTime(() => {
      matches(`/${'a*'.repeat(30)}b`, `/${'a'.repeat(2000)}`);
      matches(`/${'**/a/'.repeat(20)}b`, `/${'a/'.repeat(1000)}`);
    });
    // Either would take ages with backtracking; the bound only tells these two apart.
    expect(took).toBeLessThan(1000);
  });
});
