// Finds the rules of a path by one lookup in a table of routes, in place of asking pattern after pattern.
// A glob that a route can say stands in the table as a route, with the rules that its paths may reach, narrowed as they are
// for an application's route: mostly it alone. Whichever of the globs that match a path is found, its rules decide.
// Invariant: it is asked plain paths only. Escapes and empty segments are for those who look at every form of a path.
import { RouteTable } from '@catzilla/router';
import { maxPathLength } from './pattern.ts';
import type { CompiledPattern } from './pattern.ts';
import { reachable } from './reach.ts';
import type { CompiledRule } from './reach.ts';
import type { PathRules } from './segments.ts';
import { readTemplate } from './template.ts';

const METHOD = 'GET';
const PARAMETER = ':x';

/** Finds the rules, in order, of which the first that matches a plain path is the first of all to match it; undefined: none
 * but those of `beside` can. */
export type FindRules<T> = (path: string) => readonly CompiledRule<T>[] | undefined;

/** Makes the table of some rules. Cost: each glob is compared with all others. */
export function ruleTable<T>(
  rules: readonly CompiledRule<T>[],
  pathRules: PathRules,
): FindRules<T> {
  // A plain path has no slashes that could be overlooked, and has ended at its `;` already.
  const table = new RouteTable<readonly CompiledRule<T>[]>({
    caseSensitive: pathRules.caseSensitive,
    maxParamLength: maxPathLength,
  });
  const ranks = new Map(
    rules.flatMap(({ patterns }) =>
      patterns.map((pattern) => [pattern, templatesOf(pattern).map(rankOf)] as const),
    ),
  );
  for (const template of new Set([...ranks.keys()].flatMap(templatesOf))) {
    const rank = rankOf(template);
    const left = keep(rules, (pattern) => {
      const others = ranks.get(pattern)!;
      return others.length === 0 || others.some((other) => other >= rank);
    });
    table.add(METHOD, template, reachable(left, readTemplate(template, pathRules, false)).plain);
  }
  const built = table.build();
  return (path) => built.find(METHOD, path)?.value;
}

/** Rules with those patterns only that do not stand in a table. */
export function beside<T>(rules: readonly CompiledRule<T>[]): readonly CompiledRule<T>[] {
  return keep(rules, (pattern) => templatesOf(pattern).length === 0);
}

function keep<T>(
  rules: readonly CompiledRule<T>[],
  isKept: (pattern: CompiledPattern) => boolean,
): readonly CompiledRule<T>[] {
  return rules.flatMap(({ patterns, value }) => {
    const kept = patterns.filter(isKept);
    return kept.length === 0 ? [] : { patterns: kept, value };
  });
}

// A router tries literals before parameters before wildcards, segment by segment. So of two templates that match a path the
// one of lower rank is found, and one that was found says that none of a lower rank matches.
function rankOf(template: string): string {
  return template.replace(/\/([^/]*)/g, (_, segment: string) =>
    segment === PARAMETER ? '1' : segment === '*' ? '2' : '0',
  );
}

/** The templates of the routes that have the paths of a glob; none where routes cannot say it. */
function templatesOf({ glob }: CompiledPattern): readonly string[] {
  if (glob === undefined) return [];
  const isDeep = glob.at(-1) === '**';
  const segments = isDeep ? glob.slice(0, -1) : glob;
  if (segments.some((segment) => segment !== '*' && segment.includes('*'))) return [];
  const path = segments
    .map((segment) => (segment === '*' ? `/${PARAMETER}` : `/${segment.replaceAll(':', '::')}`))
    .join('');
  if (!isDeep) return [path];
  return path === '' ? ['/*'] : [path, `${path}/*`];
}
