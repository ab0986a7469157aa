// The type provider, and what the plugin adds to Fastify's types.
import type {
  FastifyTypeProvider,
  FastifyTypeProviderDefault,
  RawServerBase,
  RawServerDefault,
  RawRequestDefaultExpression,
  RouteGenericInterface,
} from 'fastify';
import type { RouteValidationOptions } from '../options.ts';
import type { InferReply, InferRequest } from './infer.ts';

/** Types handlers by the schemas of their routes: `app.withTypeProvider<CatzillaTypeProvider>()`.
 *
 * Requests get the output of a Standard Schema, and replies take its input; both get `Static` of TypeBox, and `unknown` of plain
 * JSON Schema. */
export interface CatzillaTypeProvider extends FastifyTypeProvider {
  readonly validator: InferRequest<this['schema']>;
  readonly serializer: InferReply<this['schema']>;
}

/** What `request.validCookies` is, by `schema.cookies` of the route. */
type ValidCookies<TypeProvider extends FastifyTypeProvider, Schema> = Schema extends {
  readonly cookies: infer Cookies;
}
  ? (TypeProvider & { readonly schema: Cookies })['validator']
  : undefined;

declare module 'fastify' {
  interface FastifyRequest<
    RouteGeneric extends RouteGenericInterface = RouteGenericInterface,
    RawServer extends RawServerBase = RawServerDefault,
    RawRequest extends RawRequestDefaultExpression<RawServer> =
      RawRequestDefaultExpression<RawServer>,
    SchemaCompiler extends FastifySchema = FastifySchema,
    TypeProvider extends FastifyTypeProvider = FastifyTypeProviderDefault,
  > {
    /** The cookies as `schema.cookies` of the route makes them; undefined where it has none. `request.cookies` stays as it is. */
    validCookies: ValidCookies<TypeProvider, SchemaCompiler>;
  }
  interface FastifyContextConfig {
    /** Of @catzilla/validation. */
    validation?: RouteValidationOptions;
  }
  interface FastifySchema {
    /** Checked by @catzilla/validation; needs @fastify/cookie. */
    cookies?: unknown;
  }
}
