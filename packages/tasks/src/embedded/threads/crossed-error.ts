// Errors that cross threads. Structured clones lose codes, fields and classes; what is lost of an error is what callers go by.
// Invariant: message, name, stack, code, status code, every further field that is a plain value, and the chain of causes arrive; one of ours
// is an instance of its class again, and so are TypeError and RangeError.
import { errors } from '../../errors.ts';

type Primitive = string | number | boolean | null | undefined;

/** An error as data. */
export interface CrossedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly base: 'Error' | 'TypeError' | 'RangeError';
  /** Own fields: `code`, `statusCode`, `errno`, `path`. */
  readonly fields: Readonly<Record<string, Primitive>>;
  readonly cause?: CrossedError;
}

/** Causes of causes that are kept. */
const DEEPEST = 8;
const BASES = { Error, TypeError, RangeError };
const BY_CODE: ReadonlyMap<unknown, { readonly prototype: Error }> = new Map(
  Object.values(errors).flatMap((one) =>
    typeof one === 'function' ? [[one.code, one] as const] : [],
  ),
);

/** Takes an error apart. */
export function packError(thrown: unknown, depth = 0): CrossedError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const fields = Object.entries(error).filter(
    ([key, value]) => !SPOKEN.has(key) && (typeof value !== 'object' || value === null),
  );
  const { name, message, stack, cause } = error;
  return {
    name,
    message,
    stack,
    base:
      error instanceof TypeError
        ? 'TypeError'
        : error instanceof RangeError
          ? 'RangeError'
          : 'Error',
    fields: Object.fromEntries(fields.filter(([, value]) => typeof value !== 'function')),
    ...(cause !== undefined && depth < DEEPEST && { cause: packError(cause, depth + 1) }),
  };
}

/** Puts it together again. */
export function unpackError({ name, message, stack, base, fields, cause }: CrossedError): Error {
  const error = new BASES[base](
    message,
    cause === undefined ? undefined : { cause: unpackError(cause) },
  );
  const own = BY_CODE.get(fields['code']);
  if (own !== undefined) Object.setPrototypeOf(error, own.prototype);
  // As errors have it: not among the fields that are listed.
  const hidden = { configurable: true, writable: true, enumerable: false };
  if (error.name !== name) Object.defineProperty(error, 'name', { ...hidden, value: name });
  if (stack !== undefined) Object.defineProperty(error, 'stack', { ...hidden, value: stack });
  return Object.assign(error, fields);
}

const SPOKEN: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause']);
