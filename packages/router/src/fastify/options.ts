// Options of the router plugin, checked.
import { checkOptions, fn, int, oneOf, optional, bool } from '@catzilla/common';
import { errors } from '../errors.ts';
import type { EngineSettings } from '../engine/choose.ts';
import { engineSpecs } from '../engine/settings.ts';
import type { EngineOptions } from '../engine/settings.ts';

/** When the engine's answers are compared with those of Fastify's own router. */
export type Verify = 'startup' | 'sample' | 'always' | 'off';

/** Options of `catzillaRouter`. */
export interface CatzillaRouterOptions extends EngineOptions {
  /** 'startup' (the default) compares some URLs of each route before the application listens; 'sample' also one request in
   * 1,000, 'always' each one, 'off' none. */
  readonly verify?: Verify;
  /** Routes that are compared at start, spread evenly over all. Default: 2000. */
  readonly verifyMax?: number;
  /** Fail the start where Fastify's router would have to stay in use. Default: false, which logs a warning. */
  readonly strict?: boolean;
  /** What to do about routes that contradict each other: log them (the default), nothing, or fail the start. */
  readonly onConflict?: 'warn' | 'ignore' | 'error';
  /** Called once when Fastify's router stays or comes back into use, with the reason. Default: a warning in the log. */
  readonly onFallback?: (reason: string) => void;
}

/** Checked options. */
export interface RouterSettings extends EngineSettings {
  readonly verify: Verify;
  readonly verifyMax: number;
  readonly strict: boolean;
  readonly onConflict: 'warn' | 'ignore' | 'error';
  readonly onFallback: ((reason: string) => void) | undefined;
}

/** @throws CATZ_ROUTER_OPTIONS */
export function routerSettings(options: CatzillaRouterOptions): RouterSettings {
  return checkOptions<RouterSettings>(
    options,
    {
      ...engineSpecs,
      verify: oneOf<Verify>(['startup', 'sample', 'always', 'off'], 'startup'),
      verifyMax: int({ min: 1, default: 2000 }),
      strict: bool(false),
      onConflict: oneOf<'warn' | 'ignore' | 'error'>(['warn', 'ignore', 'error'], 'warn'),
      onFallback: optional(fn<(reason: string) => void>()),
    },
    { path: 'options', error: (message) => new errors.OPTIONS(message) },
  );
}
