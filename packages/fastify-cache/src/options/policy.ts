// Options made into the frozen policies that requests are judged by: plugin < rule < route, each level over its preset.
// Invariant: a policy is made at registration; no request pays for merging or checking.
import { show } from '@catzilla/common';
import type { TierName } from '@catzilla/tiers';
import { errors } from '../errors.ts';
import type { KeyScope } from '../key/primary-key.ts';
import { pathOf } from '../key/primary-key.ts';
import type { QueryPolicy } from '../key/query.ts';
import { compilePattern, isExcluded, isIncluded } from '../match/pattern.ts';
import type { CompiledPattern, PathRules, Pattern } from '../match/pattern.ts';
import { chooseRule } from '../match/rules.ts';
import type { BypassPolicy } from '../rfc/bypass.ts';
import type { StorePolicy } from '../rfc/storable.ts';
import type { CheckedCache } from './cache-option.ts';
import { keyScopes, mergeLevels } from './merge.ts';
import type { Level } from './merge.ts';
import { checkPluginOptions, checkRouteOptions } from './specs.ts';
import type { CheckedCollapse, CheckedRule } from './specs.ts';
import type { FastifyCacheOptions } from './types.ts';

/** Everything a request needs to know about its route. */
export interface RoutePolicy extends StorePolicy, BypassPolicy {
  readonly key: KeyScope;
  /** undefined: the whole query counts and nothing is pruned. */
  readonly query: QueryPolicy | undefined;
  /** Variants kept of one URL. */
  readonly maxVariants: number;
  /** Names to add to the Vary that clients see. */
  readonly announceVary: readonly string[];
  /** Bytes. */
  readonly maxBodyBytes: number;
  /** Of every response, besides those it names itself. */
  readonly tags: readonly string[];
  /** Where responses are stored and looked for; undefined: in every tier. */
  readonly tiers: readonly TierName[] | undefined;
  readonly readsMemory: boolean;
}

/** How the requests of one route find their policy. 'off': not cached (`config.cache: false`, or excluded). 'by-path': call
 * with the raw request target; undefined: this path is excluded. */
export type RoutePlan =
  | { readonly kind: 'off' }
  | { readonly kind: 'fixed'; readonly policy: RoutePolicy }
  | { readonly kind: 'by-path'; policyFor(target: string): RoutePolicy | undefined };

/** The plugin's own settings, checked, defaults applied. */
export interface PluginSettings {
  readonly cache: CheckedCache;
  readonly namespace: string;
  readonly mode: 'auto' | 'send';
  readonly hosts: ReadonlySet<string> | undefined;
  readonly collapse: false | CheckedCollapse;
  /** Bytes; undefined: derive it from the cache. */
  readonly maxInflightBytes: number | undefined;
  readonly cacheStatus: NonNullable<FastifyCacheOptions['cacheStatus']>;
  readonly xCache: boolean;
  /** The plan of a route, made once in onRoute.
   * @param route   its methods and full url template
   * @param config  its `config.cache`; undefined counts as true
   * @throws CATZ_FASTIFY_CACHE_ROUTE_OPTION */
  planRoute(route: RouteFacts, config: unknown): RoutePlan;
}

/** What a plan needs to know of a route. */
export interface RouteFacts {
  readonly method: string | readonly string[];
  readonly url: string;
}

const fastifyDefaults: PathRules = {
  caseSensitive: true,
  ignoreTrailingSlash: false,
  ignoreDuplicateSlashes: false,
  useSemicolonDelimiter: false,
};

/** Checks the plugin's options and compiles its rules.
 * @param router  the router options of the Fastify instance; absent ones are Fastify's defaults
 * @throws CATZ_FASTIFY_CACHE_OPTION */
