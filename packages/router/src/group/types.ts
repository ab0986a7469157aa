// The face of a route group. Handlers are typed as those of Fastify's own methods: by RouteGeneric, by the schema through the
// group's type provider, or not at all.
import type {
  ContextConfigDefault,
  FastifyPluginAsync,
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
  RouteShorthandOptionsWithHandler,
} from 'fastify';
import type { ConstantOptions, ConstantResponse } from '../constant/types.ts';
import type { GroupOptions } from './options.ts';

type Request = RawRequestDefaultExpression;
type Reply = RawReplyDefaultExpression;

/** Declares a route of one method, as Fastify's method of the same name; gives back what it was called on. */
export interface GroupMethod<TypeProvider extends FastifyTypeProvider, Self> {
  <
    RouteGeneric extends RouteGenericInterface = RouteGenericInterface,
    ContextConfig = ContextConfigDefault,
    const SchemaCompiler extends FastifySchema = FastifySchema,
  >(
    url: string,
    options: RouteShorthandOptions<
      RawServerDefault,
      Request,
      Reply,
      RouteGeneric,
      ContextConfig,
      SchemaCompiler,
      TypeProvider
    >,
    handler: RouteHandlerMethod<
      RawServerDefault,
      Request,
      Reply,
      RouteGeneric,
      ContextConfig,
      SchemaCompiler,
      TypeProvider
    >,
  ): Self;
  <
    RouteGeneric extends RouteGenericInterface = RouteGenericInterface,
    ContextConfig = ContextConfigDefault,
    const SchemaCompiler extends FastifySchema = FastifySchema,
  >(
    url: string,
    handler: RouteHandlerMethod<
      RawServerDefault,
      Request,
      Reply,
      RouteGeneric,
      ContextConfig,
      SchemaCompiler,
      TypeProvider
    >,
  ): Self;
  <
    RouteGeneric extends RouteGenericInterface = RouteGenericInterface,
    ContextConfig = ContextConfigDefault,
    const SchemaCompiler extends FastifySchema = FastifySchema,
  >(
    url: string,
    options: RouteShorthandOptionsWithHandler<
      RawServerDefault,
      Request,
      Reply,
      RouteGeneric,
      ContextConfig,
      SchemaCompiler,
      TypeProvider
    >,
  ): Self;
}

/** Routes that share a prefix, tags and hooks. Everything that declares throws CATZ_GROUP_OPTIONS once the group's routes
 * have been added to an application. */
export interface RouteGroup<TypeProvider extends FastifyTypeProvider = FastifyTypeProviderDefault> {
  readonly get: GroupMethod<TypeProvider, this>;
  readonly head: GroupMethod<TypeProvider, this>;
  readonly post: GroupMethod<TypeProvider, this>;
  readonly put: GroupMethod<TypeProvider, this>;
  readonly patch: GroupMethod<TypeProvider, this>;
  readonly delete: GroupMethod<TypeProvider, this>;
  readonly options: GroupMethod<TypeProvider, this>;
  /** All methods that Fastify knows. */
  readonly all: GroupMethod<TypeProvider, this>;
  /** Declares a route by the options of `app.route`. */
  route<
    RouteGeneric extends RouteGenericInterface = RouteGenericInterface,
    ContextConfig = ContextConfigDefault,
    const SchemaCompiler extends FastifySchema = FastifySchema,
  >(
    options: RouteOptions<
      RawServerDefault,
      Request,
      Reply,
      RouteGeneric,
      ContextConfig,
      SchemaCompiler,
      TypeProvider
    >,
  ): this;
  /** Declares a route whose whole answer is known ahead: see `addConstant`.
   * @throws CATZ_ROUTER_BAD_ROUTE */
  constant(url: string, response: ConstantResponse, options?: ConstantOptions): this;
  /** A group inside of this one: it has its prefix behind this one's, and all that this one says of its routes. It comes into
   * an application with this one, never without its guards: it has no plugin of its own.
   * @throws CATZ_GROUP_OPTIONS, CATZ_GROUP_PREFIX */
  group(options?: GroupOptions<TypeProvider>): RouteGroup<TypeProvider>;
}

/** A group that is in no other. */
export interface RootGroup<
  TypeProvider extends FastifyTypeProvider = FastifyTypeProviderDefault,
> extends RouteGroup<TypeProvider> {
  /** For `app.register`; may be registered more than once, under prefixes of their own. */
  readonly plugin: GroupPlugin;
}

/** A plugin whose type provider is its own affair. */
export type GroupPlugin = FastifyPluginAsync<object, RawServerDefault>;
