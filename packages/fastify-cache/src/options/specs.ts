// One spec per option of the plugin itself: its cache, rules, collapsing, refreshes and the purge route.
// Invariant: what passes here has its defaults. The options it shares with rules and routes are route-specs.ts.
import {
  bool,
  bytes,
  checkOptions,
  custom,
  duration,
  fn,
  int,
  list,
  object,
  oneOf,
  optional,
  orFalse,
  refuseRegisterOptions,
  registerOptions,
  string,
} from '@catzilla/common';
import type { OptionContext, OptionSpec, OptionSpecs } from '@catzilla/common';
import { errors } from '../errors.ts';
import type { Pattern } from '../match/pattern.ts';
import { cacheOption } from './cache-option.ts';
import type { CheckedCache } from './cache-option.ts';
import { host, pattern, patterns } from './names.ts';
import type { PurgeRouteSettings, RefreshSettings } from './policy.ts';
import { aboveRoutes, consistent, routeSpecs } from './route-specs.ts';
import { filled, MAX_TIMER } from './spec-parts.ts';
import type { Checked } from './spec-parts.ts';
import type { FastifyCacheOptions, RouteCacheOptions, Rule } from './types.ts';

/** A rule after the check: its patterns, and its options as one level. */
export interface CheckedRule {
  readonly path: readonly Pattern[];
  readonly options: Checked<RouteCacheOptions> & { readonly skipGuards: undefined };
}

/** The plugin's options after the check. */
export interface CheckedPlugin extends Omit<
  Checked<FastifyCacheOptions>,
  'cache' | 'rules' | 'collapse' | 'refresh' | 'purgeRoute'
> {
  readonly cache: CheckedCache;
  readonly namespace: string;
  readonly mode: 'auto' | 'send';
  readonly rules: readonly CheckedRule[];
  readonly exclude: readonly Pattern[];
  readonly collapse: CheckedCollapse | false;
  readonly refresh: RefreshSettings;
  readonly purgeRoute: PurgeRouteSettings | undefined;
  readonly cacheStatus: NonNullable<FastifyCacheOptions['cacheStatus']>;
  readonly xCache: boolean;
  readonly skipGuards: undefined;
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

const ruleSpecs: OptionSpecs<Checked<Rule> & { readonly skipGuards: undefined }> = {
  ...routeSpecs,
  ...aboveRoutes,
  path: patterns,
};

const rule: OptionSpec<CheckedRule> = {
  check(value, site) {
    const { path, ...options } = checkOptions<Checked<Rule> & { readonly skipGuards: undefined }>(
      value,
      ruleSpecs,
      site,
    );
    return { path: path as readonly Pattern[], options: consistent(options, site) };
  },
};

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

const purgeRoute: OptionSpec<PurgeRouteSettings | undefined> = {
  check(value, site) {
    if (value === undefined || value === false) return undefined;
    const { authorize, ...checked } = checkOptions<
      Omit<PurgeRouteSettings, 'authorize'> & Partial<Pick<PurgeRouteSettings, 'authorize'>>
    >(
      value,
      {
        path: string({
          pattern: /^\/[^:*?#\s]*$/,
          what: 'a path that begins with "/" and has no parameters, query or spaces',
        }),
        authorize: optional(fn<PurgeRouteSettings['authorize']>()),
        purgeMethod: bool(false),
      },
      { ...site, or: 'false' },
    );
    if (authorize === undefined) throw new errors.PURGE_UNGUARDED(`${site.path}.authorize`);
    return Object.freeze({ ...checked, authorize });
  },
};

const pluginSpecs: OptionSpecs<CheckedPlugin> = {
  ...routeSpecs,
  ...aboveRoutes,
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
  refresh: object<RefreshSettings>({
    concurrency: int({ min: 1, max: 10_000, default: 16 }),
    timeout: duration({ max: MAX_TIMER, default: 30_000 }),
    headers: optional(fn<NonNullable<RefreshSettings['headers']>>()),
  }),
  purgeRoute,
  maxInflightBytes: optional(bytes({ min: 1 })),
  cacheStatus: custom(
    '"full", "minimal", false or a function',
    (value): value is NonNullable<FastifyCacheOptions['cacheStatus']> =>
      value === 'full' || value === 'minimal' || value === false || typeof value === 'function',
    'minimal',
  ),
  xCache: bool(false),
};

/** Checks the options of the plugin; Fastify's own register options are passed over, unless there is a route to go by them.
 * @throws context.error for unknown, ill-typed or contradictory options */
export function checkPluginOptions(input: unknown, context: OptionContext): CheckedPlugin {
  const checked = checkOptions<CheckedPlugin>(input, pluginSpecs, {
    ...context,
    ignore: registerOptions,
  });
  if (checked.purgeRoute !== undefined) {
    refuseRegisterOptions(input, 'fastifyCache', `${context.path}.purgeRoute.path`, context);
  }
  consistent(checked, context);
  return checked;
}
