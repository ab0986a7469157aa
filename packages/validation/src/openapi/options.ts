// The options of the OpenAPI plugin, checked once. Invariant: the only file of the package that reads NODE_ENV for documents.
// What stands in the document beside the routes is taken as it is: the types are OpenAPI's own, as far as they matter here.
import {
  bool,
  checkOptions,
  custom,
  optional,
  orFalse,
  refuseRegisterOptions,
  registerOptions,
  string,
} from '@catzilla/common';
import type { OptionSpec, OptionSpecs } from '@catzilla/common';
import { errors } from '../errors.ts';

/** A part of a document that is passed on: OpenAPI 3.1 says what may stand in it. */
export type Verbatim = Readonly<Record<string, unknown>>;

/** Title and version of the API, and more of the Info Object (OpenAPI 3.1, 4.8.2). */
export interface OpenApiInfo extends Verbatim {
  readonly title: string;
  readonly version: string;
  readonly description?: string;
}

/** Swagger UI. */
export interface OpenApiUi {
  /** Where it stands. Default: '/docs'. */
  readonly path?: string;
  /** Its own configuration, `uiConfig` of @fastify/swagger-ui. Default: none. */
  readonly config?: Verbatim;
}

/** Options of the plugin. */
export interface OpenApiOptions {
  readonly info: OpenApiInfo;
  /** Where the document is answered, as JSON; false: nowhere. Default: '/openapi.json'. */
  readonly path?: string | false;
  /** Swagger UI at /docs, or where it says; needs @fastify/swagger-ui. Default: where that is installed and NODE_ENV is not
   * 'production'. */
  readonly ui?: boolean | OpenApiUi;
  /** Where the API is. Default: none, which is where the document is. */
  readonly servers?: readonly Verbatim[];
  /** What tags mean, in the order they should be shown. Default: none. */
  readonly tags?: readonly Verbatim[];
  /** Security schemes by the name that `security` of routes and groups calls them. Default: none. */
  readonly securitySchemes?: Readonly<Record<string, Verbatim>>;
  /** What every operation needs that does not say otherwise. Default: none. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  /** More to read. Default: none. */
  readonly externalDocs?: Verbatim;
  /** Leaves routes without tags out. Default: false. */
  readonly hideUntagged?: boolean;
}

/** The options, checked. */
export interface OpenApiSettings {
  readonly info: OpenApiInfo;
  readonly path: string | false;
  /** 'auto': if it is installed. */
  readonly ui: 'auto' | false | Required<OpenApiUi>;
  readonly servers: readonly Verbatim[] | undefined;
  readonly tags: readonly Verbatim[] | undefined;
  readonly securitySchemes: Readonly<Record<string, Verbatim>>;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[] | undefined;
  readonly externalDocs: Verbatim | undefined;
  readonly hideUntagged: boolean;
}

const DEFAULT_UI = { path: '/docs', config: {} };
const path = string({ pattern: /^\/./, what: 'a path that begins with /' });

const uiSpecs: OptionSpecs<Required<OpenApiUi>> = {
  path: { ...path, check: (value, site) => path.check(value ?? DEFAULT_UI.path, site) },
  config: custom('an object', isObject, {}),
};

const ui: OptionSpec<OpenApiSettings['ui']> = {
  check(value, site) {
    if (value === undefined) return isProduction() ? false : 'auto';
    if (value === false) return false;
    return value === true ? DEFAULT_UI : checkOptions(value, uiSpecs, { ...site, or: 'a boolean' });
  },
};

const specs: OptionSpecs<OpenApiSettings> = {
  info: custom('an object with title and version', isInfo),
  path: orFalse(
    string({ pattern: /^\/./, what: 'a path that begins with /', default: '/openapi.json' }),
  ),
  ui,
  servers: optional(custom('a list of objects', isList)),
  tags: optional(custom('a list of objects', isList)),
  securitySchemes: custom('an object of security schemes', isMap, {}),
  security: optional(
    custom('a list of security requirements', isList as (value: unknown) => value is never[]),
  ),
  externalDocs: optional(custom('an object', isObject)),
  hideUntagged: bool(false),
};

/** Checks the options.
 * @throws CATZ_VALIDATION_OPTIONS */
export function resolveOpenApi(options: unknown): OpenApiSettings {
  const error = (message: string): Error => new errors.OPTIONS(message);
  const site = { path: 'options', error };
  refuseRegisterOptions(options, 'openapi', 'options.path and options.ui.path', site);
  return checkOptions(options, specs, { ...site, ignore: registerOptions });
}

function isProduction(): boolean {
  return process.env['NODE_ENV'] === 'production';
}

function isObject(value: unknown): value is Verbatim {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isInfo(value: unknown): value is OpenApiInfo {
  return (
    isObject(value) && [value['title'], value['version']].every((text) => typeof text === 'string')
  );
}

function isList(value: unknown): value is readonly Verbatim[] {
  return Array.isArray(value) && value.every(isObject);
}

function isMap(value: unknown): value is Readonly<Record<string, Verbatim>> {
  return isObject(value) && Object.values(value).every(isObject);
}
