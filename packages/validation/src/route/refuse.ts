// What a route answers when a check of ours, outside of Fastify's slot, says no: as Fastify does for its own.
import type { FastifyRequest, FastifySchemaValidationError, RouteOptions } from 'fastify';
import { invalid } from '../issue/issue.ts';
import type { Part } from '../issue/issue.ts';
import type { Settings } from '../options.ts';

/** What of a route decides how it answers. */
export interface RefusalSettings extends Pick<Settings, 'maxErrors' | 'invalidStatus'> {
  readonly attachValidation: boolean;
  /** The route's own; those of scopes are only known to Fastify. */
  readonly formatter: RouteOptions['schemaErrorFormatter'] | undefined;
}

type DataVar = Parameters<NonNullable<RefusalSettings['formatter']>>[1];

/** Makes the error of entries that a validator has left. */
export function refusal(
  entries: FastifySchemaValidationError[],
  part: Part,
  settings: RefusalSettings,
): Error {
  const dataVar = (part === 'query' ? 'querystring' : part) as DataVar;
  const error = settings.formatter?.(entries, dataVar) ?? invalid(entries, part, settings);
  const { statusCode = settings.invalidStatus, code = 'FST_ERR_VALIDATION' } = error as {
    statusCode?: number;
    code?: string;
  };
  return Object.assign(error, {
    statusCode,
    code,
    validation: entries,
    validationContext: dataVar,
  });
}

/** Throws, or leaves the error for the handler where the route asks for that. */
export function refuse(request: FastifyRequest, error: Error, settings: RefusalSettings): void {
  if (!settings.attachValidation) throw error;
  (request as { validationError?: unknown }).validationError = error;
}
