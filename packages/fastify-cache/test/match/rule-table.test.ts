import { describe, expect, it } from 'vitest';
import { compilePattern, isPlain, patternFault } from '../../src/match/pattern.ts';
import type { PathRules, Pattern } from '../../src/match/pattern.ts';
import { everyPath, firstOf } from '../../src/match/reach.ts';
import type { CompiledRule } from '../../src/match/reach.ts';
import { beside, ruleTable } from '../../src/match/rule-table.ts';
import { randomFrom, randomRules } from './random.ts';
import type { Random } from './random.ts';

const SEED = Number(process.env['CATZ_TEST_SEED'] ?? 20_260_102);
const WORDS = [
  'a',
  'b',
  'ab',
  'A',
  'a:b',
  'a:c',
  'x.css',
  '::',
  'é',
  'İ',
  '__proto__',
  'a;b',
  '(a)',
  'a-b',
  '...',
];
const GLOBS = ['*', '*', '*', '**', 'a*', '*.css', '%61', ''];
const REGEXPS = [/^\/a/, /b$/, /\/x\.css$/i, /^\/[^/]*$/];

function randomPattern(random: Random): Pattern {
  if (random.once(12)) return random.pick(REGEXPS);
  const segments = Array.from({ length: 1 + random.int(4) }, () =>
    random.once(3) ? random.pick(GLOBS) : random.pick(WORDS),
  );
  if (random.once(3)) segments.push('**');
  const glob = `/${segments.join('/')}`;
  return patternFault(glob) === undefined ? glob : '/a';
}

function randomPath(random: Random): string {
  const segments = Array.from({ length: random.int(5) }, () => random.pick(WORDS));
  return `/${segments.join('/')}`;
}

const router: PathRules = {
  caseSensitive: true,
  ignoreTrailingSlash: false,
  ignoreDuplicateSlashes: false,
  useSemicolonDelimiter: false,
};
const compile = (...patterns: (Pattern | readonly Pattern[])[]): CompiledRule<number>[] =>
  patterns.map((list, value) => ({
    patterns: [list].flat().map((pattern) => compilePattern(pattern as Pattern, router)),
    value,
  }));
const finder = (rules: readonly CompiledRule<number>[], pathRules = router) => {
  const find = ruleTable(rules, pathRules);
  const others = beside(rules);
  return (path: string) => firstOf(find(path) ?? others, path);
};

describe('rule tables', () => {
  it('find what asking one pattern after the other finds', () => {
    let compared = 0;
    let found = 0;
    for (let i = 0; i < 900; i++) {
      const random = randomFrom(SEED + i);
      const pathRules = randomRules(random);
      const patterns = Array.from({ length: 1 + random.int(12) }, () => randomPattern(random));
      const rules = patterns.map((pattern) => ({
        patterns: [compilePattern(pattern, pathRules)],
        value: random.int(4),
      }));
      if (random.once(3)) rules.push({ patterns: [everyPath], value: 9 });
      const find = finder(rules, pathRules);
      for (let j = 0; j < 250; j++) {
        const path = randomPath(random);
        if (!isPlain(path)) continue;
        const wanted = firstOf(rules, path);
        compared++;
        if (wanted !== undefined) found++;
        // An assertion for each of so many would take its time.
        if (find(path) === wanted) continue;
        expect(find(path), `seed ${SEED + i}, ${path}, ${patterns.join(' ')}`).toBe(wanted);
      }
    }
    expect(compared).toBeGreaterThan(100_000);
    expect(found).toBeGreaterThan(30_000);
    expect(compared - found).toBeGreaterThan(30_000);
  });

  it('let the first rule win over one that says it more closely', () => {
    const find = finder(compile('/a/**', '/a/b', '/*/c'));
    expect(find('/a/b')).toBe(0);
    expect(find('/a/c')).toBe(0);
    expect(find('/b/c')).toBe(2);
    expect(finder(compile('/*/c', '/a/**'))('/a/c')).toBe(0);
    expect(finder(compile(/c$/, '/a/**'))('/a/c')).toBe(0);
    expect(finder(compile('/*.c', '/a/**', '/**'))('/a.c')).toBe(0);
  });

  it('have a rule for each of its patterns', () => {
    const find = finder(compile(['/a', '/b/*'], ['/b/c', /^\/d/]));
    expect([find('/a'), find('/b/c'), find('/d'), find('/e')]).toEqual([0, 0, 1, undefined]);
  });

  it('know no length of a segment', () => {
    expect(finder(compile('/a/*'))(`/a/${'b'.repeat(2_000)}`)).toBe(0);
  });

  it('ask no more patterns than may match what was found', () => {
    const find = ruleTable(compile('/a/*', '/b/**', '/*/c', '/x.*', /y/, '/**'), router);
    const asked = (path: string) => find(path)?.map(({ value }) => value);
    expect(asked('/a/x')).toEqual([0]);
    expect(asked('/b/x')).toEqual([1]);
    expect(asked('/z/c')).toEqual([2]);
    expect(asked('/z')).toEqual([3, 4, 5]);
    expect(ruleTable(compile('/a', '/*.css', /x/), router)('/b')).toBeUndefined();
  });
});
