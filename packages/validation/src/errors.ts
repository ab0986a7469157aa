// Every error that @catzilla/validation throws. Those that clients cause (INVALID, LIMIT) have a status below 500.
import { defineErrors } from '@catzilla/common';
import type { ErrorTable } from '@catzilla/common';

type Key =
  | 'ASYNC'
  | 'INVALID'
  | 'LIMIT'
  | 'OPENAPI'
  | 'OPTIONS'
  | 'PROBLEM'
  | 'REGISTERED_TWICE'
  | 'RESPONSE'
  | 'SCHEMA';

export const errors: ErrorTable<'CATZ_VALIDATION', Key> = defineErrors('CATZ_VALIDATION', {
  ASYNC: {
    message: 'the schema of %s answers with a promise, which nothing waits for here',
    help: 'Set config.validation.async of the route: its Standard Schemas are then awaited before the handler. Replies need schemas that answer at once.',
  },
  INVALID: {
    message: '%s',
    statusCode: 400,
    help: "The request does not fit its schema; the error's issues say where and why. Its status is invalidStatus.",
  },
  LIMIT: {
    message: '%s',
    statusCode: 400,
    help: 'The request is larger, deeper or more ambiguous than limits allow. Raise the limit that the message names.',
  },
  OPENAPI: {
    message: '%s',
    help: 'The message says what the OpenAPI document needs.',
  },
  OPTIONS: {
    message: '%s',
    base: TypeError,
    help: 'The message names the option, what was expected, and what came.',
  },
  PROBLEM: {
    message: '%s',
    base: TypeError,
    help: 'The message names the argument of problem(), what was expected, and what came.',
  },
  REGISTERED_TWICE: {
    message: 'this scope has its validation already',
    help: 'Register it once in a scope. Another registration belongs into a scope of its own.',
  },
  RESPONSE: {
    message: 'the reply of %s does not fit its schema',
    help: "The error's issues say where and why; clients are told nothing. Mend the handler or the schema.",
  },
  SCHEMA: {
    message: '%s',
    base: TypeError,
    help: 'Schemas are JSON Schema, TypeBox, or any Standard Schema (zod 4, valibot 1, arktype 2).',
  },
});
