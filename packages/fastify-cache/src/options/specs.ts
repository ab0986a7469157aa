// One spec per option, and the contradictions that can be seen within one object of options.
// Invariant: what passes here can be merged and compiled without another check, but for contradictions between levels.
import {
  bool,
  bytes,
  checkOptions,
  custom,
  duration,
  int,
  list,
  object,
  oneOf,
  optional,
  orFalse,
  show,
  string,
} from '@catzilla/common';
import type { OptionContext, OptionSite, OptionSpec, OptionSpecs } from '@catzilla/common';
import type { TierName } from '@catzilla/tiers';
import { normalizeHost } from '../key/host.ts';
import { patternFault } from '../match/pattern.ts';
import type { Pattern } from '../match/pattern.ts';
import type { QueryOptions } from '../key/query.ts';
import { isToken } from '../rfc/fields.ts';
import { cacheOption } from './cache-option.ts';
import type { CheckedCache } from './cache-option.ts';
import { MAX_TAGS, showTag, tagFault } from './tag.ts';
import type {
  FastifyCacheOptions,
  PresetName,
  RouteCacheOptions,
  Rule,
  StatusTtl,
} from './types.ts';

/** What checkOptions makes of an options type: every key there, absent ones undefined. */
export type Checked<T> = { readonly [K in keyof T]-?: T[K] | undefined };

const MAX_TIMER = 2_147_483_647;

const fieldName: OptionSpec<string> = {
  check(value, site) {
    if (typeof value === 'string' && isToken(value) && value !== '*') return value.toLowerCase();
    throw expected('the name of a request field', value, site);
  },
};

const cookieName = custom(
  'the name of a cookie',
  (value): value is string => typeof value === 'string' && isToken(value),
);

