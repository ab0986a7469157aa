// The validator of a Standard Schema, for the slot where Fastify validates, which waits for nothing.
// Invariant: a promise there is an error of the server, never a pass; so is whatever a rule throws, with no word of it to
// clients. The value that the library made takes the place of what came. Awaited schemas are awaited.ts.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Coercer } from '../coerce/coercer.ts';
import { errors } from '../errors.ts';
import { entriesOf } from '../issue/of-standard.ts';
import type { Validator } from './types.ts';

/** How a schema is checked. */
export interface StandardSettings {
  /** For messages. */
  readonly place: string;
  /** Turns texts before the check; undefined: nothing to turn. */
  readonly coercer: Coercer | undefined;
  /** Entries of `errors` at most: one more than are shown, so that it can be said that there are more. */
  readonly maxEntries: number;
  /** null stands for a body that is not there: Fastify hands both on as null. */
  readonly isBody: boolean;
  /** Fastify before 5.12 leaves a part as it came where the value made of it is falsy. */
  readonly losesFalsy: boolean;
}

/** Makes the validator. Its cost over the library's own: benchmarks/validation. */
export function standardValidator(schema: StandardSchemaV1, settings: StandardSettings): Validator {
  const { place, coercer, maxEntries, isBody, losesFalsy } = settings;
  const props = schema['~standard'];

  function validator(data: unknown): ReturnType<Validator> {
    const value = coercer === undefined ? data : coercer(data);
    try {
      let result = props.validate(isBody && value === null ? undefined : value);
      // HOT: benchmarks/validation
      if (!isResult(result)) return refuseLater(result, schema, value, place);
      if (result.issues && isBody && value === null) {
        const ofNull = props.validate(null);
        if (!isResult(ofNull)) return refuseLater(ofNull, schema, value, place);
        if (!ofNull.issues) result = ofNull;
      }
      if (!result.issues) {
        const made = valueOf(result);
        return losesFalsy ? withTruth(made, value, place) : { value: made };
      }
      validator.errors = entriesOf(props.vendor, result.issues, value, maxEntries);
      return false;
    } catch (thrown) {
      return { error: serverError(thrown, place) };
    }
  }
  validator.errors = null as Validator['errors'];
  return validator as Validator;
}

/** Asks a schema that may have to wait.
 *
 * zod's answer to the standard first tries without waiting: rules in code run twice, and when the promise of the first try is
 * rejected, nobody hears of it and the process ends. Its own method for waiting does neither. */
export async function validateLater(
  schema: StandardSchemaV1,
  value: unknown,
): Promise<StandardSchemaV1.Result<unknown>> {
  const { safeParseAsync } = schema as Partial<ZodSchema>;
  if (schema['~standard'].vendor !== 'zod' || typeof safeParseAsync !== 'function') {
    return schema['~standard'].validate(value);
  }
  const { success, data, error } = await (schema as ZodSchema).safeParseAsync(value);
  return success ? { value: data } : { issues: error?.issues ?? [] };
}

interface ZodSchema extends StandardSchemaV1 {
  safeParse(value: unknown): unknown;
  safeParseAsync(value: unknown): Promise<{
    readonly success: boolean;
    readonly data?: unknown;
    readonly error?: { readonly issues: readonly StandardSchemaV1.Issue[] };
  }>;
}

/** The value of a result without issues.
 * @throws TypeError when it has none: the library breaks the standard, and nothing was checked */
export function valueOf(result: StandardSchemaV1.SuccessResult<unknown>): unknown {
  if ('value' in result) return result.value;
  throw new TypeError('a Standard Schema gave neither a value nor issues');
}

/** The error of a schema that throws instead of answering; what it threw is the cause, and its status means nothing here. */
export function serverError(thrown: unknown, place: string): Error {
  return new errors.SCHEMA(`the schema of ${place} threw instead of answering`, { cause: thrown });
}

type Answer = ReturnType<StandardSchemaV1.Props['validate']>;

function isResult(answer: Answer): answer is StandardSchemaV1.Result<unknown> {
  return !(answer instanceof Promise) && typeof (answer as { then?: unknown }).then !== 'function';
}

function refuseLater(
  answer: Answer,
  schema: StandardSchemaV1,
  value: unknown,
  place: string,
): { readonly error: Error } {
  // Whatever it comes to, nobody listens any more.
  void Promise.resolve(answer).catch(() => undefined);
  return { error: thrownBy(schema, value, place) ?? new errors.ASYNC(place) };
}

// zod gives a promise for a rule that throws, too: asked not to wait, it says which of the two it was.
function thrownBy(schema: StandardSchemaV1, value: unknown, place: string): Error | undefined {
  const { safeParse } = schema as Partial<ZodSchema>;
  if (schema['~standard'].vendor !== 'zod' || typeof safeParse !== 'function') return undefined;
  try {
    (schema as ZodSchema).safeParse(value);
    return undefined;
  } catch (thrown) {
    const { name } = (thrown as object | undefined)?.constructor ?? {};
    return name === '$ZodAsyncError' ? undefined : serverError(thrown, place);
  }
}

function withTruth(made: unknown, given: unknown, place: string): ReturnType<Validator> {
  if (made || made === given || (made ?? given ?? null) === null) return { value: made };
  return {
    error: new errors.SCHEMA(
      `the schema of ${place} makes a falsy value, which this version of Fastify would replace by what came: update Fastify`,
    ),
  };
}
