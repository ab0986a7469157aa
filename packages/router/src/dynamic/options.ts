// Options of a dynamic table, checked.
import { checkOptions, custom, int, oneOf, string } from '@catzilla/common';
import type { OptionSpec } from '@catzilla/common';
import { errors } from '../errors.ts';
import { tableSettings } from '../table/options.ts';
import type { RouteTableOptions } from '../table/options.ts';

/** Options of `dynamicRoutes`. */
export interface DynamicRoutesOptions {
  /** For messages, stats and metrics: `request.dynamicRoute.name`. */
  readonly name: string;
  /** What all URLs of the table begin with, below the prefix of its scope: `/tenants`, `/:tenant`. Default: none. */
  readonly prefix?: string;
  /** Routes that the table holds at most. Default: 10000. */
  readonly maxRoutes?: number;
  /** 'auto' (the default) commits the changes of one tick together, right behind it; 'manual' leaves it to `commit()`. */
  readonly commit?: 'auto' | 'manual';
  /** How URLs are matched and found. Default: as the application's router matches them. Below `nativeThreshold` routes
   * find-my-way walks its tree: generating code for it (`compileLimit`, here 0 by default) takes ten times as long to commit. */
  readonly table?: RouteTableOptions;
}

/** Checked options. */
export interface DynamicSettings {
  readonly name: string;
  /** Never ends with a slash. */
  readonly prefix: string;
  readonly maxRoutes: number;
  readonly commit: 'auto' | 'manual';
  readonly table: RouteTableOptions;
}

/** @throws CATZ_ROUTER_OPTIONS */
export function dynamicSettings(options: DynamicRoutesOptions): DynamicSettings {
  const settings = checkOptions<DynamicSettings>(
    options,
    {
      name: string({ maxLength: 200 }),
      prefix: prefixSpec,
      maxRoutes: int({ min: 1, default: 10_000, allowInfinity: true }),
      commit: oneOf<'auto' | 'manual'>(['auto', 'manual'], 'auto'),
      table: custom('an object', isObject, {}),
    },
    { path: 'options', error: (message) => new errors.OPTIONS(message) },
  );
  tableSettings(settings.table);
  return { ...settings, table: { ...settings.table } };
}

const PREFIX = 'a path that begins with / and neither ends with it nor holds *';

const prefixSpec: OptionSpec<string> = {
  check(value, site) {
    if (value === undefined || value === '' || value === '/') return '';
    return custom(PREFIX, isPrefix).check(value, site);
  },
};

function isPrefix(value: unknown): value is string {
  return typeof value === 'string' && /^\/[^*]*[^*/]$/.test(value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
