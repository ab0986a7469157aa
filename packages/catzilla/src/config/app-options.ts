// The options of createApp() and of the plugin catzilla, checked before anything is started. Each part has one option: its
// settings, `true` for its defaults, or false to leave it out.
// Invariant: what stands inside a part is checked by the package that owns it, when the part is registered.
import { checkOptions, custom, oneOf } from '@catzilla/common';
import type { OptionSpec } from '@catzilla/common';
import type { DiOptions } from '@catzilla/di';
import type { FastifyCacheOptions } from '@catzilla/fastify-cache';
import type { MonitorOptions } from '@catzilla/monitor';
import type { RealtimeOptions } from '@catzilla/realtime';
import type { CatzillaRouterOptions, MiddlewareOptions } from '@catzilla/router';
import type { StaticOptions } from '@catzilla/static';
import type { TasksPluginOptions } from '@catzilla/tasks';
import type { TieredCache, TieredOptions } from '@catzilla/tiers';
import type { OpenApiOptions, ValidationOptions } from '@catzilla/validation';
import { builtinsSpec } from '../builtins/options.ts';
import type { BuiltinOptions, CheckedBuiltins } from '../builtins/options.ts';
import { errors } from '../errors.ts';
import { checkShutdown, NO_SHUTDOWN } from '../shutdown/options.ts';
import type { CheckedShutdown, ShutdownOptions } from '../shutdown/options.ts';
import type { Mode, Variables } from '../options/mode.ts';
import { part } from '../options/part.ts';
import type { Part } from '../options/part.ts';
import { serverSpec } from '../options/server.ts';
import type { ServerOptions } from '../options/server.ts';

/** Options of the plugin `catzilla`. */
export interface CatzillaOptions {
  /** What defaults go by. Default: 'production' where NODE_ENV says so, else 'development'. */
  readonly mode?: Mode | undefined;
  /** Security headers, CORS, limits, cookies, bodies, compression: plugins of the Fastify project; false: none of them.
   * Default: helmet alone. */
  readonly builtins?: BuiltinOptions | boolean | undefined;
  /** One tiered cache (@catzilla/tiers) as `app.tiers`: options to open one, or an open one, which is then not closed. The
   * response cache uses it too, unless `cache.cache` says otherwise. Default: false. */
  readonly tiers?: Part<TieredOptions> | TieredCache | undefined;
  /** Dependency injection (@catzilla/di), which needs a `container`. Default: false. */
  readonly di?: DiOptions | false | undefined;
  /** Schemas of every kind, coercion, limits, and problem details for every error (@catzilla/validation). Default: on. */
  readonly validation?: Part<ValidationOptions> | undefined;
  /** An OpenAPI 3.1 document at /openapi.json, and Swagger UI at /docs in mode 'development' (@catzilla/validation). Default:
   * false. */
  readonly openapi?: Part<Partial<OpenApiOptions>> | undefined;
  /** Middleware with context (@catzilla/router); `use` names what runs on every route. Default: on. */
  readonly middleware?: Part<MiddlewareOptions> | undefined;
  /** The response cache (@catzilla/fastify-cache). Default: on, and stores what a response or a route declares fresh. */
  readonly cache?: Part<FastifyCacheOptions> | undefined;
  /** Background tasks (@catzilla/tasks), which needs a list of `tasks`: `app.tasks` and `request.enqueue`. Default: false. */
  readonly tasks?: TasksPluginOptions | false | undefined;
  /** Static files (@catzilla/static), which need a `root`. Default: false. */
  readonly static?: StaticOptions | false | undefined;
  /** Live channels over WebSocket and server-sent events (@catzilla/realtime). Default: false. */
  readonly realtime?: Part<RealtimeOptions> | undefined;
  /** GET /healthz, /readyz and /metrics, Server-Timing, OpenTelemetry, and the dashboard (@catzilla/monitor). Default: on, with
   * the dashboard and Server-Timing in mode 'development' alone. */
  readonly monitor?: Part<MonitorOptions> | undefined;
  /** How the application ends: see `app.lifecycle`. false: no delay and no signals. Default: on. */
  readonly shutdown?: Part<ShutdownOptions> | undefined;
  /** Where options are overridden from: variables CATZILLA__<PART>__<OPTION>. Default: those of the process; false: none. */
  readonly env?: Variables | false | undefined;
}

