// Cookies by a schema: `schema.cookies`, for which Fastify has no slot; checked last of preValidation.
// Invariant: request.cookies stays what @fastify/cookie made, for others read it, too; what is valid is request.validCookies.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { FastifyInstance, FastifyRequest, preValidationHookHandler } from 'fastify';
import { resolverOf } from '../coerce/resolve.ts';
import { standardCoercer } from '../compile/build-validator.ts';
import { standardValidator } from '../compile/standard.ts';
import { placeOf } from '../compile/types.ts';
import type { SchemaPlace, Validator } from '../compile/types.ts';
import { errors } from '../errors.ts';
import type { Settings } from '../options.ts';
import { isStandard } from '../schema/kind.ts';
import { refusal, refuse } from './refuse.ts';
import type { RefusalSettings } from './refuse.ts';

/** The preValidation hook of a route.
 * @param schema  of its cookies */
export function cookieHook(
  schema: unknown,
  route: Pick<SchemaPlace, 'method' | 'url'>,
  settings: RefusalSettings & Pick<Settings, 'coercion'>,
  app: FastifyInstance,
): preValidationHookHandler {
  const place = placeOf('cookies', route);
  let validator: Validator | undefined;
  return (request, _reply, done) => {
    // Made at the first request, when all schemas have been added; of JSON Schema only Fastify knows the options of ajv.
    validator ??= isStandard(schema)
      ? standardCookies(schema, place, settings, app)
      : (request.compileValidationSchema(
          schema as never,
          'cookies' as never,
        ) as unknown as Validator);
    const data = cookiesOf(request, place);
    const result = validator(data);
    try {
      if (result === false)
        refuse(request, refusal(validator.errors ?? [], 'cookies', settings), settings);
      else if (result === true) request.validCookies = data as never;
      else if ('error' in result) refuse(request, result.error, settings);
      else request.validCookies = result.value as never;
    } catch (error) {
      return done(error as Error);
    }
    return done();
  };
}

/** A copy of the cookies of a request.
 * @throws CATZ_VALIDATION_SCHEMA when nobody reads them */
export function cookiesOf(request: FastifyRequest, place: string): Record<string, unknown> {
  const { cookies } = request as { cookies?: Record<string, unknown> };
  if (cookies === undefined || cookies === null) {
    throw new errors.SCHEMA(
      `the schema of ${place} needs @fastify/cookie: npm install @fastify/cookie`,
    );
  }
  return { ...cookies };
}

function standardCookies(
  schema: StandardSchemaV1,
  place: string,
  { coercion, maxErrors }: Pick<Settings, 'coercion' | 'maxErrors'>,
  app: FastifyInstance,
): Validator {
  return standardValidator(schema, {
    place,
    coercer: coercion === 'off' ? undefined : standardCoercer(schema, resolverOf(app.getSchemas())),
    maxEntries: maxErrors + 1,
    isBody: false,
    losesFalsy: false,
  });
}