const parameterName = string({
  pattern: /^[^[\]&=#*]+\*?$/,
  what: 'the name of a query parameter, without brackets, * only at its end',
});

const mediaType: OptionSpec<string> = {
  check(value, site) {
    const isType = typeof value === 'string' && /^[\w!#$&^.+-]+\/(\*|[\w!#$&^.+-]+)$/.test(value);
    if (isType) return value.toLowerCase();
    throw expected('a media type such as "text/css" or "image/*"', value, site);
  },
};

const ttlMs = duration({ allowZero: true, allowInfinity: true });

const status: OptionSpec<number> = {
  check(value, site) {
    const code = int({ min: 200, max: 599 }).check(value, site);
    const fault = statusFault(code);
    if (fault !== undefined) throw expected(fault, value, site);
    return code;
  },
};

const ttl: OptionSpec<number | false | StatusTtl> = {
  check(value, site) {
    if (value === false) return false;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return ttlMs.check(value, { ...site, or: 'false, a duration by status' });
    }
    const byStatus: Record<string, number> = {};
    for (const [key, entry] of Object.entries(value)) {
      const at = { path: `${site.path}[${show(key)}]`, error: site.error };
      byStatus[key] = ttlMs.check(entry, at);
      if (/^[2-5]xx$/.test(key)) continue;
      if (!/^[2-5]\d\d$/.test(key)) {
        throw site.error(
          `expected the keys of ${site.path} to be statuses from 200 to 599 or 2xx to 5xx, got ${show(key)}`,
        );
      }
      const fault = statusFault(Number(key));
      if (fault !== undefined && entry !== 0) throw expected(`0: ${fault}`, entry, at);
    }
    if (Object.keys(byStatus).length === 0) {
      throw expected('a duration by status with at least one status', value, site);
    }
    return Object.freeze(byStatus) as StatusTtl;
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

const cookies: OptionSpec<NonNullable<RouteCacheOptions['cookies']>> = {
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

const pattern: OptionSpec<Pattern> = {
  check(value, site) {
    const fault = patternFault(value);
    if (fault !== undefined) throw expected(fault, value, site);
    return value as Pattern;
  },
};

const tag: OptionSpec<string> = {
  check(value, site) {
    const fault = tagFault(value);
    if (fault === undefined) return value as string;
    throw site.error(`expected ${site.path} to be ${fault}, got ${showTag(value)}`);
  },
};

const tags: OptionSpec<readonly string[]> = {
  check(value, site) {
    const all = list(tag).check(value, site);
    if (all.length <= MAX_TAGS) return all;
    throw site.error(`expected ${site.path} to have at most ${MAX_TAGS} tags, got ${all.length}`);
  },
};

const patterns: OptionSpec<readonly Pattern[]> = {
  check: (value, site) =>
    notEmpty(list(pattern).check(Array.isArray(value) ? value : [value], site), site),
};

const host: OptionSpec<string> = {
  check(value, site) {
    const lower = typeof value === 'string' ? value.toLowerCase() : undefined;
    const fits =
      lower !== undefined &&
      normalizeHost(lower, 'http') === lower &&
      normalizeHost(lower, 'https') === lower;
    if (fits) return lower;
    throw expected('a host name, with its port only where that is not the default', value, site);
  },
};

const routeSpecs: OptionSpecs<Checked<RouteCacheOptions>> = {
  preset: optional<PresetName>(oneOf(['api', 'page', 'static'])),
  ttl: optional(ttl),
  ttlMode: optional(oneOf(['fallback', 'override'])),
  statuses: optional(filled(list(status))),
  methods: optional({
    check(value, site) {
      const methods = list(oneOf(['GET', 'HEAD'])).check(value, site);
      // A HEAD stores nothing: without GET there would be nothing to answer it from.
      if (methods.includes('GET')) return methods;
      throw expected('a list with GET, for only its responses are stored', value, site);
    },
  }),
  vary: optional(
    object<Checked<NonNullable<RouteCacheOptions['vary']>>>({
      add: optional(list(fieldName)),
      ignore: optional(list(fieldName)),
      maxVariants: optional(int({ min: 1, max: 10_000 })),
    }),
  ) as OptionSpec<RouteCacheOptions['vary']>,
  query: optional(query),
  ignoreQuery: optional(list(parameterName)),
  authorization: optional(oneOf(['rfc', 'bypass', 'share'])),
  cookies: optional(cookies),
  setCookie: optional(oneOf(['refuse', 'strip', 'store'])),
  types: optional(filled(list(mediaType))),
  maxBodyBytes: optional(bytes({ min: 1 })),
  tags: optional(tags),
  tiers: optional(filled(list(oneOf<TierName>(['memory', 'remote', 'disk'])))),
};

const ruleSpecs: OptionSpecs<Checked<Rule>> = { ...routeSpecs, path: patterns };

const rule: OptionSpec<CheckedRule> = {
  check(value, site) {
    const checked = checkOptions<Checked<Rule>>(value, ruleSpecs, site);
    return { path: checked.path as readonly Pattern[], options: consistent(checked, site) };
  },
};

/** A rule after the check: its patterns, and its options as one level. */
export interface CheckedRule {
  readonly path: readonly Pattern[];
  readonly options: Checked<RouteCacheOptions>;
}

/** The plugin's options after the check. */
export interface CheckedPlugin extends Omit<
  Checked<FastifyCacheOptions>,
  'cache' | 'rules' | 'collapse'
> {
  readonly cache: CheckedCache;
  readonly namespace: string;
  readonly mode: 'auto' | 'send';
  readonly rules: readonly CheckedRule[];
  readonly exclude: readonly Pattern[];
  readonly collapse: CheckedCollapse | false;
  readonly cacheStatus: NonNullable<FastifyCacheOptions['cacheStatus']>;
  readonly xCache: boolean;
}

/** Request collapsing after the check; durations in ms. */
export interface CheckedCollapse {
  readonly timeout: number;
  readonly maxWaiters: number;
  readonly hitForMiss: number | false;
  /** false: the collapsing of each instance by itself. */
  readonly lock: LockSettings | false;
}

/** Collapsing across instances after the check; ms. */
export interface LockSettings {
  readonly ttl: number;
  readonly wait: number;
}

const lockLimits = object<LockSettings>({
  ttl: duration({ min: 100, max: 3_600_000, default: 10_000 }),
  wait: duration({ allowZero: true, max: MAX_TIMER, default: 2_000 }),
});

const lock: OptionSpec<LockSettings | false> = {
  check(value, site) {
    if (value === undefined || value === false) return false;
    return lockLimits.check(value === true ? {} : value, { ...site, or: 'true, false' });
  },
};

const pluginSpecs: OptionSpecs<CheckedPlugin> = {
  ...routeSpecs,
  cache: cacheOption,
  namespace: string({
    pattern: /^[\x21-\x7b\x7d\x7e]{1,128}$/,
    what: 'a string of 1 to 128 printable ASCII characters without space and "|"',
    default: 'http',
  }),
  mode: oneOf(['auto', 'send'], 'auto'),
  rules: list(rule, []),
  include: optional(filled(list(pattern))),
  exclude: list(pattern, []),
  hosts: optional(filled(list(host))),
  collapse: orFalse(
    object<CheckedCollapse>({
      timeout: duration({ max: MAX_TIMER, default: 5_000 }),
      maxWaiters: int({ min: 1, default: 1_000 }),
      hitForMiss: orFalse(duration({ default: 10_000 })),
      lock,
    }),
  ),
  maxInflightBytes: optional(bytes({ min: 1 })),
  cacheStatus: custom(
    '"full", "minimal", false or a function',
    (value): value is NonNullable<FastifyCacheOptions['cacheStatus']> =>
      value === 'full' || value === 'minimal' || value === false || typeof value === 'function',
    'minimal',
  ),
  xCache: bool(false),
};

/** Checks the options of one route or level.
 * @throws context.error for unknown, ill-typed or contradictory options */
export function checkRouteOptions(
  input: unknown,
  context: OptionContext,
): Checked<RouteCacheOptions> {
  return consistent(checkOptions<Checked<RouteCacheOptions>>(input, routeSpecs, context), context);
}

/** Checks the options of the plugin; Fastify's own register options are passed over.
 * @throws context.error for unknown, ill-typed or contradictory options */
export function checkPluginOptions(input: unknown, context: OptionContext): CheckedPlugin {
  const ignore = ['prefix', 'logLevel', 'logSerializers'];
  const checked = checkOptions<CheckedPlugin>(input, pluginSpecs, { ...context, ignore });
  consistent(checked, context);
  return checked;
}

// Contradictions within one level: two options of which one would do nothing.
function consistent<T extends Checked<RouteCacheOptions>>(options: T, site: OptionSite): T {
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

// Statuses no ttl can make cacheable.
function statusFault(code: number): string | undefined {
  if (code === 206 || code === 304) return 'a status that is no whole response of its own';
  if (code === 302 || code === 303 || code === 307) {
    return 'no redirect that may depend on who asks: these are stored only where the response itself says so';
  }
  return undefined;
}

function filled<T>(of: OptionSpec<readonly T[]>): OptionSpec<readonly T[]> {
  return { check: (value, site) => notEmpty(of.check(value, site), site) };
}

function notEmpty<T>(items: readonly T[], site: OptionSite): readonly T[] {
  if (items.length > 0) return items;
  throw expected('a list with at least one item', items, site);
}

function withoutUndefined<T extends object>(checked: Checked<T>): T {
  const entries = Object.entries(checked).filter(([, value]) => value !== undefined);
  return Object.freeze(Object.fromEntries(entries)) as T;
}

function expected(what: string, value: unknown, site: OptionSite): Error {
  return site.error(`expected ${site.path} to be ${what}, got ${show(value)}`);
}
