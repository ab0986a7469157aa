// Compiles the schemas of a route with the compilers of its scope, as Fastify does for its own routes at start.
// Invariant: what comes out is what Fastify looks for in the context of a route; the given schema is left as it is.
// Ajv keeps every schema that it has compiled. So one validator serves all schemas of the same text: routes that come and go
// do not grow the memory of the process with every new one.
import type { FastifyInstance } from 'fastify';
import { errors } from '../errors.ts';
import { lowerHeaders } from './headers-schema.ts';
import { PARTS } from './insides.ts';
import type { Insides, Part } from './insides.ts';
import { placeOf } from './route.ts';

/** What the schemas of a route became. */
export interface CompiledSchemas {
  /** The schema as `request.routeOptions.schema` shows it; undefined when there is none. */
  readonly schema: Schema | undefined;
  /** A function, or functions by media type. */
  readonly validators: Readonly<Partial<Record<Part, unknown>>>;
  /** By status, then by media type where the schema has those. Undefined without a schema of responses. */
  readonly serializers: Readonly<Record<string, unknown>> | undefined;
}

/** Compiles the schemas of a route that stands at `url`.
 * @throws CATZ_ROUTER_BAD_ROUTE */
export type CompileSchemas = (
  schema: Schema | undefined,
  method: string,
  url: string,
) => CompiledSchemas;

type Schema = Readonly<Record<string, unknown>>;
type Compiler = (to: Readonly<Record<string, unknown>>) => unknown;
type ByType = (schema: unknown, contentType?: string) => unknown;

const FLUENT = Symbol.for('fluent-schema-object');
const STATUS = /^[1-5](?:\d{2}|xx)$|^default$/;
const NOTHING: CompiledSchemas = { schema: undefined, validators: {}, serializers: undefined };

/** Makes the function that compiles the schemas of a scope. */
export function schemaCompiler(app: FastifyInstance, insides: Insides): CompileSchemas {
  const { controller, options } = insides;
  // Made when a schema comes: most tables have none, and Ajv is not small.
  let validate: Compiler | undefined;
  let serialize: Compiler | undefined;
  const known = new Map<string, unknown>();
  const validator: Compiler = (to) => {
    if (validate === undefined) {
      controller.setupValidator(options);
      validate = app.validatorCompiler as unknown as Compiler;
    }
    const text = controller.isCustomValidatorCompiler ? undefined : textOf(to['schema']);
    if (text === undefined) return validate(to);
    const key = `${String(to['httpPart'])} ${text}`;
    if (!known.has(key)) known.set(key, validate(to));
    return known.get(key);
  };
  const serializer: Compiler = (to) => {
    if (serialize === undefined) {
      controller.setupSerializer(options);
      serialize = app.serializerCompiler as unknown as Compiler;
    }
    return serialize(to);
  };
  return (given, method, url) => {
    if (given === undefined) return NOTHING;
    let at = 'schema';
    try {
      const schema = normalized(given);
      const validators: Partial<Record<Part, unknown>> = {};
      for (const httpPart of PARTS) {
        at = `schema.${httpPart}`;
        const part = schema[httpPart];
        if (part === undefined) continue;
        const isNamed = httpPart === 'headers' && !controller.isCustomValidatorCompiler;
        const own = isNamed && isPlain(part) ? lowerHeaders(part) : part;
        const compile: ByType = (of, contentType) =>
          validator({ schema: of, method, url, httpPart, contentType });
        validators[httpPart] = httpPart === 'body' ? byType(own, compile) : compile(own);
      }
      at = 'schema.response';
      const serializers = byStatus(schema['response'], (of, httpStatus, contentType) =>
        serializer({ schema: of, method, url, httpStatus, contentType }),
      );
      return { schema, validators, serializers };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new errors.BAD_ROUTE(`${at} of ${placeOf(method, url)} cannot be used: ${reason}`, {
        cause: error,
      });
    }
  };
}

// `query` is another name of `querystring`; fluent schemas are written out.
function normalized(given: Schema): Schema {
  const schema: Record<string, unknown> = { ...given };
  if (schema['query'] !== undefined) {
    if (schema['querystring'] !== undefined) throw new Error('query and querystring are the same');
    schema['querystring'] = schema['query'];
  }
  for (const part of [...PARTS, 'query'] as const) {
    if (schema[part] !== undefined) schema[part] = writtenOut(schema[part]);
  }
  return schema;
}

function byStatus(
  given: unknown,
  compile: (schema: unknown, status: string, contentType: string | undefined) => unknown,
): Record<string, unknown> | undefined {
  if (given === undefined) return undefined;
  const serializers: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(given as Schema)) {
    const status = name.toLowerCase();
    if (!STATUS.test(status)) throw new Error(`expected a status, 2xx or default, got ${name}`);
    serializers[status] = byType(writtenOut(schema), (of, contentType) =>
      compile(of, status, contentType),
    );
  }
  return serializers;
}

// A schema may have `content` with one schema for each media type.
function byType(schema: unknown, compile: ByType): unknown {
  const content = isPlain(schema) ? schema['content'] : undefined;
  if (!isObject(content)) return compile(schema);
  const compiled: Record<string, unknown> = {};
  for (const [contentType, value] of Object.entries(content)) {
    const own = isObject(value) ? value['schema'] : undefined;
    if (own === undefined) throw new Error(`there is no schema for ${contentType}`);
    compiled[contentType] = compile(own, contentType);
  }
  return compiled;
}

function writtenOut(schema: unknown): unknown {
  if (!isObject(schema)) return schema;
  const isFluent =
    schema['isFluentSchema'] === true ||
    schema['isFluentJSONSchema'] === true ||
    (schema as Record<symbol, unknown>)[FLUENT] !== undefined;
  return isFluent ? (schema as { valueOf(): unknown }).valueOf() : schema;
}

/** The text of a schema that is nothing but JSON; undefined for any other, for two of them may look the same. */
function textOf(schema: unknown): string | undefined {
  let isJson = true;
  const text = JSON.stringify(schema, function replace(this: Schema, key, value: unknown) {
    const own = this[key];
    const isObjectOfCode = isObject(own) && !isPlain(own);
    if (
      !isObjectOfCode &&
      (own === null || ['boolean', 'number', 'object', 'string'].includes(typeof own))
    ) {
      if (typeof own !== 'number' || Number.isFinite(own)) return value;
    }
    isJson = false;
    return undefined;
  });
  return isJson ? text : undefined;
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPlain(value: unknown): value is Schema {
  return isObject(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value) as null);
}
