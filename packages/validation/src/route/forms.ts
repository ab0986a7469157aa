// Bodies that came as a form: their fields are texts, and are turned as those of a query string are.
// Invariant: by the media type of the request alone; a JSON body is never touched. Runs after all preValidation hooks of the
// scope, so that @fastify/multipart (attachFieldsToBody: 'keyValues') has made the body. Files and Buffers stay as they are.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { FastifyInstance, preValidationHookHandler } from 'fastify';
import { coercerOf } from '../coerce/coercer.ts';
import type { Coercer } from '../coerce/coercer.ts';
import { resolverOf } from '../coerce/resolve.ts';
import { standardCoercer } from '../compile/build-validator.ts';
import { isStandard, plainSchema } from '../schema/kind.ts';
import type { JsonSchema } from '../schema/kind.ts';
import type { RequestPart } from './parts.ts';

const FORMS = new Set(['application/x-www-form-urlencoded', 'multipart/form-data']);

/** The preValidation hook of a route.
 * @param bodies  the schemas of the body
 * @param app     whose added schemas they may name */
export function formHook(
  bodies: readonly RequestPart[],
  app: FastifyInstance,
): preValidationHookHandler {
  // Made at the first form: schemas may be added until the application is ready.
  let coercers: Map<string | undefined, Coercer | undefined> | undefined;
  return (request, _reply, done) => {
    const type = request.headers['content-type'];
    if (type === undefined || type === 'application/json') return done();
    const media = type.split(';', 1)[0]?.trim().toLowerCase() ?? '';
    if (!FORMS.has(media)) return done();
    coercers ??= new Map(bodies.map((body) => [body.contentType, coercerFor(body.schema, app)]));
    const coercer = coercers.get(media) ?? coercers.get(undefined);
    if (coercer !== undefined) request.body = coercer(request.body);
    return done();
  };
}

function coercerFor(schema: unknown, app: FastifyInstance): Coercer | undefined {
  const resolve = resolverOf(app.getSchemas());
  return isStandard(schema)
    ? standardCoercer(schema as StandardSchemaV1, resolve)
    : coercerOf(plainSchema(schema as object) as JsonSchema, resolve);
}
