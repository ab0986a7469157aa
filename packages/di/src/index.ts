// Public API of @catzilla/di.
export { asyncToken, isToken, multiToken, token } from './token.ts';
export type { AnyToken, AsyncToken, MultiToken, Token } from './token.ts';
export { all, keyed, lazy, optional } from './modifiers.ts';
export type {
  AllDependency,
  Dependency,
  Got,
  Injected,
  Key,
  KeyedDependency,
  Lazy,
  LazyDependency,
  OptionalDependency,
  Resolved,
  ResolvedAll,
  Single,
  SyncDependency,
} from './modifiers.ts';
export {
  CurrentReply,
  CurrentRequest,
  Log,
  ScopeFactory,
  ScopeInfo,
  Server,
  Signal,
} from './built-in.ts';
export { Definition, defineContainer } from './define/definition.ts';
export type {
  AnyReplacement,
  AsyncResult,
  Constructor,
  DependencyOf,
  Factory,
  FactoryReplacement,
  Overridable,
  Override,
  Replacement,
  ResultOf,
  ServiceOf,
  SyncResult,
  ValueReplacement,
} from './binding/types.ts';
export type { DisposeAt } from './binding/binding.ts';
export type {
  Disposer,
  ManyOptions,
  ScopedOptions,
  SeedOptions,
  SingletonOptions,
  ValueOptions,
} from './binding/options.ts';
export type { Fault } from './compile/faults.ts';
export { Container } from './run/container.ts';
export type { ContainerOptions } from './run/container.ts';
export type {
  ContainerState,
  ContainerStats,
  InjectionSite,
  Injector,
  Logger,
  Outcome,
  Scope,
  ScopeFactory as ScopeFactoryService,
  ScopeInfo as ScopeInfoService,
  ScopeKind,
  ScopeOptions,
  Seed,
  TokenStats,
} from './types.ts';
export type { Graph, GraphEdge, GraphNode } from './graph/graph.ts';
export { di } from './fastify/plugin.ts';
export type { AppContainer } from './fastify/plugin.ts';
export { inject } from './fastify/inject.ts';
export type { InjectedList, InjectedObject } from './fastify/inject.ts';
export { fromDecorator } from './fastify/from-decorator.ts';
export type { DiOptions } from './fastify/options.ts';
export { fromAwilix } from './awilix/from-awilix.ts';
export type { AwilixLike, AwilixResolver, FromAwilixOptions } from './awilix/from-awilix.ts';
export { errors } from './errors.ts';
