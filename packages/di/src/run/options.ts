// Options of a container, and the quick check of a scope's.
import {
  bool,
  checkOptions,
  custom,
  duration,
  list,
  nearest,
  optional,
  show,
  string,
} from '@catzilla/common';
import type { OptionSpec } from '@catzilla/common';
import type { OverrideEntry } from '../binding/binding.ts';
import { originOf } from '../binding/binding.ts';
import { overrideOf } from '../binding/make.ts';
import { MAX_TIMER } from '../binding/options.ts';
import type { Override } from '../binding/types.ts';
import { errors } from '../errors.ts';
import type { Token } from '../token.ts';
import type { InjectionSite, Logger, ScopeOptions } from '../types.ts';

/** Options of a container. `P` is the type of the parent. */
export interface ContainerSettings<P> {
  /** What messages and graphs call it. Default: the name of the definition. */
  readonly name?: string;
  /** The container around this one: its singletons are shared, its other services are built in the view of this one.
   * Default: none. */
  readonly parent?: P;
  /** Replacements, after those of the definition. Default: none. */
  readonly overrides?: readonly Override[];
  /** Where services will be injected: checked with everything else. Default: none. */
  readonly sites?: readonly InjectionSite[];
  /** What `Log` gives to singletons; also hears warnings. Default: none; warnings are then process warnings. */
  readonly log?: Logger;
  /** ms for all eager singletons together, or Infinity. Default: 9,000, for Fastify gives a plugin 10 s. */
  readonly startTimeout?: number;
  /** ms that one disposer may take, or Infinity. Default: 5,000. */
  readonly disposeTimeout?: number;
  /** ms that `close` waits for open scopes, and `runInScope` for holds, or Infinity. Default: 30,000. */
  readonly disposeGrace?: number;
  /** Measure how long factories take; see `stats()`. Default: false. */
  readonly timings?: boolean;
  /** Values of tokens that come from outside, as `Server`. Default: none. */
  readonly builtIns?: ReadonlyMap<Token<unknown>, unknown>;
}

/** Checked options of a container. */
export interface CheckedSettings<P> {
  readonly name: string;
  readonly parent: P | undefined;
  readonly overrides: readonly OverrideEntry[];
  readonly sites: readonly InjectionSite[];
  readonly log: Logger | undefined;
  readonly startTimeout: number;
  readonly disposeTimeout: number;
  readonly disposeGrace: number;
  readonly timings: boolean;
  readonly builtIns: ReadonlyMap<Token<unknown>, unknown>;
}

const context = { path: 'options', error: (message: string): Error => new errors.OPTIONS(message) };

/** The durations of a container: also options of the Fastify plugin. */
export const durations: {
  readonly startTimeout: OptionSpec<number>;
  readonly disposeTimeout: OptionSpec<number>;
  readonly disposeGrace: OptionSpec<number>;
} = {
  startTimeout: duration({ default: 9_000, max: MAX_TIMER, allowInfinity: true }),
  disposeTimeout: duration({ default: 5_000, max: MAX_TIMER, allowInfinity: true }),
  disposeGrace: duration({ default: 30_000, max: MAX_TIMER, allowInfinity: true, allowZero: true }),
};

/** A list of `[token, replacement]`. @throws CATZ_DI_OPTIONS */
const overrideList: OptionSpec<readonly OverrideEntry[]> = {
  check(value, site) {
    const pairs = list(
      custom('a pair of token and replacement', (one): one is Override => Array.isArray(one)),
      [],
    ).check(value, site);
    return pairs.map(([token, replacement]) =>
      overrideOf(token, replacement, originOf(overrideList.check)),
    );
  },
};

/** @throws CATZ_DI_OPTIONS
 * @param isParent  whether a value is a container */
export function checkSettings<P>(
  options: unknown,
  name: string,
  isParent: (value: unknown) => value is P,
): CheckedSettings<P> {
  return checkOptions<CheckedSettings<P>>(
    options,
    {
      name: string({ default: name }),
      parent: optional(custom('a container', isParent)),
      overrides: overrideList,
      sites: list(custom('an injection site', isSite), []),
      log: optional(custom('a logger', isLogger)),
      ...durations,
      timings: bool(false),
      builtIns: custom(
        'a Map',
        (value): value is Map<Token<unknown>, unknown> => value instanceof Map,
        new Map(),
      ),
    },
    context,
  );
}

const SCOPE_OPTIONS: ReadonlySet<string> = new Set<keyof ScopeOptions>([
  'kind',
  'seeds',
  'signal',
  'log',
  'label',
  'request',
  'reply',
]);

// HOT: runs for every request that has a scope.
/** Refuses what a scope has no option for.
 * @throws CATZ_DI_OPTIONS */
export function checkScope(options: ScopeOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new errors.OPTIONS(`expected options to be an object, got ${show(options)}`);
  }
  for (const name in options) if (!SCOPE_OPTIONS.has(name)) throw unknownOption(name);
}

function unknownOption(name: string): Error {
  const known = [...SCOPE_OPTIONS];
  const guess = nearest(name, known);
  const hint = guess === undefined ? `known are ${known.join(', ')}` : `did you mean ${guess}?`;
  return new errors.OPTIONS(`unknown option options.${name.slice(0, 64)}, ${hint}`);
}

function isSite(value: unknown): value is InjectionSite {
  const { where, tokens, kind } = (value ?? {}) as Record<string, unknown>;
  return typeof where === 'string' && Array.isArray(tokens) && typeof kind === 'string';
}

function isLogger(value: unknown): value is Logger {
  const log = (value ?? {}) as Record<string, unknown>;
  return ['debug', 'info', 'warn', 'error'].every((level) => typeof log[level] === 'function');
}
