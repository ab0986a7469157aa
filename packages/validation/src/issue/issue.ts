// What is wrong with a value, in one form for every library; made from what Fastify hands on, which has the form of ajv.
// Invariant: no value of the client is in it, and no more entries than asked for.
import type { FastifySchemaValidationError } from 'fastify';
import { errors } from '../errors.ts';
import type { CodedError } from '@catzilla/common';
import { cutPointer, pointerTo } from './pointer.ts';

/** The parts of a request, and its response. */
export const PARTS = ['body', 'query', 'params', 'headers', 'cookies', 'response'] as const;

/** One thing that is wrong: `{ in: 'body', pointer: '/age', code: 'type', message: 'must be integer' }`. */
export interface Issue {
  /** The part of the request. */
  readonly in: (typeof PARTS)[number];
  /** A JSON Pointer (RFC 6901) into that part; empty: the part as a whole. */
  readonly pointer: string;
  /** What kind of rule was broken, for programs: `required`, `minLength`. */
  readonly code: string;
  /** The same for humans, without values of the client. */
  readonly message: string;
}

/** A part of a request, or its response. */
export type Part = Issue['in'];

/** The error of a request that does not fit its schema, and of a reply. */
export interface ValidationError extends CodedError {
  readonly issues: readonly Issue[];
  /** There is more that is wrong than `issues` says. */
  readonly truncated?: true;
}

/** The issues of what a validator left.
 * @param max  how many at most */
export function issuesOf(
  entries: readonly FastifySchemaValidationError[],
  part: Part,
  max: number,
): Issue[] {
  return entries.slice(0, max).map((entry) => issueOf(entry, part));
}

/** The error to answer with.
 * @param status  of a request; 500 for replies is the table's */
export function invalid(
  entries: readonly FastifySchemaValidationError[],
  part: Part,
  { maxErrors, invalidStatus }: { readonly maxErrors: number; readonly invalidStatus: number },
): ValidationError {
  const issues = issuesOf(entries, part, maxErrors);
  const [first] = issues;
  const error = new errors.INVALID(
    first === undefined ? `${part} is not valid` : sentenceOf(first),
  );
  return Object.assign(error, {
    statusCode: invalidStatus,
    issues,
    ...(entries.length > maxErrors && { truncated: true as const }),
  });
}

/** The part, as Fastify calls it where it validates. */
export function partOf(httpPart: string | null | undefined): Part {
  return httpPart === 'querystring' ? 'query' : ((httpPart ?? 'body') as Part);
}

function sentenceOf({ in: part, pointer, message }: Issue): string {
  return `${part}${pointer} ${message}`;
}

// ajv points at the object that lacks a field or has one too many, and names the field in `params`.
function issueOf(entry: FastifySchemaValidationError, part: Part): Issue {
  // A user's compiler may leave out any of them.
  const { instancePath = '', keyword, message, params = {} } = entry as Partial<typeof entry>;
  const { missingProperty, additionalProperty, unevaluatedProperty } = params;
  const name = missingProperty ?? additionalProperty ?? unevaluatedProperty;
  const pointer = cutPointer(instancePath);
  return {
    in: part,
    pointer: typeof name === 'string' ? pointerTo(pointer, name) : pointer,
    code: keyword ?? 'invalid',
    message: message ?? 'is not valid',
  };
}
