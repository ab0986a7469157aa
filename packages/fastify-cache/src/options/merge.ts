// The levels of options (plugin, rule, route; each over its preset) made into one frozen policy.
// Invariant: the nearest level that says something wins, except for vary.add and tags, which grow: a name added for safety at
// the top stays, and a purge by a tag of the top reaches all. Contradictions that only the levels together show are found here.
import { compileQuery } from '../key/query.ts';
import { IDENTITY } from '../key/identity.ts';
import { keyScope } from '../key/primary-key.ts';
import type { KeyScope } from '../key/primary-key.ts';
import { apiKeyFields } from '../rfc/bypass.ts';
import { maxLifetime } from '../rfc/freshness.ts';
import type { TtlTable } from '../rfc/freshness.ts';
import type { RoutePolicy } from './policy.ts';
import { presets } from './presets.ts';
import type { Checked } from './spec-parts.ts';
import { MAX_TAGS } from './tag.ts';
import type { RouteCacheOptions } from './types.ts';

/** One level of options: checked, or a preset's. */
export type Level = Partial<Checked<RouteCacheOptions>>;

type VaryOptions = NonNullable<Level['vary']>;
type PeriodName = 'staleWhileRevalidate' | 'staleIfError' | 'staleIfOverloaded' | 'keep';

const MAX_BODY_BYTES = 4_194_304;
const MAX_VARIANTS = 32;
const DEFAULT_STATUSES = [200, 203, 301, 308];
const GONE_STATUSES = [404, 410];
const GONE_TTL = 10_000;
const OVERLOAD = 60_000;
const KEEP = 600_000;
const HEURISTIC_FRACTION = 0.1;
const HEURISTIC_MAX = 86_400_000;
const TARGETS = ['catzilla-cache-control', 'cdn-cache-control'];

/** Key scopes by query options: routes with equal ones share a scope, so that a purge has few of them to visit. */
export function keyScopes(
  namespace: string,
): (options: NonNullable<RouteCacheOptions['query']>) => KeyScope {
  const known = new Map<string, KeyScope>();
  return (options) => {
    const query = compileQuery(options);
    const id = query === undefined ? '' : JSON.stringify(options);
    const scope = known.get(id) ?? keyScope(namespace, query);
    known.set(id, scope);
    return scope;
  };
}

/** Merges levels, the most general first.
 * @param scopeOf  gives the key scope of query options
 * @param error    makes the error for a contradiction between levels */
export function mergeLevels(
  scopeOf: ReturnType<typeof keyScopes>,
  levels: readonly Level[],
  error: (message: string) => Error,
): RoutePolicy {
  const all = levels.flatMap((level) =>
    level.preset === undefined ? [level] : [presets[level.preset], level],
  );
  const nearest = <K extends keyof Level>(name: K): Level[K] =>
    all.findLast((level) => level[name] !== undefined)?.[name];
  const nearestVary = <K extends keyof VaryOptions>(name: K): VaryOptions[K] | undefined =>
    all.findLast((level) => level.vary?.[name] !== undefined)?.vary?.[name];
  // Windows add up to a lifetime of the engine, which must stay a number.
  const period = (name: PeriodName, otherwise: number): number =>
    Math.min(nearest(name) ?? otherwise, maxLifetime);

  const cookies = nearest('cookies') ?? 'auto';
  const cookieKey = typeof cookies === 'object' ? cookies.key : [];
  const added = all.flatMap((level) => level.vary?.add ?? []);
  const ignored = nearestVary('ignore') ?? [];
  const both = added.find((name) => ignored.includes(name));
  if (both !== undefined)
    throw error(`expected vary.add and vary.ignore to differ, both name ${both}`);

  const normalize = new Map(Object.entries(nearestVary('normalize') ?? {}));
  const told = added.filter((name) => !normalize.has(name));
  const authorization = nearest('authorization') ?? 'rfc';
  const key = scopeOf(nearestQuery(all));
  const keyOf = nearest('key') || undefined;
  if (keyOf !== undefined && key.query !== undefined) {
    throw error(
      'expected key to stand without query options, which it replaces: say query "exact" beside it',
    );
  }
  const identityOf = nearest('identity') || undefined;
  const targets = nearest('targets') ?? TARGETS;
  const tiers = nearest('tiers');
  return Object.freeze({
    ...mergeTtl(all, error),
    stale: Object.freeze({
      revalidate: period('staleWhileRevalidate', 0),
      error: period('staleIfError', 0),
      overload: period('staleIfOverloaded', OVERLOAD),
    }),
    keep: period('keep', KEEP),
    heuristic: heuristicPolicy(nearest('heuristic')),
    authorization,
    cookies: typeof cookies === 'object' ? 'key' : cookies,
    setCookie: nearest('setCookie') ?? 'refuse',
    types: nearest('types'),
    ttlVetoFields: Object.freeze(vetoFields(cookies !== 'auto', authorization === 'share', told)),
    vary: Object.freeze({
      add: unique([
        ...added,
        ...cookieKey.map((name) => `cookie:${name}`),
        ...(identityOf === undefined ? [] : [IDENTITY]),
      ]),
      ignore: Object.freeze([...ignored]),
      normalize,
    }),
    announceVary: unique([...added, ...(cookieKey.length > 0 ? ['cookie'] : [])]),
    maxVariants: nearestVary('maxVariants') ?? MAX_VARIANTS,
    methods: nearest('methods') ?? Object.freeze(['GET', 'HEAD'] as const),
    targets: Object.freeze(targets === false ? [] : [...new Set(targets)]),
    key,
    query: key.query,
    keyOf,
    identityOf,
    isPrivate: identityOf !== undefined,
    requestDirectives: nearest('requestDirectives') ?? 'safe',
    conditionalMiss: nearest('conditionalMiss') ?? 'fill',
    runsOnSend: nearest('onSendOnHit') !== 'skip',
    storesErrors: nearest('errors') === 'store',
    storePartial: nearest('storePartial') ?? false,
    noVarySearch: nearest('noVarySearch') ?? false,
    ...mergeLookup(nearest('lookup'), nearest('skipGuards'), error),
    clientCacheControl: nearest('clientCacheControl') || undefined,
    maxBodyBytes: nearest('maxBodyBytes') ?? MAX_BODY_BYTES,
    ...mergeTags(all, error),
    emitTags: nearest('emitTags') ?? false,
    tiers,
    readsMemory: tiers === undefined || tiers.includes('memory'),
  });
}

