// inject: a handler or hook that receives services after request and reply. Invariant: it can be typed and used wherever Fastify
// takes a handler or hook of (request, reply); its tokens can be read from it, so that they are checked before the server
// listens. A route that was declared before the plugin is checked when it is called first.
import type {
  ContextConfigDefault,
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchema,
  FastifyTypeProvider,
  FastifyTypeProviderDefault,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerBase,
  RawServerDefault,
  RouteGenericInterface,
} from 'fastify';
import { show } from '@catzilla/common';
import { needsOf } from '../binding/make.ts';
import { errors } from '../errors.ts';
import type { Dependency, Injected } from '../modifiers.ts';
import type { Injector, Scope } from '../types.ts';
import { run } from './handler.ts';
import { LIFE } from './life.ts';
import type { LivingRequest, RequestLife } from './life.ts';
import type { Registration } from './registration.ts';

const TOKENS: unique symbol = Symbol('catzilla.di.tokens');

/** What a handler receives for a list of dependencies, in their order. */
export type InjectedList<D extends readonly Dependency[]> = {
  -readonly [I in keyof D]: Injected<D[I]>;
};

/** What a handler receives for dependencies by name. */
export type InjectedObject<D extends Readonly<Record<string, Dependency>>> = {
  -readonly [K in keyof D]: Injected<D[K]>;
};

/** What `inject` is given: a list of dependencies, or dependencies by name. */
export type Injections = readonly Dependency[] | Readonly<Record<string, Dependency>>;

/** What follows request and reply: the services of a list, or one object of them. */
export type InjectedServices<D extends Injections> = D extends readonly Dependency[]
  ? InjectedList<D>
  : D extends Readonly<Record<string, Dependency>>
    ? [services: InjectedObject<D>]
    : never;

/** Makes a handler that receives services: `app.get('/u/:id', inject([Users], async (request, reply, users) => …))`.
 * Also for the hooks onRequest, preValidation, preHandler and onResponse, which then count as asynchronous: they end by
 * returning. Services that have to be awaited are, before the handler is called; one that fails is the request's error.
 * @param tokens   a list, whose services follow request and reply, or an object: they come as one object with its names
 * @param handler  as Fastify's own, and typed as where it is put: params, body and reply, by generics or a type provider
 * @throws CATZ_DI_OPTIONS; when called CATZ_DI_NOT_STARTED, CATZ_DI_SCOPE_CLOSED, CATZ_DI_SEED_MISSING,
 *   CATZ_DI_FACTORY_FAILED, and CATZ_DI_INVALID where the route could not be seen before
 * @example
 * app.get<{ Params: { id: string } }>('/u/:id', inject({ users: Users }, async (request, reply, { users }) =>
 *   users.find(request.params.id))); */
export function inject<
  const D extends Injections,
  R,
  RawServer extends RawServerBase = RawServerDefault,
  RawRequest extends RawRequestDefaultExpression<RawServer> =
    RawRequestDefaultExpression<RawServer>,
  RawReply extends RawReplyDefaultExpression<RawServer> = RawReplyDefaultExpression<RawServer>,
  RouteGeneric extends RouteGenericInterface = RouteGenericInterface,
  ContextConfig = ContextConfigDefault,
  SchemaCompiler extends FastifySchema = FastifySchema,
  TypeProvider extends FastifyTypeProvider = FastifyTypeProviderDefault,
  Logger extends FastifyBaseLogger = FastifyBaseLogger,
