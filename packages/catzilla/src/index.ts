// Public API of catzilla: createApp(), the plugin, and what an application needs of the parts they compose.
export { createApp } from './app/create-app.ts';
export type { CatzillaApp } from './app/create-app.ts';
export { catzilla } from './app/catzilla.ts';
export type { AppConfig } from './app/compose.ts';
export { defineConfig } from './config/define-config.ts';
export type { AppOptions, CatzillaOptions } from './config/app-options.ts';
export type { Mode, Variables } from './options/mode.ts';
export type { Part } from './options/part.ts';
export type { ServerOptions } from './options/server.ts';
export type { BuiltinOptions, MultipartOptions, RateLimitOptions } from './builtins/options.ts';
export type { ShutdownOptions } from './shutdown/options.ts';
export type { Lifecycle, LifecycleState, ShutdownReport } from './shutdown/lifecycle.ts';
export type { ShutdownStep } from './shutdown/steps.ts';
export { loadApp } from './app-module.ts';
export type { AppFunction, AppFunctionOptions, AppModule, LoadOptions } from './app-module.ts';
export { serveControl } from './control/serve-control.ts';
export type { ServeControlOptions } from './control/serve-control.ts';
export type { ControlServer } from './control/server.ts';
export { errors } from './errors.ts';

export { fastifyCache } from '@catzilla/fastify-cache';
export type { FastifyCacheOptions, RouteCacheOptions } from '@catzilla/fastify-cache';
export { memoryBus, streamBus } from '@catzilla/bus';
export type { Bus } from '@catzilla/bus';
export { cached, createTieredCache } from '@catzilla/tiers';
export type { TieredCache, TieredOptions } from '@catzilla/tiers';
export { openCache } from '@catzilla/cache-core';
export type { Cache, CacheOptions, CacheStats } from '@catzilla/cache-core';
export {
  catzillaRouter,
  contextOf,
  defineMiddleware,
  dynamicRoutes,
  group,
  hostTables,
  middleware,
  useContext,
} from '@catzilla/router';
export type {
  CatzillaRouterOptions,
  GroupOptions,
  Middleware,
  MiddlewareContext,
  MiddlewareDefinition,
  MiddlewareOptions,
  RootGroup,
  RouteGroup,
} from '@catzilla/router';
export {
  all,
  asyncToken,
  CurrentReply,
  CurrentRequest,
  defineContainer,
  di,
  fromDecorator,
  inject,
  keyed,
  lazy,
  Log,
  multiToken,
  optional,
  ScopeFactory,
  ScopeInfo,
  Server,
  Signal,
  token,
} from '@catzilla/di';
export type { AsyncToken, Definition, DiOptions, MultiToken, Scope, Token } from '@catzilla/di';
export { health, monitor } from '@catzilla/monitor';
export type {
  AppHealth,
  CheckState,
  DashboardOptions,
  Guard,
  HealthCheck,
  HealthOptions,
  HealthSnapshot,
  MetricsOptions,
  Monitor,
  MonitorOptions,
  PartState,
  Readiness,
  Snapshot,
} from '@catzilla/monitor';
export { realtime } from '@catzilla/realtime';
export type { ChannelOptions, LiveOptions, Realtime, RealtimeOptions } from '@catzilla/realtime';
export { staticFiles } from '@catzilla/static';
export type { StaticFiles, StaticOptions } from '@catzilla/static';
export { bullBoard, createTasks, defineTask, tasks } from '@catzilla/tasks';
export type {
  EnqueueOptions,
  Priority,
  RequestEnqueue,
  Task,
  TaskContext,
  TaskHandle,
  Tasks,
  TasksHealth,
  TasksOptions,
  TasksPluginOptions,
  TasksStats,
} from '@catzilla/tasks';
export { embeddedBackend } from '@catzilla/tasks/embedded';
export type { EmbeddedOptions } from '@catzilla/tasks/embedded';
export { openapi, problem, validate, validation } from '@catzilla/validation';
export type {
  CatzillaTypeProvider,
  Issue,
  OpenApiOptions,
  ProblemError,
  Result,
  ValidationOptions,
} from '@catzilla/validation';
export type {
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  FastifyServerOptions,
} from 'fastify';
