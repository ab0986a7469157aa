// Fastify's `buildValidator`: one compiler for JSON Schema and TypeBox, by ajv, and for Standard Schemas, by themselves.
// Invariant: what is neither is refused where it is compiled, and text is turned by the same rules before either checks it.
// A compiler that the user has set, for a route or a scope, never gets here.
import AjvCompiler from '@fastify/ajv-compiler';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { FastifySchemaValidationError } from 'fastify';
import { coercerOf } from '../coerce/coercer.ts';
import type { Coercer } from '../coerce/coercer.ts';
import { resolverOf } from '../coerce/resolve.ts';
import type { Resolve } from '../coerce/shape.ts';
import type { Settings } from '../options.ts';
import { DeferredSchema } from '../schema/deferred.ts';
import { textSchemaOf } from '../schema/json-schema.ts';
import { requireSchema } from '../schema/kind.ts';
import type { JsonSchema } from '../schema/kind.ts';
import { byStore } from './by-store.ts';
import { standardValidator } from './standard.ts';
import { isText, placeOf } from './types.ts';
import type { Compiler, Validator } from './types.ts';

/** Options of ajv as Fastify has them. */
interface AjvOptions {
  readonly customOptions?: Readonly<Record<string, unknown>>;
}

/** What the compilers go by. */
export type CompileSettings = Pick<Settings, 'coercion' | 'maxErrors'> & {
  readonly losesFalsy: boolean;
};

type BuildValidator = (added: Readonly<Record<string, unknown>>, ajv?: AjvOptions) => Compiler;

/** Compilers that are made here, to tell them from a user's. */
const ours = new WeakSet<object>();

/** Whether a scope's compiler is none of a user's. */
export function isOwnCompiler(compiler: unknown): boolean {
  return compiler === undefined || ours.has(compiler as object);
}

/** Makes the factory of one registration. */
export function makeBuildValidator(settings: CompileSettings): BuildValidator {
  const buildAjv = AjvCompiler() as unknown as BuildValidator;
  let options: AjvOptions | undefined;
  const buildFor = byStore((added) => {
    const compiler = compilerFor(added, buildAjv, options ?? {}, settings);
    ours.add(compiler);
    return compiler;
  });
  return (added, ajv) => {
    options ??= ajv;
    return buildFor(added);
  };
}

function compilerFor(
  added: Readonly<Record<string, unknown>>,
  buildAjv: BuildValidator,
  options: AjvOptions,
  settings: CompileSettings,
): Compiler {
  const { coercion } = settings;
  const { customOptions } = options;
  const compile = buildAjv(added, {
    ...options,
    customOptions: { ...customOptions, ...(coercion !== 'fastify' && { coerceTypes: false }) },
  });
  const resolve = resolverOf(added);
  return (place) => {
    const { schema, httpPart } = place;
    const where = placeOf(httpPart ?? 'schema', place);
    if (schema instanceof DeferredSchema) return passing;
    if (requireSchema(schema, where) === 'standard') {
      const isTurned = isText(httpPart) && coercion !== 'off';
      return standardValidator(schema as StandardSchemaV1, {
        place: where,
        coercer: isTurned ? standardCoercer(schema as StandardSchemaV1, resolve) : undefined,
        maxEntries: settings.maxErrors + 1,
        isBody: httpPart === 'body',
        losesFalsy: settings.losesFalsy,
      });
    }
    const validator = quiet(compile(place), customOptions);
    const coercer =
      coercion === 'strict' && isText(httpPart)
        ? coercerOf(schema as JsonSchema, resolve)
        : undefined;
    return coercer === undefined ? validator : turning(validator, coercer);
  };
}

/** The coercer of a Standard Schema, as far as JSON Schema can say what it takes. */
export function standardCoercer(schema: StandardSchemaV1, resolve: Resolve): Coercer | undefined {
  const converted = textSchemaOf(schema);
  return 'schema' in converted ? coercerOf(converted.schema, resolve) : undefined;
}

/** Turns texts, then checks. */
function turning(validator: Validator, coercer: Coercer): Validator {
  // HOT: benchmarks/validation
  const turned: Validator = (data) => {
    const result = validator(coercer(data));
    turned.errors = validator.errors ?? null;
    return result;
  };
  return turned;
}

const passing: Validator = () => true;

// With $data, limits are values of the client, and ajv writes them into its messages.
function quiet(validator: Validator, options: AjvOptions['customOptions']): Validator {
  if (options?.['$data'] !== true) return validator;
  const silent: Validator = (data) => {
    const result = validator(data);
    silent.errors = validator.errors?.map(withoutValues) ?? null;
    return result;
  };
  return silent;
}

function withoutValues(entry: FastifySchemaValidationError): FastifySchemaValidationError {
  return { ...entry, message: `must pass "${entry.keyword}"` };
}
