// The face of a route group. Handlers are typed as those of Fastify's own methods: by RouteGeneric, by the schema through the
// group's type provider, or not at all; and `request.ctx` by the middleware of the group and of those around it.
import type {
  ContextConfigDefault,
  FastifyBaseLogger,
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  FastifySchema,
  FastifyTypeProvider,
  FastifyTypeProviderDefault,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
  RouteGenericInterface,
  RouteHandlerMethod,
  RouteOptions,
  RouteShorthandOptions,
} from 'fastify';
import type { ConstantOptions, ConstantResponse } from '../constant/types.ts';
import type { ContextOf, Middleware, MiddlewareContext } from '../middleware/types.ts';
import type { GroupOptions } from './options.ts';

type Request = RawRequestDefaultExpression;
type Reply = RawReplyDefaultExpression;

/** A handler: Fastify's, with the context of the group's middleware. */
export type GroupHandler<
  TypeProvider extends FastifyTypeProvider,
  Context extends object,
  RouteGeneric extends RouteGenericInterface,
  ContextConfig,
  SchemaCompiler extends FastifySchema,
> = (
  this: FastifyInstance<RawServerDefault, Request, Reply, FastifyBaseLogger, TypeProvider>,
  request: FastifyRequest<
    RouteGeneric,
    RawServerDefault,
    Request,
    SchemaCompiler,
    TypeProvider,
    ContextConfig
  > & { readonly ctx: MiddlewareContext & Context },
  reply: FastifyReply<
    RouteGeneric,
    RawServerDefault,
    Request,
    Reply,
    ContextConfig,
    SchemaCompiler,
    TypeProvider
  >,
) => ReturnType<
  RouteHandlerMethod<
    RawServerDefault,
    Request,
    Reply,
    RouteGeneric,
    ContextConfig,
    SchemaCompiler,
    TypeProvider
  >
>;

/** Declares a route of one method, as Fastify's method of the same name; gives back what it was called on. */
export interface GroupMethod<
  TypeProvider extends FastifyTypeProvider,
  Context extends object,
  Self,
> {
  <
    RouteGeneric extends RouteGenericInterface = RouteGenericInterface,
    ContextConfig = ContextConfigDefault,
    const SchemaCompiler extends FastifySchema = FastifySchema,
  >(
    url: string,
    options: ShorthandOptions<TypeProvider, RouteGeneric, ContextConfig, SchemaCompiler>,
    handler: GroupHandler<TypeProvider, Context, RouteGeneric, ContextConfig, SchemaCompiler>,
  ): Self;
  <
    RouteGeneric extends RouteGenericInterface = RouteGenericInterface,
    ContextConfig = ContextConfigDefault,
    const SchemaCompiler extends FastifySchema = FastifySchema,
  >(
    url: string,
    handler: GroupHandler<TypeProvider, Context, RouteGeneric, ContextConfig, SchemaCompiler>,
  ): Self;
  <
    RouteGeneric extends RouteGenericInterface = RouteGenericInterface,
    ContextConfig = ContextConfigDefault,
    const SchemaCompiler extends FastifySchema = FastifySchema,
  >(
    url: string,
    options: ShorthandOptions<TypeProvider, RouteGeneric, ContextConfig, SchemaCompiler> & {
      handler: GroupHandler<TypeProvider, Context, RouteGeneric, ContextConfig, SchemaCompiler>;
    },
  ): Self;
}

type ShorthandOptions<
  TypeProvider extends FastifyTypeProvider,
  RouteGeneric extends RouteGenericInterface,
  ContextConfig,
  SchemaCompiler extends FastifySchema,
> = RouteShorthandOptions<
  RawServerDefault,
  Request,
  Reply,
  RouteGeneric,
  ContextConfig,
  SchemaCompiler,
  TypeProvider
>;

/** Routes that share a prefix, tags and hooks. Everything that declares throws CATZ_GROUP_OPTIONS once the group's routes
 * have been added to an application. */
export interface RouteGroup<
  TypeProvider extends FastifyTypeProvider = FastifyTypeProviderDefault,
  Context extends object = object,
> {
  readonly get: GroupMethod<TypeProvider, Context, this>;
  readonly head: GroupMethod<TypeProvider, Context, this>;
  readonly post: GroupMethod<TypeProvider, Context, this>;
  readonly put: GroupMethod<TypeProvider, Context, this>;
  readonly patch: GroupMethod<TypeProvider, Context, this>;
  readonly delete: GroupMethod<TypeProvider, Context, this>;
  readonly options: GroupMethod<TypeProvider, Context, this>;
  /** All methods that Fastify knows. */
  readonly all: GroupMethod<TypeProvider, Context, this>;
  /** Declares a route by the options of `app.route`. */
  route<
    RouteGeneric extends RouteGenericInterface = RouteGenericInterface,
    ContextConfig = ContextConfigDefault,
    const SchemaCompiler extends FastifySchema = FastifySchema,
  >(
    options: ShorthandOptions<TypeProvider, RouteGeneric, ContextConfig, SchemaCompiler> &
      Pick<RouteOptions, 'method' | 'url'> & {
        handler: GroupHandler<TypeProvider, Context, RouteGeneric, ContextConfig, SchemaCompiler>;
      },
  ): this;
  /** Declares a route whose whole answer is known ahead: see `addConstant`.
   * @throws CATZ_ROUTER_BAD_ROUTE */
  constant(url: string, response: ConstantResponse, options?: ConstantOptions): this;
  /** A group inside of this one: it has its prefix behind this one's, and all that this one says of its routes. It comes into
   * an application with this one, never without its guards: it has no plugin of its own.
   * @throws CATZ_GROUP_OPTIONS, CATZ_GROUP_PREFIX */
  group<const List extends readonly Middleware[] = readonly Middleware[]>(
    options?: GroupOptions<TypeProvider, List>,
  ): RouteGroup<TypeProvider, Context & ContextOf<List>>;
  /** The same group for the compiler: its schemas are typed by another provider. */
  withTypeProvider<Provider extends FastifyTypeProvider>(): RouteGroup<Provider, Context>;
}

/** A group that is in no other. */
export interface RootGroup<
  TypeProvider extends FastifyTypeProvider = FastifyTypeProviderDefault,
  Context extends object = object,
> extends RouteGroup<TypeProvider, Context> {
  withTypeProvider<Provider extends FastifyTypeProvider>(): RootGroup<Provider, Context>;
  /** For `app.register`; may be registered more than once, under prefixes of their own. */
  readonly plugin: GroupPlugin;
}

/** A plugin whose type provider is its own affair. */
export type GroupPlugin = FastifyPluginAsync<object, RawServerDefault>;
