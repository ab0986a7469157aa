// The plugin: health, metrics, Server-Timing, OpenTelemetry and the dashboard of an application, and app.monitor.
// Order: what measures requests (`watchFirst`) belongs before every other plugin, so that their refusals count; routes come where
// the plugin is registered. Parts are looked for when they are asked, and may come later. Nothing here fails a request.
import fp from 'fastify-plugin';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { below } from './below.ts';
import { addDashboard } from './dashboard/add-dashboard.ts';
import { errors } from './errors.ts';
import { addHealth } from './health/plugin.ts';
import type { MonitorHistory } from './history/history.ts';
import { addRecorder } from './http/recorder.ts';
import { addMetrics } from './metrics/add-metrics.ts';
import type { Metering } from './metrics/add-metrics.ts';
import { checkMonitor } from './options.ts';
import type { MonitorOptions, MonitorSettings } from './options.ts';
import { metricsDefaults } from './metrics/options.ts';
import { addTiming } from './timing/add-timing.ts';

/** Where routes of the monitor are; false: there is none. */
export interface MonitorPaths {
  readonly live: string | false;
  readonly ready: string | false;
  readonly metrics: string | false;
  /** Of the page, with the slash at its end. */
  readonly dashboard: string | false;
}

/** The monitor of an application, as `app.monitor`. */
export interface Monitor extends Metering {
  readonly paths: MonitorPaths;
  /** What was: points by the minute and, of times when a dashboard was open, by the second. */
  readonly history: MonitorHistory;
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly monitor: Monitor;
  }
}

/** Under which an application keeps that its requests are watched already. */
const WATCHED: unique symbol = Symbol('catzilla.monitor.watched');

type Watched = FastifyInstance & { [WATCHED]?: true };

const register: FastifyPluginAsync<MonitorOptions> = async (app, options) => {
  if (app.hasDecorator('monitor')) {
    throw new errors.OPTION('expected the monitor to be registered once, got it twice');
  }
  const settings = checkMonitor(options);
  watch(app, settings);
  if (settings.health !== false) addHealth(app, settings.health);
  const metering = addMetrics(app, settings);
  if (settings.otel !== false) {
    const { addOtel } = await import('./otel/add-otel.ts');
    const { maxSeries } = settings.metrics === false ? metricsDefaults : settings.metrics;
    await addOtel(app, settings.otel, maxSeries);
  }
  const { history } = await addDashboard(app, settings, metering);
  const paths = pathsOf(app, settings);
  app.decorate(
    'monitor',
    Object.freeze({
      paths,
      history,
      snapshot: metering.snapshot,
      metrics: metering.metrics,
      get registry() {
        return metering.registry;
      },
    }),
  );
};

/** Watches an application. It makes no scope of its own: `prefix`, `logLevel` and `logSerializers` of register() are refused, and
 * belong to a scope around it.
 * @see MonitorOptions
 * @throws CATZ_MONITOR_OPTION, CATZ_MONITOR_NO_GUARD, CATZ_MONITOR_DEPENDENCY
 * @example
 * await app.register(monitor, { health: { checks: { database: { check: () => pool.query('select 1') } } } }); */
export const monitor: FastifyPluginAsync<MonitorOptions> = fp(register, {
  name: '@catzilla/monitor',
  fastify: '>=5.5.0 <6',
});

/** Adds what measures requests, and nothing else: for applications whose other plugins come before the monitor's routes. The
 * plugin does it by itself where this has not been called.
 * @param options  those that the plugin is given later
 * @throws CATZ_MONITOR_OPTION */
export function watchFirst(app: FastifyInstance, options: MonitorOptions): void {
  watch(app, checkMonitor(options));
}

function watch(app: Watched, settings: MonitorSettings): void {
  if (app[WATCHED] === true) return;
  app[WATCHED] = true;
  addRecorder(app);
  addTiming(app, settings.serverTiming);
}

function pathsOf(app: FastifyInstance, settings: MonitorSettings): MonitorPaths {
  const { health, metrics, dashboard } = settings;
  const { live, ready } = health === false ? OFF : health.path;
  return Object.freeze({
    live: live && below(app, live),
    ready: ready && below(app, ready),
    metrics: metrics !== false && below(app, metrics.path),
    dashboard: dashboard !== false && below(app, `${dashboard.path.replace(/\/$/, '')}/`),
  });
}

const OFF = { live: false, ready: false } as const;
