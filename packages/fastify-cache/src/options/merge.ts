// The levels of options (plugin, rule, route; each over its preset) made into one frozen policy.
// Invariant: the nearest level that says something wins, except for vary.add and tags, which grow: a name added for safety at
// the top stays, and a purge by a tag of the top reaches all. Contradictions that only the levels together show are found here.
import { compileQuery } from '../key/query.ts';
import { keyScope } from '../key/primary-key.ts';
import type { KeyScope } from '../key/primary-key.ts';
import { apiKeyFields } from '../rfc/bypass.ts';
import type { TtlTable } from '../rfc/freshness.ts';
import type { RoutePolicy } from './policy.ts';
import { presets } from './presets.ts';
import type { Checked } from './specs.ts';
import { MAX_TAGS } from './tag.ts';
import type { RouteCacheOptions } from './types.ts';

/** One level of options: checked, or a preset's. */
export type Level = Partial<Checked<RouteCacheOptions>>;

const MAX_BODY_BYTES = 4_194_304;
const MAX_VARIANTS = 32;
const DEFAULT_STATUSES = [200, 203, 301, 308];
const GONE_STATUSES = [404, 410];
const GONE_TTL = 10_000;

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

  const cookies = nearest('cookies') ?? 'auto';
  const cookieKey = typeof cookies === 'object' ? cookies.key : [];
  const added = all.flatMap((level) => level.vary?.add ?? []);
  const ignored = all.findLast((level) => level.vary?.ignore !== undefined)?.vary?.ignore ?? [];
  const both = added.find((name) => ignored.includes(name));
  if (both !== undefined)
    throw error(`expected vary.add and vary.ignore to differ, both name ${both}`);

  const authorization = nearest('authorization') ?? 'rfc';
  const key = scopeOf(nearestQuery(all));
  const tiers = nearest('tiers');
  return Object.freeze({
    ...mergeTtl(all, error),
    authorization,
    cookies: typeof cookies === 'object' ? 'key' : cookies,
    setCookie: nearest('setCookie') ?? 'refuse',
    types: nearest('types'),
    ttlVetoFields: Object.freeze(vetoFields(cookies !== 'auto', authorization === 'share', added)),
    vary: Object.freeze({
      add: unique([...added, ...cookieKey.map((name) => `cookie:${name}`)]),
      ignore: Object.freeze([...ignored]),
    }),
    announceVary: unique([...added, ...(cookieKey.length > 0 ? ['cookie'] : [])]),
    maxVariants:
      all.findLast((level) => level.vary?.maxVariants !== undefined)?.vary?.maxVariants ??
      MAX_VARIANTS,
    methods: nearest('methods') ?? Object.freeze(['GET', 'HEAD'] as const),
    key,
    query: key.query,
    maxBodyBytes: nearest('maxBodyBytes') ?? MAX_BODY_BYTES,
    tags: mergeTags(all, error),
    tiers,
    readsMemory: tiers === undefined || tiers.includes('memory'),
  });
}

function mergeTags(levels: readonly Level[], error: (message: string) => Error): readonly string[] {
  const tags = [...new Set(levels.flatMap((level) => level.tags ?? []))];
  if (tags.length <= MAX_TAGS) return Object.freeze(tags);
  throw error(`expected at most ${MAX_TAGS} tags in all levels together, got ${tags.length}`);
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

// A credential that selects the variant needs no veto: each of its values has an entry of its own.
function vetoFields(
  cookiesDecided: boolean,
  isShared: boolean,
  added: readonly string[],
): string[] {
  const fields = [...(cookiesDecided ? [] : ['cookie']), ...(isShared ? [] : apiKeyFields)].filter(
    (name) => !added.includes(name),
  );
  return isShared ? fields : [...fields, 'authorization'];
}

function unique(names: readonly string[]): readonly string[] {
  return Object.freeze([...new Set(names)].sort());
}
