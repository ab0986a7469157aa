// What we read of Fastify's insides, and nowhere else: the context of a request's route, which says how to validate and
// serialize, and what compiles schemas. There is no interface for either; written against 5.5 to 5.12.
// Invariant: keys are found by asking Fastify's own methods which property they read, so a renamed key is no fault.
// What cannot be found fails the registration of a dynamic table: nothing is served half.
import type { FastifyInstance } from 'fastify';
import { errors } from '../errors.ts';

/** The parts of a request that have schemas. */
export const PARTS = ['params', 'body', 'querystring', 'headers'] as const;
export type Part = (typeof PARTS)[number];

/** What we know of the context of a route; Fastify's own object. */
export interface RouteContext {
  readonly config: { readonly method: string };
}

/** Makes compilers where there are none yet. */
export interface SchemaController {
  readonly isCustomValidatorCompiler: boolean;
  setupValidator(options: unknown): void;
  setupSerializer(options: unknown): void;
}

/** Options of the router that find-my-way knows too. */
export interface SharedRouterOptions {
  readonly caseSensitive?: boolean;
  readonly ignoreTrailingSlash?: boolean;
  readonly ignoreDuplicateSlashes?: boolean;
  readonly useSemicolonDelimiter?: boolean;
  readonly maxParamLength?: number;
  readonly allowUnsafeRegex?: boolean;
}

/** Options of the application, as Fastify has completed them. */
export interface ServerOptions {
  readonly routerOptions?: SharedRouterOptions;
  readonly exposeHeadRoutes?: boolean;
}

/** Fastify's insides. */
export interface Insides {
  /** Key of the context in a request. */
  readonly context: symbol;
  /** Keys of the validators in a context. */
  readonly validators: Validators;
  /** Key of the serializers in a context. */
  readonly serializers: symbol;
  readonly controller: SchemaController;
  readonly options: ServerOptions;
}

type Validators = Readonly<Record<Part, symbol>>;
type Keyed = Record<symbol, unknown>;
interface RequestMethods extends Keyed {
  getValidationFunction(part: Part): unknown;
}
interface ReplyMethods extends Keyed {
  getSerializationFunction(status: number): unknown;
}

/** Finds them.
 * @throws CATZ_ROUTER_CAPTURE_FAILED */
export function insidesOf(app: FastifyInstance): Insides {
  const request = (valueOf(app, 'fastify.Request') as { prototype: RequestMethods }).prototype;
  const reply = (valueOf(app, 'fastify.Reply') as { prototype: ReplyMethods }).prototype;
  const context = keyOf(reply, 'fastify.context');
  const validator = (part: Part): symbol =>
    keyRead(`the validator of ${part}`, (spy) =>
      request.getValidationFunction.call({ [context]: spy } as never, part),
    );
  return {
    context,
    validators: Object.fromEntries(PARTS.map((part) => [part, validator(part)])) as Validators,
    serializers: keyRead('the serializers', (spy) =>
      reply.getSerializationFunction.call({ [context]: spy } as never, 200),
    ),
    controller: valueOf(app, 'fastify.schemaController') as SchemaController,
    options: valueOf(app, 'fastify.options') as ServerOptions,
  };
}

function valueOf(holder: object, name: string): unknown {
  return (holder as Keyed)[keyOf(holder, name)];
}

function keyOf(holder: object, name: string): symbol {
  for (let at = holder; at !== null; at = Object.getPrototypeOf(at) as object) {
    const key = Object.getOwnPropertySymbols(at).find(({ description }) => description === name);
    if (key !== undefined) return key;
  }
  throw new errors.CAPTURE_FAILED(`it has no ${name}`);
}

function keyRead(what: string, read: (spy: object) => unknown): symbol {
  let found: symbol | undefined;
  const spy = new Proxy(
    {},
    {
      get(_target, key) {
        if (typeof key === 'symbol') found ??= key;
        return undefined;
      },
    },
  );
  read(spy);
  if (found === undefined) throw new errors.CAPTURE_FAILED(`it does not say where ${what} is`);
  return found;
}
