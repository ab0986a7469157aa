// Options of the health routes, and their check.
import {
  bool,
  checkOptions,
  custom,
  duration,
  fn,
  object,
  optional,
  string,
} from '@catzilla/common';
import type { OptionContext, OptionSite, OptionSpec } from '@catzilla/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { partSpec } from '../part-spec.ts';

/** One check of readiness. */
export interface HealthCheck {
  /** Resolves when all is well; anything it throws counts as failed. `signal` is aborted at its deadline and when the
   * application closes; `app` is the application, for its services: `app.di.get(Database)`. */
  readonly check: (signal: AbortSignal, app: FastifyInstance) => unknown;
  /** Whether the application is not ready while it fails; else it is degraded, and still answers 200. Default: true. */
  readonly required?: boolean;
  /** How long one run may take, ms. Default: 1000. */
  readonly timeout?: number;
  /** From the end of one run to the next, ms. Default: 5000. */
  readonly every?: number;
}

/** Options of the health routes. */
export interface HealthOptions {
  /** Where the routes are. Default: `{ live: '/healthz', ready: '/readyz' }`; false: no such route. */
  readonly path?: { readonly live?: string | false; readonly ready?: string | false };
  /** By name. Default: none. The parts of the application are looked at as well: they can make it degraded, never unready. */
  readonly checks?: Readonly<Record<string, HealthCheck>>;
  /** Whether this request is shown the details (states of the parts, reasons) and not the state alone; where it throws, they are
   * not. Default: nobody is. */
  readonly details?: (request: FastifyRequest) => boolean | Promise<boolean>;
}

/** A check, complete. */
export interface CheckedCheck {
  readonly check: (signal: AbortSignal, app: FastifyInstance) => unknown;
  readonly required: boolean;
  readonly timeout: number;
  readonly every: number;
}

/** The options, complete. */
export interface CheckedHealth {
  readonly path: { readonly live: string | false; readonly ready: string | false };
  readonly checks: Readonly<Record<string, CheckedCheck>>;
  readonly details: ((request: FastifyRequest) => boolean | Promise<boolean>) | undefined;
}

const checks: OptionSpec<Readonly<Record<string, CheckedCheck>>> = {
  check(value, site) {
    const given = custom('an object of checks by name', isRecord, {}).check(value, site);
    const all = Object.entries(given).map(([name, one]) => [name, checkOne(one, name, site)]);
    return Object.freeze(Object.fromEntries(all) as Record<string, CheckedCheck>);
  },
};

/** Of the option `health`: on by default. */
export const healthSpec: OptionSpec<CheckedHealth | false> = partSpec(true, checkHealth);

/** @throws site.error */
export function checkHealth(options: unknown, site: OptionContext): CheckedHealth {
  return checkOptions<CheckedHealth>(
    options,
    {
      path: object<{ live: string | false; ready: string | false }>({
        live: route('/healthz'),
        ready: route('/readyz'),
      }),
      checks,
      details: optional(fn<(request: FastifyRequest) => boolean | Promise<boolean>>()),
    },
    site,
  );
}

function checkOne(value: unknown, name: string, site: OptionSite): CheckedCheck {
  return checkOptions<CheckedCheck>(
    value,
    {
      check: fn<CheckedCheck['check']>(),
      required: bool(true),
      timeout: duration({ default: 1000 }),
      every: duration({ default: 5000 }),
    },
    { path: `${site.path}.${name}`, error: site.error },
  );
}

function route(fallback: string): OptionSpec<string | false> {
  const path = string({
    pattern: /^\//,
    what: 'false or a path that begins with /',
    default: fallback,
  });
  return { check: (value, site) => (value === false ? false : path.check(value, site)) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
