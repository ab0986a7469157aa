// What functions of middleware return and throw.
import { show } from '@catzilla/common';
import { middlewareErrors } from '../errors.ts';
import type { PostStep, PreStep } from './chain.ts';

/** Whether something is to be awaited. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<PromiseLike<unknown>>).then === 'function'
  );
}

/** What was thrown, as it goes to Fastify: it takes undefined, null, false and so on for no error, and would go on. */
export function asError(thrown: unknown, { middleware: { name } }: PreStep | PostStep): Error {
  if (thrown) return thrown as Error;
  return new middlewareErrors.RETURN(
    `expected middleware ${name} to throw an Error, got ${show(thrown)}`,
  );
}
