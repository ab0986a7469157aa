import { RouteTable } from '@catzilla/router';
import { describe, expect, it } from 'vitest';
import { byTarget, pathFilter } from '../../src/match/path-filter.ts';
import {
  compilePattern,
  isExcluded,
  isIncluded,
  isPlain,
  patternFault,
  pathForms,
} from '../../src/match/pattern.ts';
import type { CompiledPattern, PathRules } from '../../src/match/pattern.ts';
import { chooseRule, ruleList } from '../../src/match/rules.ts';
import { readTemplate } from '../../src/match/template.ts';
import { randomFrom, randomGlob, randomRules, randomTarget, randomTemplate } from './random.ts';
import type { Random } from './random.ts';

const SEED = Number(process.env['CATZ_TEST_SEED'] ?? 20_260_101);

const CASES = 6_000;

/** A route, and targets that the router gives to it. */
interface Case {
  readonly rules: PathRules;
  /** The router is as the rules and the template say; else it overlooks less, or has the route with a slash too. */
  readonly isExact: boolean;
  readonly template: string;
  readonly slashToo: boolean | undefined;
  readonly targets: readonly string[];
  readonly globs: readonly string[];
}

function randomCase(random: Random): Case | undefined {
  const rules = randomRules(random);
  const isExact = !random.once(4);
  const template = randomTemplate(random);
  const slashToo = random.pick([undefined, false, true]);
  const hasSlash =
    slashToo === true || (slashToo === undefined && /:[pqo]/.test(template.replaceAll('::', '')));
  const table = new RouteTable<true>({
    ...rules,
    ...(isExact
      ? {}
      : { caseSensitive: true, ignoreTrailingSlash: false, ignoreDuplicateSlashes: false }),
    engine: 'walk',
  });
  try {
    table.add('GET', template, true);
  } catch {
    return undefined;
  }
  try {
    if (hasSlash) table.add('GET', `${template}/`, true);
  } catch {
    // There is none where slashes are overlooked, or where a wildcard stands last.
    if (slashToo === true) return undefined;
  }
  const built = table.build();
  const targets = Array.from({ length: 40 }, () => {
    const target = randomTarget(random, template);
    return hasSlash && random.once(3) ? `${target}/` : target;
  }).filter((target) => built.find('GET', target) !== null);
  const globs = Array.from({ length: 1 + random.int(4) }, () =>
    randomGlob(random, template),
  ).filter((glob) => patternFault(glob) === undefined);
  // Where a closing slash is not known of, what holds for the route may not hold for the path with it.
  const isKnown = isExact && (slashToo !== undefined || !hasSlash);
  return { rules, isExact: isKnown, template, slashToo, targets, globs };
}

let cases: readonly (Case & { seed: number })[] | undefined;

function allCases(): readonly (Case & { seed: number })[] {
  cases ??= Array.from({ length: CASES }, (_, i) => {
    const one = randomCase(randomFrom(SEED + i));
    return one === undefined ? [] : [{ ...one, seed: SEED + i }];
  }).flat();
  return cases;
}

/** Runs a check for many cases; what fails is named with its seed. */
function check(run: (one: Case, random: Random) => number): number {
  let compared = 0;
  for (const one of allCases()) {
    try {
      compared += run(one, randomFrom(one.seed));
    } catch (error) {
      throw new Error(`seed ${one.seed}: ${JSON.stringify(one)}`, { cause: error });
    }
  }
  return compared;
}

const firstMatch = (list: readonly CompiledPattern[], form: string): number =>
  list.findIndex((pattern) => pattern.matches(form));

/** Fails with what is known; an assertion for each of so many comparisons would take minutes. */
function demand(isTrue: boolean, facts: object): void {
  if (!isTrue) throw new Error(JSON.stringify(facts));
}

