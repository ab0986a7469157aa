// Checks the options of getOrSet and getOrSetMany, on every call: an unknown or impossible one is an error on a hit too.
// How that stays cheap is check-each.ts; what absent options stand for, plan.ts.
import { bool, custom, duration, fn, number } from '@catzilla/common';
import type { OptionSpec } from '@catzilla/common';
import { checkEach, error, nested, rulesOf } from './check-each.ts';
import { entrySpecs, ttlMs } from './entry-specs.ts';
import type { LoadManyOptions, LoadOptions } from './options.ts';
import type { LoadDefaults } from './plan.ts';

/** One spec for each option: the compiler sees when one is missing. */
type Specs<T> = Readonly<Record<keyof T, OptionSpec<unknown>>>;

/** Longer timers fire at once. */
const MAX_TIMER = 2 ** 31 - 1;

const softTimer = duration({ max: MAX_TIMER, allowZero: true, allowInfinity: true });
const hardTimer = duration({ max: MAX_TIMER, allowInfinity: true });

const beta = number({ min: 0, max: 1000 });
const after = number({ min: 0, max: 1 });
const earlyRule = nested('options.early', { beta, after }, 'false');
const early: OptionSpec<unknown> = {
  check(value, site) {
    if (value === false) return value;
    earlyRule.check(value, site);
    const { beta: b, after: a } = value as { readonly beta?: unknown; readonly after?: unknown };
    if ((b === undefined) !== (a === undefined)) return value;
    throw site.error(
      `expected ${site.path} to have beta or after, not ${b === undefined ? 'none' : 'both'}`,
    );
  },
};

const lockRule = nested(
  'options.lock',
  {
    ttl: duration({ min: 10, max: MAX_TIMER }),
    wait: duration({ max: MAX_TIMER, allowZero: true }),
  },
  'true or false',
);
const lock: OptionSpec<unknown> = {
  check: (value, site) => (typeof value === 'boolean' ? value : lockRule.check(value, site)),
};

const negativeRule = nested('options.negative', { ttl: ttlMs, when: fn(), errors: fn() });
const negativeTtl = { path: 'options.negative.ttl', error };
const negative: OptionSpec<unknown> = {
  check(value, site) {
    negativeRule.check(value, site);
    ttlMs.check((value as { readonly ttl?: unknown }).ttl, negativeTtl); // the one that must be there
    return value;
  },
};

const signal: OptionSpec<unknown> = custom(
  'an AbortSignal',
  (value): value is AbortSignal =>
    typeof value === 'object' &&
    value !== null &&
    typeof (value as AbortSignal).aborted === 'boolean' &&
    typeof (value as AbortSignal).addEventListener === 'function',
);

const defaultSpecs: Specs<LoadDefaults> = {
  softTimeout: softTimer,
  hardTimeout: hardTimer,
  failSafeTtl: ttlMs,
  early,
  lock,
};

const manySpecs: Specs<LoadManyOptions> = {
  ...entrySpecs,
  hardTimeout: hardTimer,
  failSafeTtl: ttlMs,
  fresh: bool(),
  signal,
  negative,
};

const loadSpecs: Specs<LoadOptions> = { ...manySpecs, ...defaultSpecs, returnRaw: bool() };

const entryRules = rulesOf('options', entrySpecs);
const defaultRules = rulesOf('options', defaultSpecs);
const loadRules = rulesOf('options', loadSpecs);
const manyRules = rulesOf('options', manySpecs);

/** Checks the options of getOrSet. HOT
 * @throws CATZ_TIERS_OPTION, CATZ_TIERS_TAG */
export function checkLoadOptions(options: object): void {
  checkEach(options, loadRules);
}

/** Checks the options of getOrSetMany.
 * @throws CATZ_TIERS_OPTION, CATZ_TIERS_TAG */
export function checkManyOptions(options: object): void {
  checkEach(options, manyRules);
}

/** Checks the options of an entry: of `set`, and the defaults of a cache or namespace.
 * @throws CATZ_TIERS_OPTION, CATZ_TIERS_TAG */
export function checkEntryOptions(options: object): void {
  checkEach(options, entryRules);
}

/** Checks the defaults of loading.
 * @throws CATZ_TIERS_OPTION */
export function checkLoadDefaults(options: object): void {
  checkEach(options, defaultRules);
}