export function resolveOptions(options: unknown, router: Partial<PathRules> = {}): PluginSettings {
  const fail = (message: string): Error => new errors.OPTION(message);
  const checked = checkPluginOptions(options, { path: 'options', error: fail });
  const pathRules = { ...fastifyDefaults, ...router };
  const compile = (patterns: readonly Pattern[]): CompiledPattern[] =>
    patterns.map((pattern) => compilePattern(pattern, pathRules));
  const exclude = compile(checked.exclude);
  const include = checked.include === undefined ? undefined : compile(checked.include);
  const rules = checked.rules.map((rule) => ({ rule, patterns: compile(rule.path) }));

  const scopeOf = keyScopes(checked.namespace);
  // Made for every rule at once, so that contradictions show when the plugin registers.
  const merge = (rule: CheckedRule | undefined, route: Level, error: (m: string) => Error) =>
    mergeLevels(scopeOf, [checked, rule?.options ?? {}, route], error);
  const basePolicy = merge(undefined, {}, (message) => fail(`options: ${message}`));
  const rulePolicies = checked.rules.map((rule, i) =>
    merge(rule, {}, (message) => fail(`options.rules[${i}]: ${message}`)),
  );

  return Object.freeze({
    cache: checked.cache,
    namespace: checked.namespace,
    mode: checked.mode,
    hosts: checked.hosts === undefined ? undefined : new Set(checked.hosts),
    collapse: checked.collapse,
    maxInflightBytes: checked.maxInflightBytes,
    cacheStatus: checked.cacheStatus,
    xCache: checked.xCache,
    planRoute(route: RouteFacts, config: unknown): RoutePlan {
      const filter = pathFilter(exclude, include, route.url);
      if (config === false || filter === 'off') return { kind: 'off' };
      const failRoute = (message: string): Error =>
        new errors.ROUTE_OPTION(`${String(route.method)} ${route.url}`, message);
      const own = routeLevel(config, failRoute);
      const policies = rules.map(({ rule, patterns }, i) => ({
        patterns,
        value: own === undefined ? rulePolicies[i]! : merge(rule, own, failRoute),
      }));
      const base = own === undefined ? basePolicy : merge(undefined, own, failRoute);
      const choice = chooseRule(policies, route.url);
      if (choice.kind === 'fixed') {
        const policy = choice.value ?? base;
        if (filter === 'on') return { kind: 'fixed', policy };
        const { accepts } = filter;
        return byPath(pathRules, (path) => (accepts(path) ? policy : undefined));
      }
      return byPath(pathRules, (path) => {
        if (filter !== 'on' && !filter.accepts(path)) return undefined;
        const policy = choice.choose(path);
        return policy === 'ambiguous' ? undefined : (policy ?? base);
      });
    },
  });
}

function routeLevel(config: unknown, fail: (message: string) => Error): Level | undefined {
  if (config === undefined || config === true) return undefined;
  if (typeof config !== 'object' || config === null) {
    throw fail(`expected config.cache to be true, false or an object, got ${show(config)}`);
  }
  return checkRouteOptions(config, { path: 'config.cache', error: fail });
}

type PathFilter = 'on' | 'off' | { accepts(path: string): boolean };

// Decides by the template what it can; what is left is asked of each path.
function pathFilter(
  exclude: readonly CompiledPattern[],
  include: readonly CompiledPattern[] | undefined,
  template: string,
): PathFilter {
  const excluding = exclude.filter((pattern) => pattern.covers(template) !== 'never');
  if (excluding.some((pattern) => pattern.covers(template) === 'always')) return 'off';
  const including = include?.filter((pattern) => pattern.covers(template) !== 'never');
  if (including?.length === 0) return 'off';
  const isIncludedAlways =
    including === undefined || including.some((pattern) => pattern.covers(template) === 'always');
  if (isIncludedAlways && excluding.length === 0) return 'on';
  return {
    accepts: (path) =>
      !isExcluded(excluding, path) && (isIncludedAlways || isIncluded(including, path)),
  };
}

function byPath(rules: PathRules, choose: (path: string) => RoutePolicy | undefined): RoutePlan {
  return {
    kind: 'by-path',
    policyFor(target) {
      const path = pathOf(target);
      const end = rules.useSemicolonDelimiter ? path.indexOf(';') : -1;
      return choose(end === -1 ? path : path.slice(0, end));
    },
  };
}
