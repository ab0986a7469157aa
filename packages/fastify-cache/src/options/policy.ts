// Options made into the frozen policies that requests are judged by: plugin < rule < route, each level over its preset.
// Invariant: a policy is made at registration; no request pays for merging or checking.
import { show } from '@catzilla/common';
import type { TierName } from '@catzilla/tiers';
import type { FastifyRequest } from 'fastify';
import { errors } from '../errors.ts';
import type { KeyScope } from '../key/primary-key.ts';
import type { QueryPolicy } from '../key/query.ts';
import { byTarget, pathFilter } from '../match/path-filter.ts';
import { compilePattern } from '../match/pattern.ts';
import type { CompiledPattern, PathRules, Pattern } from '../match/pattern.ts';
import { everyPath } from '../match/reach.ts';
import type { CompiledRule } from '../match/reach.ts';
import { chooseRule, ruleList } from '../match/rules.ts';
import type { RuleList } from '../match/rules.ts';
import { readTemplate } from '../match/template.ts';
import type { BypassPolicy } from '../rfc/bypass.ts';
import type { StorePolicy } from '../rfc/storable.ts';
import type { CheckedCache } from './cache-option.ts';
import { keyScopes, mergeLevels } from './merge.ts';
import type { Level } from './merge.ts';
import { checkRouteOptions } from './route-specs.ts';
import { checkPluginOptions } from './specs.ts';
import type { CheckedCollapse, CheckedRule } from './specs.ts';
import type {
  ClientCacheControlInput,
  FastifyCacheOptions,
  KeyParts,
  RefreshEntry,
} from './types.ts';

/** Everything a request needs to know about its route. */
export interface RoutePolicy extends StorePolicy, BypassPolicy {
  /** Of 'GET', 'HEAD' and 'POST'; GET always. */
  readonly methods: readonly string[];
  /** Path and query of the key, in place of those of the request; null: bypass. `query` is then undefined. */
  readonly keyOf: ((request: FastifyRequest, parts: KeyParts) => string | null) | undefined;
  /** Whose entries; null: bypass. `isPrivate` says whether there is one. */
  readonly identityOf: ((request: FastifyRequest) => string | null) | undefined;
  readonly conditionalMiss: 'fill' | 'forward';
  /** onSend hooks of others run on hits. */
  readonly runsOnSend: boolean;
  readonly storePartial: boolean;
  readonly noVarySearch: boolean;
  readonly lookup: 'handler' | 'onRequest';
  /** Hits may be answered before the guards that cover the route; only with lookup 'onRequest'. */
  readonly skipGuards: boolean;
  /** A field value, checked, or a function of the response, whose result is not; undefined: what the handler said. */
  readonly clientCacheControl: string | ((response: ClientCacheControlInput) => string) | undefined;
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
  /** More tags, by request, of all levels; their results are not checked. */
  readonly tagsOf: readonly ((request: FastifyRequest) => readonly string[])[];
  readonly emitTags: false | 'surrogate-key' | 'cache-tag' | 'cache-groups';
  /** Where responses are stored and looked for; undefined: in every tier. */
  readonly tiers: readonly TierName[] | undefined;
  readonly readsMemory: boolean;
}

/** How the requests of one route find their policy. 'off': not cached (`config.cache: false`, or excluded). 'by-path': call
 * with the raw request target; undefined: this path is excluded. */
export type RoutePlan =
  | { readonly kind: 'off' }
  | { readonly kind: 'fixed'; readonly policy: RoutePolicy }
  | {
      readonly kind: 'by-path';
      policyFor(target: string): RoutePolicy | undefined;
      /** All that it may give. */
      readonly policies: readonly RoutePolicy[];
    };

/** Background refresh, checked; `timeout` in ms. */
export interface RefreshSettings {
  readonly concurrency: number;
  readonly timeout: number;
  readonly headers: ((entry: RefreshEntry) => Record<string, string>) | undefined;
}

