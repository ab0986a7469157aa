import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../src/match/pattern.ts';
import type { PathRules, Pattern } from '../../src/match/pattern.ts';
import { reachable } from '../../src/match/reach.ts';
import type { CompiledRule } from '../../src/match/reach.ts';
import { chooseRule, ruleList } from '../../src/match/rules.ts';
import type { RuleChoice } from '../../src/match/rules.ts';
import { readTemplate } from '../../src/match/template.ts';

const router: PathRules = {
  caseSensitive: true,
  ignoreTrailingSlash: false,
  ignoreDuplicateSlashes: false,
  useSemicolonDelimiter: false,
};
const rule = (value: string, ...patterns: Pattern[]): CompiledRule<string> => ({
  patterns: patterns.map((pattern) => compilePattern(pattern, router)),
  value,
});
const choiceOf = (rules: readonly CompiledRule<string>[], url: string): RuleChoice<string> =>
  chooseRule(ruleList(rules, router), readTemplate(url, router));
const byPath = (rules: readonly CompiledRule<string>[], url: string) => {
  const choice = choiceOf(rules, url);
  if (choice.kind !== 'by-path') throw new Error('expected a choice by path');
  return choice;
};

describe('rules', () => {
  it('decides at registration where the template says enough', () => {
    const rules = [rule('a', '/a/*'), rule('api', '/x', '/api/**'), rule('all', '/**')];
    expect(choiceOf(rules, '/a/b')).toEqual({ kind: 'fixed', value: 'a' });
    expect(choiceOf(rules, '/a/:id')).toEqual({ kind: 'fixed', value: 'a' });
    expect(choiceOf(rules, '/api/cities/:id')).toEqual({ kind: 'fixed', value: 'api' });
    expect(choiceOf(rules, '/other')).toEqual({ kind: 'fixed', value: 'all' });
    expect(choiceOf(rules.slice(0, 2), '/other/:id')).toEqual({ kind: 'fixed', value: undefined });
    expect(choiceOf([], '/a')).toEqual({ kind: 'fixed', value: undefined });
  });

  it('lets the first rule win', () => {
    expect(choiceOf([rule('one', '/a'), rule('two', '/a')], '/a')).toMatchObject({ value: 'one' });
  });

  it('asks each path where the template does not say enough', () => {
    const rules = [rule('me', '/u/me'), rule('long', '/u/**'), rule('never', '/u/x')];
    const { choose, values } = byPath(rules, '/u/:id');
    expect(choose('/u/me', true)).toBe('me');
    expect(choose('/u/x', true)).toBe('long');
    expect(values).toEqual(['me', 'long']);
  });

  it('falls back to no rule, and calls a path ambiguous whose forms choose differently', () => {
    const { choose } = byPath([rule('me', '/u/me'), rule('x', '/u/x')], '/u/:id');
    expect(choose('/u/7', true)).toBeUndefined();
    expect(choose('/u/m%65', false)).toBe('ambiguous');
    expect(choose('/u/%', false)).toBe('ambiguous');
    expect(choose('/u/%20', false)).toBeUndefined();
  });

  it('asks only paths with escapes where no other can meet an earlier rule', () => {
    const rules = [rule('posts', '/u/*/posts'), rule('user', '/u/*')];
    const { all, plain } = reachable(rules, readTemplate('/u/:id', router));
    expect([all, plain].map((list) => list.map(({ value }) => value))).toEqual([
      ['posts', 'user'],
      ['user'],
    ]);
    const { choose } = byPath(rules, '/u/:id');
    expect(choose('/u/7', true)).toBe('user');
    expect(choose('/u/7%20', false)).toBe('user');
    expect(choose('/u/7%2Fposts', false)).toBe('ambiguous');
  });

  it('asks one pattern after the other where no route can say them', () => {
    const rules = [rule('image', '/f/*.png'), rule('a', /^\/f\/a/), rule('all', '/f-*')];
    const { choose } = byPath(rules, '/f/:name');
    expect(choose('/f/a.png', true)).toBe('image');
    expect(choose('/f/a.txt', true)).toBe('a');
    expect(choose('/f/b.txt', true)).toBeUndefined();
  });
});
