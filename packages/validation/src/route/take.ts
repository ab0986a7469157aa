// Looks at each route as it is declared: refuses what is no schema there and then, and adds the hooks for what Fastify's slots
// cannot do: forms, cookies, schemas that are awaited.
// Invariant: a route that is not seen here, because it was declared before the plugin had loaded, is still checked by the same
// compilers, which refuse the same; only its texts in forms stay texts, and its cookies unchecked, which is said in the log.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { isOwnCompiler } from '../compile/build-validator.ts';
import { placeOf } from '../compile/types.ts';
import { errors } from '../errors.ts';
import { checkRoute } from '../options.ts';
import type { Settings } from '../options.ts';
import { DeferredSchema } from '../schema/deferred.ts';
import { jsonSchemaOf } from '../schema/json-schema.ts';
import { isStandard, requireSchema } from '../schema/kind.ts';
import { isOwnSerializer } from '../serialize/build-serializer.ts';
import { awaitedHook } from './awaited.ts';
import type { AwaitedPart } from './awaited.ts';
import { cookieHook } from './cookies.ts';
import { formHook } from './forms.ts';
import { replySchemas, requestParts } from './parts.ts';
import type { RequestPart, RouteSchema } from './parts.ts';

/** What the application is told of its routes when it is ready. */
export interface RouteNotes {
  /** Parts whose texts stay texts, with the reason. */
  readonly unturned: string[];
  /** Routes whose replies have no schema. */
  readonly unserialized: string[];
  /** Scopes that need a reader of cookies, with a place in each. */
  readonly cookies: Map<FastifyInstance, string>;
}

/** @throws CATZ_VALIDATION_SCHEMA, CATZ_VALIDATION_OPTIONS */
export function takeRoute(
  app: FastifyInstance,
  route: RouteOptions,
  settings: Settings,
  notes: RouteNotes,
): void {
  const where = { method: route.method, url: route.url };
  const options = (route.config as { validation?: unknown } | undefined)?.validation;
  const { async: isAsync } = checkRoute(
    options,
    `${[route.method].flat().join(', ')} ${route.url}`,
  );
  const schema = route.schema as RouteSchema | undefined;
  if (schema?.['response'] === undefined) {
    notes.unserialized.push(`${[route.method].flat().join(', ')} ${route.url}`);
  }
  if (schema === undefined || schema === null) return;
  if (route.serializerCompiler === undefined && isOwnSerializer(app.serializerCompiler)) {
    for (const { status, schema: reply } of replySchemas(schema)) {
      requireSchema(reply, placeOf(`response ${status}`, where));
    }
  }
  // A user's compiler takes what schemas it likes, and everything else with them.
  if (route.validatorCompiler !== undefined || !isOwnCompiler(app.validatorCompiler)) return;
  const parts = requestParts(schema);
  for (const part of parts) checkPart(part, where, settings, notes);
  addHooks(app, route, parts, { ...settings, isAsync }, notes);
}

type Where = Pick<RouteOptions, 'method' | 'url'>;

function checkPart(part: RequestPart, where: Where, settings: Settings, notes: RouteNotes): void {
  const place = placeOf(part.key, where);
  if (requireSchema(part.schema, place) === 'json' || part.key === 'body') return;
  const converted = jsonSchemaOf(part.schema, 'input');
  if (part.key === 'headers') refuseUpperCase(part.schema, converted, place);
  if (!('schema' in converted) && settings.coercion !== 'off') {
    notes.unturned.push(`${place}: ${converted.reason}`);
  }
}

// Node gives field names in lower case, and Fastify lowers those of JSON Schema only.
function refuseUpperCase(schema: unknown, converted: object, place: string): void {
  const known = 'schema' in converted ? (converted.schema as { properties?: object }) : undefined;
  const own = schema as { shape?: object; entries?: object };
  const names = Object.keys(known?.properties ?? own.shape ?? own.entries ?? {});
  const wrong = names.find((name) => name !== name.toLowerCase());
  if (wrong === undefined) return;
  throw new errors.SCHEMA(
    `expected the schema of ${place} to have names in lower case, as fields arrive, got ${wrong.slice(0, 64)}`,
  );
}

function addHooks(
  app: FastifyInstance,
  route: RouteOptions,
  parts: readonly RequestPart[],
  settings: Settings & { readonly isAsync: boolean },
  notes: RouteNotes,
): void {
  const refusing = {
    ...settings,
    attachValidation: route.attachValidation === true,
    formatter: route.schemaErrorFormatter,
  };
  const awaited = settings.isAsync ? parts.filter(isAwaited) : [];
  const cookies = parts.find(({ key }) => key === 'cookies');
  // ajv turns the texts of JSON Schema itself in mode 'fastify'.
  const forms = parts.filter(
    ({ key, schema }) =>
      key === 'body' &&
      (settings.coercion === 'strict' || (settings.coercion === 'fastify' && isStandard(schema))),
  );
  const before = [];
  if (forms.length > 0) before.push(formHook(forms, app));
  if (cookies !== undefined) {
    if (!notes.cookies.has(app)) notes.cookies.set(app, placeOf('cookies', route));
    if (!awaited.some(({ key }) => key === 'cookies')) {
      before.push(cookieHook(cookies.schema, route, refusing, app));
    }
  }
  if (before.length > 0) route.preValidation = [...listOf(route.preValidation), ...before] as never;
  if (awaited.length > 0) {
    route.schema = deferring(route.schema as RouteSchema, awaited);
    const hook = awaitedHook(awaited, route, refusing);
    route.preHandler = [hook, ...listOf(route.preHandler)] as never;
  }
}

function isAwaited(part: RequestPart): part is AwaitedPart {
  return isStandard(part.schema) && !(part.schema instanceof DeferredSchema);
}

// The same schema, in which what is awaited lets everything pass. Fastify looks at nothing else of the cookies.
function deferring(schema: RouteSchema, awaited: readonly AwaitedPart[]): RouteSchema {
  const changed: Record<string, unknown> = { ...schema };
  for (const { key, contentType, schema: part } of awaited) {
    const deferred = new DeferredSchema(part as StandardSchemaV1);
    if (contentType === undefined) changed[key] = deferred;
    else {
      const { content, ...rest } = changed[key] as { content: Record<string, object> };
      const one = { ...content[contentType], schema: deferred };
      changed[key] = { ...rest, content: { ...content, [contentType]: one } };
    }
  }
  return changed;
}

function listOf(hooks: unknown): readonly unknown[] {
  return hooks === undefined ? [] : [hooks].flat();
}
