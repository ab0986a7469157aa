// Options of the plugin, and their check: once, when it is registered. Invariant: `startTimeout` ends before Fastify's own
// `pluginTimeout` does, whose error names nobody.
import {
  bool,
  checkOptions,
  custom,
  duration,
  list,
  optional,
  registerOptions,
} from '@catzilla/common';
import type { OptionSpec } from '@catzilla/common';
import type { FastifyInstance } from 'fastify';
import { MAX_TIMER } from '../binding/options.ts';
import type { Definition } from '../define/definition.ts';
import type { Override } from '../binding/types.ts';
import { errors } from '../errors.ts';
import { durations } from '../run/options.ts';

const START_TIMEOUT = 9_000;

/** Options of the plugin. */
export interface DiOptions {
  /** What `defineContainer` began: who provides what. */
  readonly container: Definition;
  /** Replace bindings of this application, for tests: `[[Db, { value: fakeDb }]]`. Default: none. */
  readonly overrides?: readonly Override[];
  /** ms that all singletons together may take to start; below Fastify's `pluginTimeout`.
   * Default: 9,000, or nine tenths of a `pluginTimeout` that is not above that. */
  readonly startTimeout?: number;
  /** ms that one disposer may take before the next is run; Infinity: no limit. Default: 5,000. */
  readonly disposeTimeout?: number;
  /** ms that a scope may stay open after its response was closed, or when the application closes, for a handler that has not
   * settled. Then it is disposed all the same, counted, and warned of. Infinity: no limit. Default: 30,000. */
  readonly disposeGrace?: number;
  /** Whether `stats()` has the times that factories took. Default: false. */
  readonly timings?: boolean;
}

/** Checked options. */
export interface DiSettings {
  readonly container: Definition;
  readonly overrides: readonly Override[];
  readonly startTimeout: number;
  readonly disposeTimeout: number;
  readonly disposeGrace: number;
  readonly timings: boolean;
}

/** @throws CATZ_DI_OPTIONS */
export function checkPluginOptions(options: unknown, app: FastifyInstance): DiSettings {
  const { pluginTimeout = 0 } = app.initialConfig;
  const checked = checkOptions<
    Omit<DiSettings, 'startTimeout'> & { startTimeout?: number | undefined }
  >(
    options,
    {
      container: definition,
      overrides: list(pair, []),
      startTimeout: optional(duration({ max: MAX_TIMER })),
      disposeTimeout: durations.disposeTimeout,
      disposeGrace: durations.disposeGrace,
      timings: bool(false),
    },
    // Fastify hands on what `register` was given for itself.
    {
      path: 'options',
      error: (message) => new errors.OPTIONS(message),
      ignore: registerOptions,
    },
  );
  const isLimited = pluginTimeout > 0;
  const fallback = isLimited ? Math.min(START_TIMEOUT, pluginTimeout * 0.9) : START_TIMEOUT;
  const { startTimeout = fallback } = checked;
  if (isLimited && startTimeout >= pluginTimeout) {
    throw new errors.OPTIONS(
      `expected options.startTimeout to be below the pluginTimeout of Fastify (${pluginTimeout} ms), got ${startTimeout}: raise pluginTimeout, whose error would not name the service that is late`,
    );
  }
  return { ...checked, startTimeout };
}

const definition: OptionSpec<Definition> = custom(
  'a definition that defineContainer() began',
  (value): value is Definition =>
    typeof value === 'object' && value !== null && 'entries' in value && 'build' in value,
);

const pair: OptionSpec<Override> = custom(
  'a pair of a token and what replaces it',
  (value): value is Override => Array.isArray(value) && value.length === 2,
);
