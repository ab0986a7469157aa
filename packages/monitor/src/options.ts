// The options of the plugin, and their check. What a part is told stands in its own folder.
// Invariant: the only file of this package that reads process.env.
import { types } from 'node:util';
import {
  checkOptions,
  custom,
  oneOf,
  refuseRegisterOptions,
  registerOptions,
} from '@catzilla/common';
import type { OptionSpec } from '@catzilla/common';
import type { FastifyRequest } from 'fastify';
import { dashboardSpec } from './dashboard/options.ts';
import type { CheckedDashboard, DashboardOptions } from './dashboard/options.ts';
import { errors } from './errors.ts';
import { healthSpec } from './health/options.ts';
import type { CheckedHealth, HealthOptions } from './health/options.ts';
import { metricsSpec } from './metrics/options.ts';
import type { CheckedMetrics, MetricsOptions } from './metrics/options.ts';
import type { MeterLike } from './otel/meter.ts';

/** 'development' shows more: the dashboard to this machine, Server-Timing to everybody. */
export type Mode = 'development' | 'production';

/** Which replies say in Server-Timing how long they took. */
export type ServerTiming = boolean | ((request: FastifyRequest) => boolean);

/** Options of the plugin. */
export interface MonitorOptions {
  /** What defaults go by. Default: 'production' where NODE_ENV says so, else 'development'. */
  readonly mode?: Mode | undefined;
  /** GET /healthz, GET /readyz, and `app.health`. Default: on. */
  readonly health?: HealthOptions | boolean | undefined;
  /** GET /metrics for Prometheus. Default: on. */
  readonly metrics?: MetricsOptions | boolean | undefined;
  /** The same figures as instruments of OpenTelemetry: true for a meter of the provider that is registered with
   * `@opentelemetry/api`, or a meter. Default: false. */
  readonly otel?: boolean | MeterLike | undefined;
  /** Whether a reply says how long it took, to all who read it: always, never, or for requests of which the function says true, at
   * once. Default: true in development, false in production. */
  readonly serverTiming?: ServerTiming | undefined;
  /** The page that shows what goes on. Default: on in development, for this machine alone; off in production. */
  readonly dashboard?: DashboardOptions | boolean | undefined;
}

/** The options, complete. */
export interface MonitorSettings {
  readonly mode: Mode;
  readonly health: CheckedHealth | false;
  readonly metrics: CheckedMetrics | false;
  readonly otel: boolean | MeterLike;
  readonly serverTiming: ServerTiming;
  readonly dashboard: CheckedDashboard | false;
}

/** Checks what the plugin was given.
 * @throws CATZ_MONITOR_OPTION */
export function checkMonitor(options: unknown): MonitorSettings {
  const site = { path: 'options', error: (message: string) => new errors.OPTION(message) };
  refuseRegisterOptions(options, 'monitor', 'the path of each part', site);
  const { mode } = (options ?? {}) as MonitorOptions;
  const isOpen = modeSpec.check(mode, { ...site, path: 'options.mode' }) === 'development';
  return checkOptions<MonitorSettings>(
    options,
    {
      mode: modeSpec,
      health: healthSpec,
      metrics: metricsSpec,
      otel: otelSpec,
      serverTiming: timingSpec(isOpen),
      dashboard: dashboardSpec(isOpen),
    },
    { ...site, ignore: registerOptions },
  );
}

const modeSpec: OptionSpec<Mode> = {
  check: (value, site) =>
    oneOf<Mode>(['development', 'production'], modeOfProcess()).check(value, site),
};

function modeOfProcess(): Mode {
  return process.env['NODE_ENV'] === 'production' ? 'production' : 'development';
}

const otelSpec: OptionSpec<boolean | MeterLike> = custom(
  'true, false or a meter of OpenTelemetry',
  (value): value is boolean | MeterLike =>
    typeof value === 'boolean' ||
    typeof (value as Partial<MeterLike> | null)?.addBatchObservableCallback === 'function',
  false,
);

function timingSpec(isOn: boolean): OptionSpec<ServerTiming> {
  return custom(
    'true, false or a function that answers at once',
    (value): value is ServerTiming =>
      typeof value === 'boolean' || (typeof value === 'function' && !types.isAsyncFunction(value)),
    isOn,
  );
}
