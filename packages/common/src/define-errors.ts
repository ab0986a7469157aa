// Error tables: every error a package can throw, in one object, made once at load.
// Invariant: the code of an entry is `${prefix}_${key}`; a code never changes its meaning after a release.
// Made with @fastify/error, so Fastify answers with `statusCode`, and `instanceof` works across two installed copies.
// What a message says and when it is thrown is left to the package that owns the table.
import { createError } from '@fastify/error';

/** One entry of an error table. */
export interface ErrorSpec {
  /** The sentence of the error, with `%s` for each argument of the constructor (util.format). */
  readonly message: string;
  /** What the reader can do about it; printed in docs/errors.md. */
  readonly help: string;
  /** What the error is an instance of. Default: Error. */
  readonly base?: ErrorConstructor;
  /** HTTP status when the error reaches a Fastify reply. Default: 500. */
  readonly statusCode?: number;
}

/** One row of docs/errors.md. */
export interface ErrorEntry {
  readonly code: string;
  /** Name of the base class, for example `TypeError`. */
  readonly base: string;
  readonly statusCode: number;
  readonly message: string;
  readonly help: string;
}

/** An error made by an error table. Its `name` is `FastifyError`; go by `code`. */
export interface CodedError<C extends string = string> extends Error {
  readonly code: C;
  readonly statusCode: number;
}

/** Constructor of one error: the arguments of the message, and last, if there is one, `{ cause }`. */
export interface CodedErrorConstructor<C extends string = string> {
  new (...args: unknown[]): CodedError<C>;
  readonly prototype: CodedError<C>;
  readonly code: C;
}

/** A constructor by key, and the rows for the docs as `$table`. `K` is the union of the keys. */
export type ErrorTable<P extends string, K extends string> = {
  readonly [Key in K]: CodedErrorConstructor<`${P}_${Key}`>;
} & { readonly $table: readonly ErrorEntry[] };

/** Makes the error table of a package.
 * @param prefix  upper-case words, for example `CATZ_CACHE`; key `CLOSED` then has the code `CATZ_CACHE_CLOSED`
 * @param table   one ErrorSpec by key; keys are upper-case words
 * @returns constructors by key, frozen; `errors.$table` holds the rows of docs/errors.md
 * @throws TypeError when prefix or key is not upper-case words
 * @example
 * export const errors: ErrorTable<'CATZ_CACHE', 'CLOSED' | 'KEY'> = defineErrors('CATZ_CACHE', {
 *   CLOSED: { message: 'cache %s is closed', help: 'Open it again.' },
 *   KEY: { message: 'expected key to be a string, got %s', base: TypeError, help: 'Convert it.' },
 * });
 * throw new errors.CLOSED('pages', { cause }); */
export function defineErrors<P extends string, K extends string>(
  prefix: P,
  table: Readonly<Record<K, ErrorSpec>>,
): ErrorTable<P, K> {
  const constructors: Record<string, unknown> = {};
  const rows: ErrorEntry[] = [];
  for (const [key, spec] of Object.entries<ErrorSpec>(table)) {
    const code = `${prefix}_${key}`;
    // @fastify/error upper-cases what it gets: a lower-case key would silently become another code.
    if (!/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(code)) {
      throw new TypeError(`expected an error code to be upper-case words, got ${code}`);
    }
    const { message, help, base = Error, statusCode = 500 } = spec;
    constructors[key] = Object.assign(createError(code, message, statusCode, base), { code });
    rows.push(Object.freeze({ code, base: base.name, statusCode, message, help }));
  }
  constructors['$table'] = Object.freeze(rows);
  return Object.freeze(constructors) as ErrorTable<P, K>;
}
