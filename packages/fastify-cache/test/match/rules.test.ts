import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../src/match/pattern.ts';
import type { Pattern } from '../../src/match/pattern.ts';
import { chooseRule } from '../../src/match/rules.ts';

const rule = (name: string, ...patterns: Pattern[]) => ({
  patterns: patterns.map((pattern) =>
    compilePattern(pattern, {
      caseSensitive: true,
      ignoreTrailingSlash: false,
      ignoreDuplicateSlashes: false,
      useSemicolonDelimiter: false,
    }),
  ),
  value: { name },
});

describe('rules', () => {
  it('decides at registration where the template says enough', () => {
    const rules = [rule('a', '/a/*'), rule('api', '/x', '/api/**'), rule('all', '/**')];
    expect(chooseRule(rules, '/a/b')).toEqual({ kind: 'fixed', value: { name: 'a' } });
    expect(chooseRule(rules, '/api/cities/:id')).toEqual({ kind: 'fixed', value: { name: 'api' } });
    expect(chooseRule(rules, '/other')).toEqual({ kind: 'fixed', value: { name: 'all' } });
    expect(chooseRule(rules.slice(0, 2), '/other/:id')).toEqual({
      kind: 'fixed',
      value: undefined,
    });
    expect(chooseRule([], '/a')).toEqual({ kind: 'fixed', value: undefined });
  });

  it('lets the first rule win', () => {
    expect(chooseRule([rule('one', '/a'), rule('two', '/a')], '/a')).toMatchObject({
      value: { name: 'one' },
    });
  });

  it('asks each path where the template does not say enough', () => {
    const choice = chooseRule(
      [rule('me', '/u/me'), rule('long', '/u/**'), rule('never', '/u/x')],
      '/u/:id',
    );
    if (choice.kind !== 'by-path') throw new Error('expected a choice by path');
    expect(choice.choose('/u/me')).toEqual({ name: 'me' });
    expect(choice.choose('/u/x')).toEqual({ name: 'long' });
  });

  it('falls back to no rule, and calls a path ambiguous whose forms choose differently', () => {
    const choice = chooseRule([rule('me', '/u/me'), rule('x', '/u/x')], '/u/:id');
    if (choice.kind !== 'by-path') throw new Error('expected a choice by path');
    expect(choice.choose('/u/7')).toBeUndefined();
    expect(choice.choose('/u/m%65')).toBe('ambiguous');
    expect(choice.choose('/u/%')).toBe('ambiguous');
    expect(choice.choose('/u/%20')).toBeUndefined();
  });
});
