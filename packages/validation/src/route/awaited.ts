// The check of a route that waits for its Standard Schemas (config.validation.async): the first of its own preHandlers.
// Invariant: Fastify's slot lets those parts pass only because this hook is there; the handler sees only what was checked. Hooks
// of the scope, and preValidation, run before, with the parts as they came.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Coercer } from '../coerce/coercer.ts';
import { resolverOf } from '../coerce/resolve.ts';
import { standardCoercer } from '../compile/build-validator.ts';
import { serverError, validateLater, valueOf } from '../compile/standard.ts';
import { isText, placeOf } from '../compile/types.ts';
import type { SchemaPlace } from '../compile/types.ts';
import { entriesOf } from '../issue/of-standard.ts';
import type { Part } from '../issue/issue.ts';
import type { Settings } from '../options.ts';
import { cookiesOf } from './cookies.ts';
import type { RequestPart } from './parts.ts';
import { refusal, refuse } from './refuse.ts';
import type { RefusalSettings } from './refuse.ts';

/** A part that is awaited. */
export type AwaitedPart = RequestPart & { readonly schema: StandardSchemaV1 };

interface Check {
  /** For messages. */
  readonly place: string;
  readonly part: Exclude<Part, 'response'>;
  readonly contentType: string | undefined;
  readonly schema: StandardSchemaV1;
  readonly coercer: Coercer | undefined;
}

/** The preHandler hook of a route. */
export function awaitedHook(
  parts: readonly AwaitedPart[],
  route: Pick<SchemaPlace, 'method' | 'url'>,
  settings: RefusalSettings & Pick<Settings, 'coercion'>,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const resolve = resolverOf({});
  const checks = parts.map(({ key, contentType, schema }): Check => {
    const part = key === 'querystring' ? 'query' : key;
    const isTurned = settings.coercion !== 'off' && isText(key === 'query' ? 'querystring' : key);
    const coercer = isTurned ? standardCoercer(schema, resolve) : undefined;
    return { place: placeOf(key, route), part, contentType, schema, coercer };
  });
  return async (request) => {
    for (const check of checks) {
      if (check.contentType !== undefined && check.contentType !== mediaOf(request)) continue;
      const given =
        check.part === 'cookies' ? cookiesOf(request, check.place) : request[check.part];
      const outcome = await run(check, given, settings.maxErrors + 1);
      if ('value' in outcome) assign(request, check.part, outcome.value);
      else {
        const { error = refusal(outcome.entries ?? [], check.part, settings) } = outcome;
        refuse(request, error, settings);
        return;
      }
    }
  };
}

type Outcome =
  | { readonly value: unknown }
  | { readonly error?: Error; readonly entries?: ReturnType<typeof entriesOf> };

async function run(check: Check, given: unknown, maxEntries: number): Promise<Outcome> {
  const { schema, coercer, part } = check;
  const value = coercer === undefined ? given : coercer(given);
  try {
    const result = await validateLater(schema, part === 'body' ? (value ?? undefined) : value);
    if (!result.issues) return { value: valueOf(result) };
    if (part === 'body' && value === null) {
      const ofNull = await validateLater(schema, null);
      if (!ofNull.issues) return { value: valueOf(ofNull) };
    }
    return { entries: entriesOf(schema['~standard'].vendor, result.issues, value, maxEntries) };
  } catch (thrown) {
    return { error: serverError(thrown, check.place) };
  }
}

function assign(request: FastifyRequest, part: Check['part'], value: unknown): void {
  if (part === 'cookies') request.validCookies = value as never;
  else request[part] = value as never;
}

function mediaOf(request: FastifyRequest): string | undefined {
  return request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
}
