// Options of the plugin and of a route, and their check.
// Invariant: what comes out is frozen, complete and checked; off is `false`, sizes are UTF-16 units of the URL or levels.
import {
  bool,
  checkOptions,
  int,
  object,
  oneOf,
  orFalse,
  registerOptions,
  string,
} from '@catzilla/common';
import type { OptionSpec, OptionSpecs } from '@catzilla/common';
import { errors } from './errors.ts';

/** How texts of URLs, fields and forms become numbers, booleans, lists and null. */
export type Coercion = 'strict' | 'fastify' | 'off';

/** When replies with a JSON Schema are checked, too. */
export type ResponseValidation = 'off' | 'dev' | 'always' | number;

/** What a request may bring, before anything else looks at it. */
export interface LimitOptions {
  /** Characters of the query string, without the `?`. Beyond: 414. Default: 8192. */
  readonly maxQueryLength?: number | false;
  /** Parameters of the query string, repeated ones counted. Beyond: 400. Default: 200. */
  readonly maxQueryParams?: number | false;
  /** Levels of objects and arrays in a JSON body. Deeper: 400. Default: 64. */
  readonly maxDepth?: number | false;
  /** An object of a JSON body that has a key twice: answered 400, or its last value taken, as JSON.parse does.
   * Default: 'refuse'. */
  readonly duplicateKeys?: 'refuse' | 'last';
}

/** Options of the plugin. */
export interface ValidationOptions {
  /** `strict`: what README lists, for every library, in params, query, headers, cookies and forms, never in JSON bodies.
   * `fastify`: ajv's own rules for JSON Schema, in bodies, too. `off`: no text is converted. Default: 'strict'. */
  readonly coercion?: Coercion;
  /** Status of a request that does not fit its schema. Default: 400. */
  readonly invalidStatus?: 400 | 422;
  /** Entries of `errors` in an answer; above, it says `truncated`. Default: 20. */
  readonly maxErrors?: number;
  /** What stands before the code in a problem's `type`: `https://example.com/problems/`. Default: 'about:blank'. */
  readonly problemBase?: string;
  /** Sends the stack of errors to clients: for development. Default: false. */
  readonly exposeStack?: boolean;
  /** `dev` checks every reply and logs what does not fit, a number from 0 to 1 checks that share of them, `always` answers 500.
   * A Standard Schema always checks, for it makes the reply. Default: 'off'. */
  readonly responseValidation?: ResponseValidation;
  /** What to do about schemas that are cheap to attack, when the application is ready. Default: 'warn'. */
  readonly lint?: 'warn' | 'off' | 'error';
  /** @see LimitOptions */
  readonly limits?: LimitOptions;
}

/** `config.validation` of a route. */
export interface RouteValidationOptions {
  /** Awaits the Standard Schemas of the route, before its own preHandlers. Default: false. */
  readonly async?: boolean;
}

/** Checked options. */
export type Settings = { readonly [K in keyof ValidationOptions]-?: ValidationOptions[K] } & {
  readonly limits: Required<LimitOptions>;
};

const responseValidation: OptionSpec<ResponseValidation> = {
  check(value, site) {
    if (typeof value === 'number') {
      const share = Number.isFinite(value) && value > 0 && value <= 1;
      if (share) return value;
    }
    const words = oneOf(['off', 'dev', 'always'], 'off');
    return words.check(value, { ...site, or: 'a number above 0 and up to 1' });
  },
};

const limits: OptionSpecs<Required<LimitOptions>> = {
  maxQueryLength: orFalse(int({ min: 1, default: 8192 })),
  maxQueryParams: orFalse(int({ min: 1, default: 200 })),
  maxDepth: orFalse(int({ min: 1, default: 64 })),
  duplicateKeys: oneOf(['refuse', 'last'], 'refuse'),
};

/** @throws CATZ_VALIDATION_OPTIONS */
export function checkValidation(options: unknown): Settings {
  return checkOptions<Settings>(
    options,
    {
      coercion: oneOf(['strict', 'fastify', 'off'], 'strict'),
      invalidStatus: oneOf([400, 422], 400),
      maxErrors: int({ min: 1, max: 1000, default: 20 }),
      problemBase: string({ default: 'about:blank' }),
      exposeStack: bool(false),
      responseValidation,
      lint: oneOf(['warn', 'off', 'error'], 'warn'),
      limits: object(limits),
    },
    { path: 'options', error: refuse, ignore: registerOptions },
  );
}

/** @param place  of the route, for the message
 * @throws CATZ_VALIDATION_OPTIONS */
export function checkRoute(options: unknown, place: string): Required<RouteValidationOptions> {
  const path = `config.validation of ${place}`;
  return checkOptions<Required<RouteValidationOptions>>(
    options,
    { async: bool(false) },
    { path, error: refuse },
  );
}

function refuse(message: string): Error {
  return new errors.OPTIONS(message);
}
