// Public API of @catzilla/router.
export { catzillaRouter } from './fastify/plugin.ts';
export type {
  AllowedOptions,
  CatzillaRouter,
  MatchOptions,
  RouterOptions,
} from './fastify/plugin.ts';
export type { BuildPrettyMeta } from './fastify/capture.ts';
export type { CatzillaRouterOptions, Verify } from './fastify/options.ts';
export type { RouterStats } from './fastify/stats.ts';

export { RouteTable } from './table/route-table.ts';
export type { RouteOptions } from './table/route-table.ts';
export { BuiltTable } from './table/built-table.ts';
export type { RouteEntry } from './route-entry.ts';
export type { MethodStats, RouteMatch, TableStats } from './table/built-table.ts';
export type { RouteTableOptions } from './table/options.ts';

export { accelerate } from './engine/accelerate.ts';
export type { Acceleration } from './engine/accelerate.ts';
export type {
  EngineChoice,
  EngineCounts,
  EngineName,
  MethodEngine,
  NativeDetails,
} from './engine/engine.ts';
export type { EngineOptions } from './engine/settings.ts';
export type { DeferReason } from './native/addon.ts';
export type { Constraints, Find, FindResult, Handler, Params } from './find-my-way/router.ts';

export type { AllowedMethodsOptions } from './introspect/allowed-methods.ts';
export type { Candidate, Verdict } from './introspect/candidates.ts';
export type { Conflict, ConflictKind, Conflicts, Severity } from './introspect/conflicts.ts';
export type { ExplainOptions, ExplainedRoute, Explanation, Outcome } from './introspect/explain.ts';
export type { NotAllowedOptions, NotFoundHandler } from './introspect/not-allowed.ts';
export type { RouteDefer } from './introspect/defer-reason.ts';
export type { RouteHook, RouteInfo, RouteKind, SchemaPart } from './introspect/route-info.ts';

export { addConstant } from './constant/add-constant.ts';
export { constantPlan, planOf } from './constant/plan.ts';
export type { ConstantForm, ConstantPlan, ConstantVariant, Field, Plan } from './constant/plan.ts';
export type {
  ConstantBody,
  ConstantDescription,
  ConstantOptions,
  ConstantResponse,
} from './constant/types.ts';

export { group } from './group/group.ts';
export type { GroupHooks, GroupOptions, HookName } from './group/options.ts';
export type { GroupMethod, GroupPlugin, RootGroup, RouteGroup } from './group/types.ts';

export { middleware } from './middleware/plugin.ts';
export { defineMiddleware } from './middleware/define.ts';
export { contextOf } from './middleware/context-of.ts';
export { useContext } from './middleware/als.ts';
export type { MiddlewareOptions } from './middleware/options.ts';
export type { MiddlewareOrder, OrderOptions } from './middleware/order.ts';
export type {
  MiddlewarePart,
  MiddlewareSeries,
  MiddlewareTimings,
  TimingsMode,
} from './middleware/timings.ts';
export type {
  ContextOf,
  Middleware,
  MiddlewareContext,
  MiddlewareDefinition,
  MiddlewarePoint,
  Outcome as MiddlewareOutcome,
  PreResult,
} from './middleware/types.ts';
export {
  hasLaterPre,
  MIDDLEWARE_HOOK,
  notePerRequestFields,
  perRequestFields,
  postsOf,
  runPerRequest,
} from './middleware/per-request.ts';

export { dynamicRoutes } from './dynamic/dynamic-routes.ts';
export type { DynamicRoutes } from './dynamic/dynamic-routes.ts';
export type { DynamicRouteEntry, DynamicStats } from './dynamic/dynamic-table.ts';
export type { DynamicRouteInfo } from './dynamic/entry.ts';
export type { DynamicRoutesOptions } from './dynamic/options.ts';
export type { DynamicRoute } from './dynamic/route.ts';
export { hostTables } from './hosts/host-tables.ts';
export type { HostRoutes, HostTables } from './hosts/host-tables.ts';
