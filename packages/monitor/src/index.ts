// Public API of @catzilla/monitor.
export { monitor, watchFirst } from './plugin.ts';
export type { Monitor, MonitorPaths } from './plugin.ts';
export type { Mode, MonitorOptions, ServerTiming } from './options.ts';
export type { Guard } from './guard.ts';
export { health } from './health/plugin.ts';
export type { AppHealth, HealthSnapshot } from './health/plugin.ts';
export type { Readiness } from './health/readiness.ts';
export type { HealthCheck, HealthOptions } from './health/options.ts';
export type { CheckState } from './health/check-runner.ts';
export type { PartState } from './health/parts.ts';
export type { AddTiming } from './timing/add-timing.ts';
export type { MeterLike } from './otel/meter.ts';
export type { Metering } from './metrics/add-metrics.ts';
export type { MetricsOptions } from './metrics/options.ts';
export type { DashboardLink, DashboardOptions } from './dashboard/options.ts';
export type { MonitorHistory } from './history/history.ts';
export type { Point, Quantiles, TierName } from './history/point.ts';
export { quantile } from './http/buckets.ts';
export type { SnapshotOptions } from './snapshot/take.ts';
export type {
  DurationCounts,
  EngineSnapshot,
  LoopSnapshot,
  ProcessSnapshot,
  RealtimeSnapshot,
  ResponseCacheSnapshot,
  RouteSnapshot,
  Snapshot,
  StaticSnapshot,
  TasksSnapshot,
  TierSnapshot,
} from './snapshot/snapshot.ts';
export { errors } from './errors.ts';