/** Options of createApp(). */
export interface AppOptions extends CatzillaOptions {
  /** Options of the Fastify server itself: logger, trustProxy, bodyLimit, and so on. Default: those of Fastify, but for
   * return503OnClosing: false, so that a request that comes while closing is still answered. */
  readonly server?: ServerOptions | undefined;
  /** Routing tools and engines (@catzilla/router). Default: on. */
  readonly router?: Part<CatzillaRouterOptions> | undefined;
}

/** The options with every default of this package in place; what is false is left out. */
export interface CheckedAppOptions {
  readonly mode: Mode;
  readonly server: ServerOptions;
  readonly router: CatzillaRouterOptions | false;
  readonly builtins: CheckedBuiltins;
  readonly tiers: TieredOptions | TieredCache | false;
  readonly di: DiOptions | false;
  readonly validation: ValidationOptions | false;
  readonly openapi: OpenApiOptions | false;
  readonly middleware: MiddlewareOptions | false;
  readonly cache: FastifyCacheOptions | false;
  readonly tasks: TasksPluginOptions | false;
  readonly static: StaticOptions | false;
  readonly realtime: RealtimeOptions | false;
  readonly monitor: MonitorOptions | false;
  readonly shutdown: CheckedShutdown;
}

/** Where the options stand, for messages. */
const PATH = 'options';

/** The names an application's options may have, but for `env`. */
export const partNames: readonly (keyof CheckedAppOptions)[] = [
  'mode',
  'server',
  'router',
  'builtins',
  'tiers',
  'di',
  'validation',
  'openapi',
  'middleware',
  'cache',
  'tasks',
  'static',
  'realtime',
  'monitor',
  'shutdown',
];

/** Checks what createApp() was given.
 * @param mode  where the options name none
 * @throws CATZ_APP_OPTION for an unknown option or a wrong kind of value */
export function checkAppOptions(options: unknown, mode: Mode): CheckedAppOptions {
  const site = { path: PATH, error: (message: string) => new errors.OPTION(message) };
  const modeSpec = oneOf<Mode>(['development', 'production'], mode);
  const chosen = modeSpec.check((options as CatzillaOptions | undefined)?.mode, {
    path: `${PATH}.mode`,
    error: site.error,
  });
  const { env: _env, ...checked } = checkOptions<CheckedAppOptions & { env: unknown }>(
    options,
    {
      mode: modeSpec,
      server: serverSpec,
      router: part<CatzillaRouterOptions>(true),
      builtins: builtinsSpec,
      tiers: part<TieredOptions | TieredCache>(false),
      di: part<DiOptions>(false),
      validation: part<ValidationOptions>(true),
      openapi: openApi(chosen),
      middleware: part<MiddlewareOptions>(true),
      cache: part<FastifyCacheOptions>(true),
      tasks: part<TasksPluginOptions>(false),
      static: part<StaticOptions>(false),
      realtime: part<RealtimeOptions>(false),
      monitor: part<MonitorOptions>(true),
      shutdown: shutdownSpec(chosen),
      env: envSpec,
    },
    site,
  );
  return Object.freeze(checked);
}

/** Checks the option `env` by itself: it is needed before the others.
 * @throws CATZ_APP_OPTION */
export function checkEnv(value: unknown): Variables | false | undefined {
  return envSpec.check(value, {
    path: `${PATH}.env`,
    error: (message) => new errors.OPTION(message),
  });
}

const envSpec: OptionSpec<Variables | false | undefined> = custom(
  'false or an object of variables by name',
  (value): value is Variables | false | undefined =>
    value === undefined || value === false || (typeof value === 'object' && value !== null),
);

// A document has to have a title; what users see in production, they were meant to.
function openApi(mode: Mode): OptionSpec<OpenApiOptions | false> {
  const spec = part<Partial<OpenApiOptions>>(false);
  return {
    check(value, site) {
      const given = spec.check(value, site);
      if (given === false) return false;
      const quiet = mode === 'production' ? { ui: false } : {};
      return { info: { title: 'API', version: '1.0.0' }, ...quiet, ...given };
    },
  };
}

function shutdownSpec(mode: Mode): OptionSpec<CheckedShutdown> {
  return {
    check(value, site) {
      const given = part<ShutdownOptions>(true).check(value, site);
      return given === false ? NO_SHUTDOWN : checkShutdown(given, mode, site);
    },
  };
}