/** The purge route, checked; the result of `authorize` is not. */
export interface PurgeRouteSettings {
  readonly path: string;
  readonly authorize: (request: FastifyRequest) => boolean | Promise<boolean>;
  readonly purgeMethod: boolean;
}

/** The plugin's own settings, checked, defaults applied. */
export interface PluginSettings {
  readonly cache: CheckedCache;
  readonly namespace: string;
  readonly mode: 'auto' | 'send';
  readonly hosts: ReadonlySet<string> | undefined;
  readonly collapse: false | CheckedCollapse;
  readonly refresh: RefreshSettings;
  /** undefined: no such route. */
  readonly purgeRoute: PurgeRouteSettings | undefined;
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
  /** Fastify has it with a closing slash too, of which onRoute is not told: a route `/` in a plugin with a prefix. Undefined:
   * not known. */
  readonly slashToo?: boolean;
}

/** The options of the plugin and one of its rules, and the policy they make together. */
interface RuleLevel {
  readonly rule: CheckedRule | undefined;
  readonly policy: RoutePolicy;
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
  const oneRule = (patterns: readonly Pattern[]): RuleList<true> =>
    ruleList([{ patterns: compile(patterns), value: true }], pathRules);
  const exclude = oneRule(checked.exclude);
  const include = checked.include === undefined ? undefined : oneRule(checked.include);
  const scopeOf = keyScopes(checked.namespace);
  // Made for every rule at once, so that contradictions show when the plugin registers.
  const merge = (rule: CheckedRule | undefined, route: Level, error: (m: string) => Error) =>
    mergeLevels(scopeOf, [checked, rule?.options ?? {}, route], error);
  const levels: CompiledRule<RuleLevel>[] = [
    ...checked.rules.map((rule, i) => ({
      patterns: compile(rule.path),
      value: {
        rule,
        policy: merge(rule, {}, (message) => fail(`options.rules[${i}]: ${message}`)),
      },
    })),
    {
      patterns: [everyPath],
      value: {
        rule: undefined,
        policy: merge(undefined, {}, (message) => fail(`options: ${message}`)),
      },
    },
  ];
  const rules = ruleList(levels, pathRules);

  return Object.freeze({
    cache: checked.cache,
    namespace: checked.namespace,
    mode: checked.mode,
    hosts: checked.hosts === undefined ? undefined : new Set(checked.hosts),
    collapse: checked.collapse,
    refresh: checked.refresh,
    purgeRoute: checked.purgeRoute,
    maxInflightBytes: checked.maxInflightBytes,
    cacheStatus: checked.cacheStatus,
    xCache: checked.xCache,
    planRoute(route: RouteFacts, config: unknown): RoutePlan {
      const template = readTemplate(route.url, pathRules, route.slashToo);
      const filter = pathFilter(exclude, include, template);
      if (config === false || filter === 'off') return { kind: 'off' };
      const failRoute = (message: string): Error =>
        new errors.ROUTE_OPTION(`${String(route.method)} ${route.url}`, message);
      const own = routeLevel(config, failRoute);
      const choice = chooseRule(rules, template);
      // Only rules that the route can meet are merged with its options, so that no other one can contradict them.
      const levelsOfRoute = choice.kind === 'fixed' ? [choice.value!] : choice.values;
      const policies = new Map(
        levelsOfRoute.map((level) => [
          level,
          own === undefined ? level.policy : merge(level.rule, own, failRoute),
        ]),
      );
      if (choice.kind === 'fixed' && filter === 'on')
        return { kind: 'fixed', policy: policies.get(choice.value!)! };
      const policyFor = byTarget(pathRules, (path, isPlain) => {
        if (filter !== 'on' && !filter.accepts(path, isPlain)) return undefined;
        const level = choice.kind === 'fixed' ? choice.value : choice.choose(path, isPlain);
        return level === 'ambiguous' ? undefined : policies.get(level!);
      });
      return { kind: 'by-path', policyFor, policies: [...policies.values()] };
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
