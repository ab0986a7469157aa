// The error of a reply that does not fit. Its issues are for the log: its status keeps them from clients.
import type { FastifySchemaValidationError } from 'fastify';
import { errors } from '../errors.ts';
import { issuesOf } from '../issue/issue.ts';
import type { ValidationError } from '../issue/issue.ts';

/** @param place  of the reply: `response 200 of GET /users` */
export function responseError(
  place: string,
  entries: readonly FastifySchemaValidationError[],
  max: number,
): ValidationError {
  return Object.assign(new errors.RESPONSE(place), { issues: issuesOf(entries, 'response', max) });
}