function mergeTags(
  levels: readonly Level[],
  error: (message: string) => Error,
): Pick<RoutePolicy, 'tags' | 'tagsOf'> {
  const tags = new Set<string>();
  const tagsOf = new Set<RoutePolicy['tagsOf'][number]>();
  for (const level of levels) {
    if (typeof level.tags === 'function') tagsOf.add(level.tags);
    else for (const tag of level.tags ?? []) tags.add(tag);
  }
  if (tags.size <= MAX_TAGS) {
    return { tags: Object.freeze([...tags]), tagsOf: Object.freeze([...tagsOf]) };
  }
  throw error(`expected at most ${MAX_TAGS} tags in all levels together, got ${tags.size}`);
}

function mergeLookup(
  lookup: Level['lookup'] = 'handler',
  skipGuards: Level['skipGuards'] = false,
  error: (message: string) => Error,
): Pick<RoutePolicy, 'lookup' | 'skipGuards'> {
  if (!skipGuards || lookup === 'onRequest') return { lookup, skipGuards };
  throw error('expected skipGuards to stand beside lookup "onRequest", got lookup "handler"');
}

function heuristicPolicy(heuristic: Level['heuristic']): RoutePolicy['heuristic'] {
  if (heuristic === undefined || heuristic === false) return undefined;
  const { fraction = HEURISTIC_FRACTION, max = HEURISTIC_MAX } =
    heuristic === true ? {} : heuristic;
  return Object.freeze({ fraction, max: Math.min(max, maxLifetime) });
}

// `statuses` and `ttlMode` belong to the ttl they were given for: a level that turns the ttl off, or gives one by status,
// takes them away.
function mergeTtl(
  levels: readonly Level[],
  error: (message: string) => Error,
): Pick<RoutePolicy, 'ttl' | 'ttlMode'> {
  let ttl: Level['ttl'];
  let statuses: Level['statuses'];
  let ttlMode: Level['ttlMode'];
  for (const level of levels) {
    if (level.ttl !== undefined) {
      ttl = level.ttl === false ? 0 : level.ttl;
      if (typeof ttl === 'object' || ttl === 0) statuses = undefined;
      if (ttl === 0) ttlMode = undefined;
    }
    statuses = level.statuses ?? statuses;
    ttlMode = level.ttlMode ?? ttlMode;
  }
  if (statuses !== undefined && (typeof ttl !== 'number' || ttl === 0)) {
    throw error('expected statuses to stand beside a ttl that is one duration above 0');
  }
  if (ttlMode === 'override' && (ttl === undefined || ttl === 0)) {
    throw error('expected ttlMode "override" to stand beside a ttl above 0');
  }
  return { ttl: ttlTable(ttl, statuses), ttlMode: ttlMode ?? 'fallback' };
}

function ttlTable(ttl: Level['ttl'], statuses: Level['statuses']): TtlTable | undefined {
  const exact = new Map<number, number>();
  const classes: (number | undefined)[] = [];
  if (typeof ttl === 'number' && ttl > 0) {
    for (const status of statuses ?? DEFAULT_STATUSES) exact.set(status, ttl);
    if (statuses === undefined) {
      for (const status of GONE_STATUSES) exact.set(status, Math.min(ttl, GONE_TTL));
    }
  } else if (typeof ttl === 'object') {
    for (const [key, ms] of Object.entries<number>(ttl)) {
      if (key.endsWith('xx')) classes[Number(key[0])] = ms;
      else exact.set(Number(key), ms);
    }
  } else return undefined;
  return Object.freeze({ exact, classes: Object.freeze(classes) });
}

function nearestQuery(levels: readonly Level[]): NonNullable<RouteCacheOptions['query']> {
  const level = levels.findLast(
    (candidate) => candidate.query !== undefined || candidate.ignoreQuery !== undefined,
  );
  if (level?.ignoreQuery !== undefined) return { ignore: level.ignoreQuery };
  return level?.query ?? 'exact';
}

// A credential that selects the variant needs no veto: each of its values has an entry of its own, unless a normaliser makes
// some of them one.
function vetoFields(cookiesDecided: boolean, isShared: boolean, told: readonly string[]): string[] {
  const fields = [...(cookiesDecided ? [] : ['cookie']), ...(isShared ? [] : apiKeyFields)].filter(
    (name) => !told.includes(name),
  );
  return isShared ? fields : [...fields, 'authorization'];
}

function unique(names: readonly string[]): readonly string[] {
  return Object.freeze([...new Set(names)].sort());
}
