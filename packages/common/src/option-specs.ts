// The kinds of options: each function makes one OptionSpec. A spec without a default makes the option required,
// unless it is wrapped in `optional`. Durations are milliseconds, sizes bytes; off is `false`, by `orFalse`.
import { checkOptions, refuse } from './check-options.ts';
import type { OptionSite, OptionSpec, OptionSpecs } from './check-options.ts';

/** Bounds and default of a number, both bounds included. Defaults: no bound, no default (required). */
export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  readonly default?: number;
  /** Accept Infinity, for "no limit". Default: false. */
  readonly allowInfinity?: boolean;
}

/** Settings of a duration in milliseconds. */
export interface DurationRange extends NumberRange {
  /** Accept 0, where it plainly means none. Default: false. */
  readonly allowZero?: boolean;
}

/** Settings of a string; lengths are UTF-16 units. Default: 1 to any length, no pattern, required. */
export interface StringRange {
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Must match; give it anchors. `what` should then say it in words. */
  readonly pattern?: RegExp;
  /** What the message says was expected. */
  readonly what?: string;
  readonly default?: string;
}

/** A finite number within its range. */
export function number(range: NumberRange = {}): OptionSpec<number> {
  return numeric('a number', range, () => true);
}

/** A safe integer within its range. */
export function int(range: NumberRange = {}): OptionSpec<number> {
  return numeric('an integer', range, Number.isSafeInteger);
}

/** A size in bytes: an integer of at least 0 (or `min`). */
export function bytes(range: NumberRange = {}): OptionSpec<number> {
  return int({ min: 0, ...range });
}

/** A duration in ms, above 0 unless `allowZero`. Fractions are accepted. */
export function duration(range: DurationRange = {}): OptionSpec<number> {
  const what = range.allowZero || range.min ? 'a duration in ms' : 'a duration in ms above 0';
  return numeric(what, range, (value) => (range.allowZero ? value >= 0 : value > 0));
}

/** true or false. */
export function bool(fallback?: boolean): OptionSpec<boolean> {
  return custom('true or false', (value) => typeof value === 'boolean', fallback);
}

/** One of a few literals. */
export function oneOf<const V extends string | number | boolean | null>(
  values: readonly V[],
  fallback?: V,
): OptionSpec<V> {
  const what = values.map((value) => JSON.stringify(value)).join(' or ');
  return custom(
    what,
    (value): value is V => (values as readonly unknown[]).includes(value),
    fallback,
  );
}

/** A string within its length, not empty unless `minLength` is 0. */
export function string(range: StringRange = {}): OptionSpec<string> {
  const { minLength = 1, maxLength = Infinity, pattern } = range;
  let what = minLength === 1 ? 'a non-empty string' : 'a string';
  if (minLength > 1) what += ` of at least ${minLength} characters`;
  if (maxLength !== Infinity) what += ` of at most ${maxLength} characters`;
  if (pattern !== undefined) what += ` matching ${pattern.source}`;
  const fits = (value: unknown): value is string =>
    typeof value === 'string' &&
    value.length >= minLength &&
    value.length <= maxLength &&
    (pattern === undefined || value.search(pattern) !== -1);
  return custom(range.what ?? what, fits, range.default);
}

/** A function; its signature is the caller's word: `fn<(url: string) => boolean>()`. */
export function fn<F extends (...args: never[]) => unknown>(fallback?: F): OptionSpec<F> {
  return custom('a function', (value): value is F => typeof value === 'function', fallback);
}

/** An array whose items all fit one spec; copied and frozen. */
export function list<T>(of: OptionSpec<T>, fallback?: readonly T[]): OptionSpec<readonly T[]> {
  return {
    check(value, site) {
      const given = value === undefined ? fallback : value;
      if (!Array.isArray(given)) throw refuse(given, 'an array', site);
      return Object.freeze(
        // Array.from, for it visits holes, which must not pass unchecked.
        Array.from(given, (item, i) =>
          of.check(item, { path: `${site.path}[${i}]`, error: site.error }),
        ),
      );
    },
  };
}

/** A nested options object; absent counts as `{}`, so its own defaults apply. */
export function object<T extends object>(specs: OptionSpecs<T>): OptionSpec<Readonly<T>> {
  return { check: (value, site) => checkOptions(value, specs, site) };
}

/** Makes an option with no default optional: absent stays undefined. */
export function optional<T>(of: OptionSpec<T>): OptionSpec<T | undefined> {
  return { check: (value, site) => (value === undefined ? undefined : of.check(value, site)) };
}

/** Lets an option be switched off with `false`. Without a fallback the default is that of `of`. */
export function orFalse<T>(of: OptionSpec<T>, fallback?: T | false): OptionSpec<T | false> {
  return {
    check(value, site) {
      const given = value === undefined ? fallback : value;
      return given === false ? false : of.check(given, { ...site, or: 'false' });
    },
  };
}

/** Any other kind.
 * @param what  what is expected, with its article, for the message
 * @param is    true for the values that fit */
export function custom<T>(
  what: string,
  is: (value: unknown) => value is T,
  fallback?: T,
): OptionSpec<T> {
  return {
    check(value: unknown, site: OptionSite): T {
      const given = value === undefined ? fallback : value;
      if (!is(given)) throw refuse(given, what, site);
      return given;
    },
  };
}

function numeric(
  kind: string,
  { min = -Infinity, max = Infinity, allowInfinity = false, ...range }: NumberRange,
  fits: (value: number) => boolean,
): OptionSpec<number> {
  let what = kind;
  if (min !== -Infinity && max !== Infinity) what += ` from ${min} to ${max}`;
  else if (min !== -Infinity) what += ` of at least ${min}`;
  else if (max !== Infinity) what += ` of at most ${max}`;
  if (allowInfinity) what += ' or Infinity';
  const is = (value: unknown): value is number =>
    typeof value === 'number' &&
    ((allowInfinity && value === Infinity) ||
      (Number.isFinite(value) && value >= min && value <= max && fits(value)));
  return custom(what, is, range.default);
}
