// What Fastify calls to validate a part, and what it calls to get that: the forms that all compilers here share.
import type { FastifySchemaValidationError } from 'fastify';

/** Checks one part of a request. What is wrong stands in `errors`, as ajv leaves it, after it has given false. */
export interface Validator {
  (data: unknown): boolean | { readonly value: unknown } | { readonly error: Error };
  errors?: FastifySchemaValidationError[] | null;
}

/** What Fastify says of a schema that it wants compiled. */
export interface SchemaPlace {
  readonly schema: unknown;
  readonly method?: string | readonly string[] | undefined;
  readonly url?: string | undefined;
  readonly httpPart?: string | null | undefined;
  readonly contentType?: string | null | undefined;
  readonly httpStatus?: string | null | undefined;
}

/** Makes the validator of a part. */
export type Compiler = (place: SchemaPlace) => Validator;

/** A place in words, for messages: `the body of POST /users`. */
export function placeOf(part: string, route: Pick<SchemaPlace, 'method' | 'url'>): string {
  const method = [route.method ?? []].flat().join(', ');
  return method === '' ? `the ${part}` : `the ${part} of ${method} ${route.url ?? ''}`;
}

/** Parts that are texts on the wire, whatever the schema says. */
export function isText(httpPart: string | null | undefined): boolean {
  return (
    httpPart === 'querystring' ||
    httpPart === 'params' ||
    httpPart === 'headers' ||
    httpPart === 'cookies'
  );
}
