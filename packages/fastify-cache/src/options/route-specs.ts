// One spec per option of a route, and the contradictions that can be seen within one object of options.
// Invariant: what passes here can be merged and compiled without another check, but for contradictions between levels.
// The plugin's own options are specs.ts; defaults are applied where levels are merged.
import {
  bool,
  bytes,
  checkOptions,
  fn,
  list,
  oneOf,
  optional,
  orFalse,
  show,
} from '@catzilla/common';
import type { OptionContext, OptionSite, OptionSpec, OptionSpecs } from '@catzilla/common';
import type { TierName } from '@catzilla/tiers';
import { isWritable, trimOws } from '@catzilla/http';
import type { QueryOptions } from '../key/query.ts';
import { cookieName, mediaType, parameterName, tagList, targetName } from './names.ts';
import { expected, filled, withoutUndefined } from './spec-parts.ts';
import type { Checked } from './spec-parts.ts';
import { heuristic, stalePeriod, status, ttl } from './ttl-option.ts';
import type { PresetName, RouteCacheOptions } from './types.ts';
import { vary } from './vary-option.ts';

type Of<K extends keyof RouteCacheOptions> = NonNullable<RouteCacheOptions[K]>;

const methods: OptionSpec<Of<'methods'>> = {
  check(value, site) {
    const given = list(oneOf(['GET', 'HEAD', 'POST'])).check(value, site);
    // A HEAD stores nothing and a POST is answered from nothing: without GET the cache would do nothing.
    if (given.includes('GET')) return given;
    throw expected('a list with GET, for only its requests find what is stored', value, site);
  },
};

const query: OptionSpec<'exact' | QueryOptions> = {
  check(value, site) {
    if (value === 'exact') return value;
    if (typeof value !== 'object') throw expected('"exact" or an object', value, site);
    const checked = checkOptions<Checked<QueryOptions>>(
      value,
      {
        sort: optional(bool()),
        ignore: optional(list(parameterName)),
        allow: optional(list(parameterName)),
      },
      site,
    );
    if (checked.ignore !== undefined && checked.allow !== undefined) {
      throw site.error(
        `expected ${site.path} to have ignore or allow, not both: allow already leaves out all other parameters`,
      );
    }
    return withoutUndefined<QueryOptions>(checked);
  },
};

const cookies: OptionSpec<Of<'cookies'>> = {
  check(value, site) {
    if (typeof value === 'object' && value !== null) {
      const checked = checkOptions<{ readonly key: readonly string[] }>(
        value,
        { key: list(cookieName) },
        site,
      );
      if (checked.key.length > 0) return checked;
      throw expected('a list with at least one cookie', value, {
        ...site,
        path: `${site.path}.key`,
      });
    }
    return oneOf(['auto', 'ignore', 'bypass']).check(value, { ...site, or: 'an object with key' });
  },
};

const tags: OptionSpec<Of<'tags'>> = {
  check(value, site) {
    if (typeof value === 'function') return value as Of<'tags'> & (() => void);
    return tagList.check(value, { ...site, or: 'a function' });
  },
};

const clientCacheControl: OptionSpec<Of<'clientCacheControl'>> = {
  check(value, site) {
    if (value === false) return false;
    if (typeof value === 'function') return value as Of<'clientCacheControl'> & (() => string);
    const line = typeof value === 'string' ? trimOws(value) : '';
    if (line !== '' && isWritable('cache-control', line)) return line;
    throw expected('false, a function or the value of a Cache-Control field', value, site);
  },
};

/** The options of a route; plugin and rules take them with `aboveRoutes` in place of its own. */
export const routeSpecs: OptionSpecs<Checked<RouteCacheOptions>> = {
  preset: optional<PresetName>(oneOf(['api', 'page', 'static'])),
  ttl: optional(ttl),
  ttlMode: optional(oneOf(['fallback', 'override'])),
  statuses: optional(filled(list(status))),
  staleWhileRevalidate: optional(stalePeriod),
  staleIfError: optional(stalePeriod),
  staleIfOverloaded: optional(stalePeriod),
  keep: optional(stalePeriod),
  heuristic: optional(heuristic),
  methods: optional(methods),
  targets: optional(orFalse(filled(list(targetName)))),
  vary: optional(vary),
  query: optional(query),
  ignoreQuery: optional(list(parameterName)),
  key: optional(orFalse(fn<Exclude<Of<'key'>, false>>())),
  identity: optional(orFalse(fn<Exclude<Of<'identity'>, false>>())),
  authorization: optional(oneOf(['rfc', 'bypass', 'share'])),
  cookies: optional(cookies),
  setCookie: optional(oneOf(['refuse', 'strip', 'store'])),
  requestDirectives: optional(oneOf(['safe', 'full', 'ignore'])),
  conditionalMiss: optional(oneOf(['fill', 'forward'])),
  onSendOnHit: optional(oneOf(['run', 'skip'])),
  errors: optional(oneOf(['refuse', 'store'])),
  storePartial: optional(bool()),
  noVarySearch: optional(bool()),
  lookup: optional(oneOf(['handler', 'onRequest'])),
  skipGuards: optional(bool()),
  clientCacheControl: optional(clientCacheControl),
  types: optional(filled(list(mediaType))),
  maxBodyBytes: optional(bytes({ min: 1 })),
  tags: optional(tags),
  emitTags: optional(oneOf([false, 'surrogate-key', 'cache-tag', 'cache-groups'])),
  tiers: optional(filled(list(oneOf<TierName>(['memory', 'remote', 'disk'])))),
};

/** What `routeSpecs` is at the plugin and at rules: a guard is written beside its route, and so must be the word that it may
 * be passed by. */
export const aboveRoutes: { readonly skipGuards: OptionSpec<undefined> } = {
  skipGuards: {
    check(value, site) {
      if (value === undefined) return undefined;
      throw site.error(
        `expected ${site.path} to be absent: a route says this for itself, in config.cache`,
      );
    },
  },
};

/** Checks the options of one route.
 * @throws context.error for unknown, ill-typed or contradictory options */
export function checkRouteOptions(
  input: unknown,
  context: OptionContext,
): Checked<RouteCacheOptions> {
  return consistent(checkOptions<Checked<RouteCacheOptions>>(input, routeSpecs, context), context);
}

/** The options of one level, or the error for two of which one would do nothing. */
export function consistent<T extends Partial<Checked<RouteCacheOptions>>>(
  options: T,
  site: OptionSite,
): T {
  const { path } = site;
  const isPlain = options.ttl === undefined || (typeof options.ttl === 'number' && options.ttl > 0);
  if (options.statuses !== undefined && !isPlain) {
    throw site.error(
      `expected ${path}.ttl to be a duration in ms above 0 beside ${path}.statuses, got ${show(options.ttl)}`,
    );
  }
  if (options.ttlMode === 'override' && (options.ttl === false || options.ttl === 0)) {
    throw site.error(
      `expected ${path}.ttl to be above 0 with ${path}.ttlMode "override", got ${show(options.ttl)}`,
    );
  }
  if (options.query !== undefined && options.ignoreQuery !== undefined) {
    throw site.error(
      `expected ${path} to have query or ignoreQuery, not both: ignoreQuery is short for query.ignore`,
    );
  }
  return options;
}
