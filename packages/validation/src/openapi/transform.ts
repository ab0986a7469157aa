// What @fastify/swagger is told of a route: the same schema with marks where schemas stand, which finish.ts puts in again.
// Invariant: one mark is one schema; a route's own schema is never changed. Only what OpenAPI names parameters is opened here.
import type { FastifyInstance, RouteOptions } from 'fastify';
import { errors } from '../errors.ts';
import { isObject } from '../lint/resolve-ref.ts';
import type { SchemaStore } from '../lint/resolve-ref.ts';
import { jsonSchemaOf } from '../schema/json-schema.ts';
import type { SchemaSide } from '../schema/json-schema.ts';
import { isStandard } from '../schema/kind.ts';
import type { Covered } from './answers.ts';
import type { Components, SchemaObject } from './components.ts';
import { capital, operationId } from './operation-id.ts';
import type { OpenApiSettings } from './options.ts';
import { parametersOf } from './parameters.ts';

/** Stands in a schema for one of `Marks.schemas`; its name begins with x-, which swagger keeps. */
export const SCHEMA_MARK = 'x-catzilla-schema';
/** Stands on an operation for one of `Marks.routes`. */
export const ROUTE_MARK = 'x-catzilla-route';

/** What marks stand for. */
export interface Marks {
  readonly schemas: SchemaObject[];
  readonly routes: Covered[];
  readonly components: Components;
  /** Parts that stand open, each with the reason. */
  readonly open: string[];
}

/** A route's schema in the form swagger takes. */
export type SwaggerSchema = Record<string, unknown>;

type Loose = Readonly<Record<string, unknown>>;

/** Prepares a route for swagger.
 * @throws CATZ_VALIDATION_OPENAPI when the route names a security scheme that there is none of */
export function prepareRoute(
  route: RouteOptions,
  instance: FastifyInstance,
  settings: OpenApiSettings,
  marks: Marks,
): SwaggerSchema {
  const schema = (route.schema ?? {}) as Loose;
  const methods = [route.method].flat();
  const name = operationId(methods[0] ?? 'get', route.url);
  const at = `${methods.join(',')} ${route.url}`;
  const security = securityOf(schema, settings, at);
  const place: Place = { marks, store: instance.getSchemas(), name, at };
  return {
    ...schema,
    ...marked(place, {
      querystring: schema['querystring'] ?? schema['query'],
      params: schema['params'],
      headers: schema['headers'],
      cookies: schema['cookies'],
    }),
    ...(schema['body'] !== undefined && { body: bodyOf(place, schema['body'], 'input', 'body') }),
    ...(isObject(schema['response']) && { response: responsesOf(place, schema['response']) }),
    [ROUTE_MARK]: marks.routes.push({ route, instance, security }) - 1,
  };
}

interface Place {
  readonly marks: Marks;
  readonly store: SchemaStore;
  /** Of the operation, for schemas without a name. */
  readonly name: string;
  /** Of the route, for people. */
  readonly at: string;
}

function securityOf(
  schema: Loose,
  { securitySchemes, security }: OpenApiSettings,
  at: string,
): object[] {
  const own = (schema['security'] ?? security ?? []) as object[];
  for (const name of own.flatMap((one) => Object.keys(one))) {
    if (Object.hasOwn(securitySchemes, name)) continue;
    throw new errors.OPENAPI(
      `expected ${at} to name one of securitySchemes (${Object.keys(securitySchemes).join(', ') || 'there are none'}), got ${name.slice(0, 64)}`,
    );
  }
  return own;
}

function plain({ marks, at }: Place, part: string, schema: unknown, side: SchemaSide): unknown {
  const converted = jsonSchemaOf(schema, side);
  if (converted.reason !== undefined) marks.open.push(`${at} ${part}: ${converted.reason}`);
  return 'schema' in converted ? converted.schema : {};
}

function marked(place: Place, parts: Loose): SwaggerSchema {
  const out: SwaggerSchema = {};
  for (const [part, schema] of Object.entries(parts)) {
    if (schema === undefined) continue;
    const root = plain(place, part, schema, 'input');
    const found = parametersOf(root, { root, store: place.store });
    out[part] = {
      type: 'object',
      properties: Object.fromEntries(
        [...found].map(([name, { schema: one, scope }]) => [
          name,
          mark(place, one, place.marks.components.writeIn(one, scope, `${place.name}_${name}`)),
        ]),
      ),
      required: [...found].filter(([, { isRequired }]) => isRequired).map(([name]) => name),
    };
  }
  return out;
}

function bodyOf(place: Place, schema: unknown, side: SchemaSide, hint: string): object {
  if (isObject(schema) && isObject(schema['content'])) {
    const media = Object.entries(schema['content']).map(([type, one]) => [
      type,
      { schema: bodyOf(place, (one as { schema?: unknown }).schema, side, hint) },
    ]);
    return { ...annotations(schema), content: Object.fromEntries(media) };
  }
  const root = plain(place, hint, schema, side);
  const written = place.marks.components.write(root, place.store, `${place.name}${capital(hint)}`);
  return mark(place, root, written);
}

function responsesOf(place: Place, responses: Loose): SwaggerSchema {
  return Object.fromEntries(
    Object.entries(responses).map(([status, schema]) => {
      // Swagger's own keyword beside the schema; a Standard Schema has none.
      const { headers, ...rest }: Loose = isObject(schema) && !isStandard(schema) ? schema : {};
      const own = isObject(headers) ? rest : schema;
      const body = bodyOf(place, own, 'output', `response${status}`);
      const { type } = rest;
      return [
        status,
        { ...body, ...(type === 'null' && { type }), ...(isObject(headers) && { headers }) },
      ];
    }),
  );
}

// Swagger reads descriptions, and its own x- keywords, from the schema.
function mark({ marks }: Place, from: unknown, schema: SchemaObject): object {
  return { ...annotations(from), [SCHEMA_MARK]: marks.schemas.push(schema) - 1 };
}

function annotations(schema: unknown): Loose {
  if (!isObject(schema)) return {};
  return Object.fromEntries(
    Object.entries(schema).filter(([key]) => key === 'description' || key.startsWith('x-')),
  );
}
