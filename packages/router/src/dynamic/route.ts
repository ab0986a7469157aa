// A route as the application gives it to a dynamic table, checked: shapes and kinds, not yet its pattern and schemas.
import { METHODS } from 'node:http';
import { checkOptions, custom, fn, optional, show } from '@catzilla/common';
import type { OptionSpec, OptionSpecs } from '@catzilla/common';
import type {
  FastifyContextConfig,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchema,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
  RouteGenericInterface,
  RouteHandlerMethod,
  RouteShorthandOptions,
} from 'fastify';
import { errors } from '../errors.ts';

type Shorthand<G extends RouteGenericInterface> = RouteShorthandOptions<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  G
>;

/** A route of a dynamic table. Each property means what it means in `app.route()` of Fastify. */
export interface DynamicRoute<G extends RouteGenericInterface = RouteGenericInterface> {
  /** One method that the application supports: 'GET'. */
  readonly method: string;
  /** Below the prefix of the table: `/users/:id`, `/files/*`, `/`, or nothing for the prefix itself. */
  readonly url: string;
  /** `params`, `querystring`, `body`, `headers`, `response`. Default: nothing is validated, JSON.stringify serializes. */
  readonly schema?: FastifySchema;
  readonly onRequest?: Shorthand<G>['onRequest'];
  readonly preValidation?: Shorthand<G>['preValidation'];
  readonly preHandler?: Shorthand<G>['preHandler'];
  readonly handler: RouteHandlerMethod<
    RawServerDefault,
    RawRequestDefaultExpression,
    RawReplyDefaultExpression,
    G
  >;
  /** What `request.routeOptions.config` gives, beside `url` and `method`. */
  readonly config?: FastifyContextConfig & Readonly<Record<string, unknown>>;
}

/** A hook, in any of its forms. */
export type Hook = (
  this: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  done: (error?: Error) => void,
) => unknown;

/** A handler, in any of its forms. */
export type Handler = (
  this: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
) => unknown;

/** A checked route. */
export interface Route {
  readonly method: string;
  readonly url: string;
  readonly schema: Readonly<Record<string, unknown>> | undefined;
  readonly onRequest: readonly Hook[];
  readonly preValidation: readonly Hook[];
  readonly preHandler: readonly Hook[];
  readonly handler: Handler;
  readonly config: Readonly<Record<string, unknown>> | undefined;
}

type Plain = Readonly<Record<string, unknown>>;

/** Methods whose requests have no body that Fastify reads. */
const BODYLESS = ['GET', 'HEAD', 'TRACE'];

/** Checks a route.
 * @throws CATZ_ROUTER_OPTIONS for a property that no route has, CATZ_ROUTER_BAD_ROUTE */
export function checkRoute(route: unknown): Route {
  const checked = checkOptions<Route>(route, specs, {
    path: 'route',
    error: (message) =>
      message.startsWith('unknown option')
        ? new errors.OPTIONS(message)
        : new errors.BAD_ROUTE(message),
  });
  const { method, url, schema } = checked;
  if (BODYLESS.includes(method) && schema?.['body'] !== undefined) {
    throw new errors.BAD_ROUTE(
      `expected ${placeOf(method, url)} to have no schema of a body, which ${method} does not have`,
    );
  }
  return checked;
}

/** The name of a route in messages. */
export function placeOf(method: string, url: string): string {
  return `route ${show(method)} ${show(url)}`;
}

/** Checks that an application takes the method.
 * @throws CATZ_ROUTER_BAD_ROUTE */
export function checkSupported(method: string, supported: readonly string[]): void {
  if (supported.includes(method)) return;
  const known = supported.join(', ');
  throw new errors.BAD_ROUTE(`expected route.method to be one of ${known}, got ${show(method)}`);
}

// Fastify takes lower case, too.
const methodSpec: OptionSpec<string> = {
  check(value, site) {
    const method = typeof value === 'string' ? value.toUpperCase() : value;
    return custom('an HTTP method', isMethod).check(method, site);
  },
};

const hooksSpec: OptionSpec<readonly Hook[]> = {
  check(value, site) {
    const hooks: readonly unknown[] =
      value === undefined ? [] : Array.isArray(value) ? value : [value];
    for (const hook of hooks) {
      custom('a function or an array of functions', isFunction).check(hook, site);
      if ((hook as Hook).constructor.name === 'AsyncFunction' && (hook as Hook).length === 3) {
        throw site.error(
          `expected ${site.path} to be async or to take done, got a function with both`,
        );
      }
    }
    return Object.freeze([...(hooks as readonly Hook[])]);
  },
};

const specs: OptionSpecs<Route> = {
  method: methodSpec,
  url: custom('nothing or a path that begins with /', isUrl),
  schema: optional(custom('an object', isPlain)),
  onRequest: hooksSpec,
  preValidation: hooksSpec,
  preHandler: hooksSpec,
  handler: fn<Handler>(),
  config: optional(custom('an object', isPlain)),
};

function isMethod(value: unknown): value is string {
  return typeof value === 'string' && (METHODS.includes(value) || value === 'QUERY');
}

function isUrl(value: unknown): value is string {
  return typeof value === 'string' && (value === '' || value.startsWith('/'));
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFunction(value: unknown): value is Hook {
  return typeof value === 'function';
}