>(
  tokens: D,
  handler: (
    this: FastifyInstance<RawServer, RawRequest, RawReply, Logger, TypeProvider>,
    request: FastifyRequest<
      RouteGeneric,
      RawServer,
      RawRequest,
      SchemaCompiler,
      TypeProvider,
      ContextConfig,
      Logger
    >,
    reply: FastifyReply<
      RouteGeneric,
      RawServer,
      RawRequest,
      RawReply,
      ContextConfig,
      SchemaCompiler,
      TypeProvider
    >,
    ...services: InjectedServices<D>
  ) => R,
): (
  this: FastifyInstance<RawServer, RawRequest, RawReply, Logger, TypeProvider>,
  request: FastifyRequest<
    RouteGeneric,
    RawServer,
    RawRequest,
    SchemaCompiler,
    TypeProvider,
    ContextConfig,
    Logger
  >,
  reply: FastifyReply<
    RouteGeneric,
    RawServer,
    RawRequest,
    RawReply,
    ContextConfig,
    SchemaCompiler,
    TypeProvider
  >,
) => R;
export function inject(tokens: unknown, handler: unknown): unknown {
  const { names, list } = tokensOf(tokens);
  if (typeof handler !== 'function') {
    throw new errors.OPTIONS(`expected inject() to be given a handler, got ${show(handler)}`);
  }
  const call: Call =
    names === undefined
      ? (self, request, reply, services) => handler.call(self, request, reply, ...services)
      : (self, request, reply, services) =>
          handler.call(self, request, reply, byName(names, services));
  // Nearly always there is one container; a handler that serves two applications compiles its list anew as it changes hands.
  let owner: Registration | undefined;
  let injector: Injector | undefined;
  const injected = function (
    this: unknown,
    request: LivingRequest,
    reply: unknown,
    next?: unknown,
  ) {
    const life = request[LIFE];
    if (life === undefined || life === null) throw outside();
    const scope = life.use();
    if (injector === undefined || owner !== life.owner) {
      owner = life.owner;
      injector = owner.injectorOf(list, { where: life.label, kind: scope.kind });
    }
    const compiled = injector;
    const work = (): unknown => resolve(compiled, scope, (got) => call(this, request, reply, got));
    if (typeof next === 'function') return runHook(life, work);
    // The wrapper around the route's handler has begun, unless it was declared before the plugin.
    return life.phase === 'waiting' ? run(life, work, undefined, request, reply) : work();
  };
  Object.defineProperty(injected, 'name', { value: handler.name });
  Object.defineProperty(injected, TOKENS, { value: list });
  return injected;
}

/** The tokens of a handler or hook that `inject` made. */
export function tokensIn(handler: unknown): readonly Dependency[] | undefined {
  return typeof handler === 'function'
    ? (handler as { [TOKENS]?: readonly Dependency[] })[TOKENS]
    : undefined;
}

type Call = (
  self: unknown,
  request: unknown,
  reply: unknown,
  services: readonly unknown[],
) => unknown;

function resolve(
  injector: Injector,
  scope: Scope,
  use: (services: readonly unknown[]) => unknown,
): unknown {
  const services = injector.resolve(scope);
  return Array.isArray(services) ? use(services) : services.then(use);
}

// Fastify goes on when the promise of a hook has settled. Nothing is disposed while one runs.
async function runHook(life: RequestLife, work: () => unknown): Promise<unknown> {
  life.enterHook();
  try {
    return await work();
  } finally {
    life.leaveHook();
  }
}

function byName(names: readonly string[], services: readonly unknown[]): Record<string, unknown> {
  const named: Record<string, unknown> = {};
  for (const [i, name] of names.entries()) named[name] = services[i];
  return named;
}

function tokensOf(tokens: unknown): {
  readonly names: readonly string[] | undefined;
  readonly list: readonly Dependency[];
} {
  if (typeof tokens !== 'object' || tokens === null) {
    throw new errors.OPTIONS(
      `expected inject() to be given an array or an object of tokens, got ${show(tokens)}`,
    );
  }
  const isList = Array.isArray(tokens);
  const list = Object.freeze(isList ? [...(tokens as Dependency[])] : Object.values(tokens));
  needsOf(list, 'inject()');
  return { names: isList ? undefined : Object.keys(tokens), list };
}

function outside(): Error {
  return new errors.OPTIONS(
    'expected a handler of inject() to be called with a request of an application that has @catzilla/di; in a WebSocket handler use request.scope',
  );
}
