// validate(): any value against any kind of schema, by the rules of the plugin, without Fastify.
// Invariant: what was given is never changed. A JSON Schema works on a copy of the plain objects and lists, in which defaults are
// filled in, and unknown fields taken out where the schema forbids them; a Standard Schema makes its own value.
import AjvCompiler from '@fastify/ajv-compiler';
import { bool, checkOptions, oneOf } from '@catzilla/common';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { FastifySchemaValidationError } from 'fastify';
import { coercerOf } from '../coerce/coercer.ts';
import type { Coercer } from '../coerce/coercer.ts';
import { resolverOf } from '../coerce/resolve.ts';
import { errors } from '../errors.ts';
import { issuesOf, PARTS } from '../issue/issue.ts';
import type { Issue, Part } from '../issue/issue.ts';
import { entriesOf } from '../issue/of-standard.ts';
import { plainSchema, requireSchema } from '../schema/kind.ts';
import type { JsonSchema } from '../schema/kind.ts';
import type { InferRequest } from '../types/infer.ts';
import { standardCoercer } from './build-validator.ts';
import { valueOf } from './standard.ts';
import type { Compiler, Validator } from './types.ts';

/** What came of a check. */
export type Result<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly Issue[]; readonly value?: undefined };

/** How to check. */
export interface ValidateOptions {
  /** Turns texts into what the schema asks for first, as for a query string. Default: false. */
  readonly coerce?: boolean;
  /** What issues name as the part. Default: 'body'. */
  readonly in?: Part;
}

const MAX_ISSUES = 100;

/** A schema, with what was made of it once. */
interface Prepared {
  /** A JSON Schema changes what it checks. */
  readonly changes: boolean;
  readonly coercer: Coercer | undefined;
  readonly check: (value: unknown) => Checked | Promise<Checked>;
}

type Checked =
  { readonly value: unknown } | { readonly entries: readonly FastifySchemaValidationError[] };

const prepared = new WeakMap<object, Prepared>();

/** Checks a value.
 * @param schema   JSON Schema, TypeBox, or a Standard Schema
 * @param value    anything; it is not changed
 * @param options  @see ValidateOptions
 * @returns the value as the schema makes it, or at most 100 issues; a promise where a Standard Schema gives one
 * @throws CATZ_VALIDATION_SCHEMA when the schema is none; CATZ_VALIDATION_OPTIONS
 * @example
 * const result = await validate(Type.Object({ age: Type.Integer() }), { age: '7' }, { coerce: true });
 * if (result.issues) console.error(result.issues);
 * else console.log(result.value.age + 1); */
export function validate<const Schema>(
  schema: Schema,
  value: unknown,
  options?: ValidateOptions,
): Result<InferRequest<Schema>> | Promise<Result<InferRequest<Schema>>> {
  const { coerce, in: part } = checkOptions<Required<ValidateOptions>>(
    options,
    { coerce: bool(false), in: oneOf(PARTS, 'body') },
    { path: 'options', error: (message) => new errors.OPTIONS(message) },
  );
  const { changes, coercer, check } = prepare(schema);
  const given = changes || coerce ? copyOf(value) : value;
  const checked = check(coerce && coercer !== undefined ? coercer(given) : given);
  type T = InferRequest<Schema>;
  return checked instanceof Promise
    ? checked.then((late) => resultOf<T>(late, part))
    : resultOf<T>(checked, part);
}

function resultOf<T>(checked: Checked, part: Part): Result<T> {
  return 'value' in checked
    ? { value: checked.value as T }
    : { issues: issuesOf(checked.entries, part, MAX_ISSUES) };
}

function prepare(schema: unknown): Prepared {
  if (typeof schema === 'boolean') return prepareJson(schema);
  const known = prepared.get(schema as object);
  if (known !== undefined) return known;
  const kind = requireSchema(schema, 'validate()');
  const made =
    kind === 'standard'
      ? prepareStandard(schema as StandardSchemaV1)
      : prepareJson(plainSchema(schema as object) as JsonSchema);
  prepared.set(schema as object, made);
  return made;
}

function prepareStandard(schema: StandardSchemaV1): Prepared {
  const props = schema['~standard'];
  const read = (result: StandardSchemaV1.Result<unknown>, value: unknown): Checked =>
    result.issues
      ? { entries: entriesOf(props.vendor, result.issues, value, MAX_ISSUES) }
      : { value: valueOf(result) };
  return {
    changes: false,
    coercer: standardCoercer(schema, resolverOf({})),
    check: (value) => {
      const result = props.validate(value);
      return result instanceof Promise
        ? result.then((late) => read(late, value))
        : read(result, value);
    },
  };
}

let compileJson: Compiler | undefined;

function prepareJson(schema: JsonSchema): Prepared {
  compileJson ??= AjvCompiler()(
    {},
    { customOptions: { coerceTypes: false } },
  ) as unknown as Compiler;
  const validator: Validator = compileJson({ schema });
  return {
    changes: true,
    coercer: coercerOf(schema, resolverOf({})),
    check: (value) => (validator(value) === true ? { value } : { entries: validator.errors ?? [] }),
  };
}

// Object.fromEntries makes fields of all names, __proto__ among them.
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (typeof value !== 'object' || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, copyOf(field)]));
}
