// Options of a RouteTable.
import { bool, checkOptions, custom, int, optional } from '@catzilla/common';
import { errors } from '../errors.ts';
import type { EngineSettings } from '../engine/choose.ts';
import { engineSpecs } from '../engine/settings.ts';
import type { EngineOptions } from '../engine/settings.ts';

/** How a table matches; the names and meanings are those of find-my-way and of Fastify's `routerOptions`. */
export interface RouteTableOptions extends EngineOptions {
  /** Default: true. Parameters keep their case in any event. */
  readonly caseSensitive?: boolean;
  /** `/a/` is `/a`. Default: false. */
  readonly ignoreTrailingSlash?: boolean;
  /** `//a` is `/a`. Default: false. */
  readonly ignoreDuplicateSlashes?: boolean;
  /** `;` begins the query, as `?` does. Default: false. */
  readonly useSemicolonDelimiter?: boolean;
  /** Characters of the longest parameter that matches. Default: 100. */
  readonly maxParamLength?: number;
  /** Accept regular expressions that may take exponential time. Default: false. */
  readonly allowUnsafeRegex?: boolean;
  /** Constraint strategies beside `host` and `version`, by name, as find-my-way takes them. Default: none. */
  readonly constraints?: Readonly<Record<string, object>>;
}

/** Checked options. */
export interface TableSettings extends EngineSettings {
  readonly caseSensitive: boolean;
  readonly ignoreTrailingSlash: boolean;
  readonly ignoreDuplicateSlashes: boolean;
  readonly useSemicolonDelimiter: boolean;
  readonly maxParamLength: number;
  readonly allowUnsafeRegex: boolean;
  readonly constraints: Readonly<Record<string, object>> | undefined;
}

/** @throws CATZ_ROUTER_OPTIONS */
export function tableSettings(options: RouteTableOptions): TableSettings {
  return checkOptions<TableSettings>(
    options,
    {
      ...engineSpecs,
      caseSensitive: bool(true),
      ignoreTrailingSlash: bool(false),
      ignoreDuplicateSlashes: bool(false),
      useSemicolonDelimiter: bool(false),
      maxParamLength: int({ min: 1, default: 100 }),
      allowUnsafeRegex: bool(false),
      constraints: optional(custom('an object of constraint strategies', isStrategies)),
    },
    { path: 'options', error: (message) => new errors.OPTIONS(message) },
  );
}

function isStrategies(value: unknown): value is Readonly<Record<string, object>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((strategy) => typeof strategy === 'object' && strategy !== null)
  );
}
