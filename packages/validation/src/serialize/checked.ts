// Checks replies that have a JSON Schema, which fast-json-stringify by itself does not: it would send 1 for 1.5.
// Invariant: what is checked is what JSON makes of the reply, a copy: dates are texts, and what the handler holds is not changed.
// Only 'always' keeps a reply from being sent.
import type { FastifySchemaValidationError } from 'fastify';
import type { Validator } from '../compile/types.ts';
import type { ResponseValidation } from '../options.ts';
import { responseError } from './response-error.ts';
import type { Serialize } from './standard.ts';

/** How replies are checked. */
export interface CheckSettings {
  readonly mode: ResponseValidation;
  readonly place: string;
  readonly maxIssues: number;
  /** Called with the error of each reply that does not fit, unless it is thrown. */
  readonly report: (error: Error) => void;
}

/** @returns a serializer that checks first; with 'always' it throws CATZ_VALIDATION_RESPONSE */
export function checkedSerializer(
  serialize: Serialize,
  validator: Validator,
  { mode, place, maxIssues, report }: CheckSettings,
): Serialize {
  const share = typeof mode === 'number' ? mode : 1;
  let due = 0;
  return (data) => {
    due += share;
    if (due >= 1) {
      due -= 1;
      const entries = check(validator, data);
      if (entries !== undefined) {
        const error = responseError(place, entries, maxIssues);
        if (mode === 'always') throw error;
        report(error);
      }
    }
    return serialize(data);
  };
}

function check(
  validator: Validator,
  data: unknown,
): readonly FastifySchemaValidationError[] | undefined {
  const text = JSON.stringify(data, numbersForBigints) as string | undefined;
  if (text === undefined || validator(JSON.parse(text)) === true) return undefined;
  return validator.errors ?? [];
}

// fast-json-stringify writes them as numbers; JSON.stringify refuses them.
function numbersForBigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