describe('covers', () => {
  it('is true of every path that the router gives to the route', () => {
    const seen = { always: 0, never: 0, odd: 0, maybe: 0 };
    const compared = check(({ rules, isExact, template, slashToo, targets, globs }) => {
      const read = readTemplate(template, rules, slashToo);
      for (const glob of globs) {
        const pattern = compilePattern(glob, rules);
        const cover = pattern.covers(read);
        const judge = byTarget(rules, (path, plain) => {
          const forms = pathForms(path)!;
          const isMet = forms.some((form) => pattern.matches(form));
          const facts = { glob, path, cover, forms };
          seen[cover]++;
          if (cover === 'never' || (cover === 'odd' && plain)) demand(!isMet, facts);
          if (cover === 'always' && isExact) demand(pattern.matches(forms[1] ?? path), facts);
        });
        targets.forEach(judge);
      }
      return targets.length * globs.length;
    });
    expect(compared).toBeGreaterThan(100_000);
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(3_000);
  });

  it('lets in no path that is excluded when looked at by itself, and keeps out none without a reason', () => {
    const compared = check(({ rules, isExact, template, slashToo, targets, globs }, random) => {
      const read = readTemplate(template, rules, slashToo);
      const compiled = globs.map((glob) => compilePattern(glob, rules));
      const half = random.int(compiled.length + 1);
      const exclude = compiled.slice(0, half);
      const include = random.once(2) ? undefined : compiled.slice(half);
      const list = (patterns: readonly CompiledPattern[]) =>
        ruleList([{ patterns, value: true as const }], rules);
      const filter = pathFilter(list(exclude), include && list(include), read);
      const isWhole = include?.some((pattern) => pattern.covers(read) === 'always') ?? true;
      const judge = byTarget(rules, (path, plain) => {
        const isAccepted = filter === 'on' || (filter !== 'off' && filter.accepts(path, plain));
        const isOut = isExcluded(exclude, path);
        const isIn = include === undefined || isIncluded(include, path);
        const facts = { path, half, isAccepted, isOut, isIn, isWhole };
        if (isAccepted) demand(!isOut && (isIn || isWhole), facts);
        else if (isExact) demand(isOut || !isIn, facts);
      });
      targets.forEach(judge);
      return targets.length;
    });
    expect(compared).toBeGreaterThan(100_000);
  });

  it('chooses for a plain path the first rule that matches it, and for others never a later one', () => {
    const compared = check(({ rules, isExact, template, slashToo, targets, globs }) => {
      const read = readTemplate(template, rules, slashToo);
      const patterns = globs.map((glob) => compilePattern(glob, rules));
      const always = patterns.findIndex((pattern) => pattern.covers(read) === 'always');
      const list = patterns.map((pattern, value) => ({ patterns: [pattern], value }));
      const choice = chooseRule(ruleList(list, rules), read);
      const judge = byTarget(rules, (path, plain) => {
        const chosen = (choice.kind === 'fixed' ? choice.value : choice.choose(path, plain)) ?? -1;
        const each = pathForms(path)!.map((form) => firstMatch(patterns, form));
        const wanted = each.every((one) => one === each[0]) ? each[0]! : 'ambiguous';
        const facts = { path, plain, each, chosen, always };
        if (chosen === wanted) return;
        demand(!(plain && isExact), facts);
        // A rule that has the whole route has its odd paths too, unless an earlier one objects.
        const isLeft = each.every((one) => one === -1 || one >= always);
        demand(chosen === 'ambiguous' || (chosen === always && isLeft), facts);
      });
      targets.forEach(judge);
      return targets.length;
    });
    expect(compared).toBeGreaterThan(100_000);
  });
});

describe('plain paths', () => {
  it.each(['/', '/a', '/a/b.c;d=1', '/~a/:b'])('%s is plain', (path) => {
    expect(isPlain(path)).toBe(true);
  });

  it.each([
    '',
    '*',
    'a',
    '//',
    '/a/',
    '/a//b',
    '/%61',
    '/a b',
    '/é',
    '/a?b',
    '/a#b',
    '/\u007f',
    `/${'a'.repeat(2048)}`,
  ])('%s is not', (path) => {
    expect(isPlain(path)).toBe(false);
  });
});
