// Options of a route group, and their check.
// Invariant: what comes out is frozen and copied; a hook list is an array of functions, whatever the user wrote.
import { checkOptions, custom, list, optional, show, string } from '@catzilla/common';
import type { OptionSpec, OptionSpecs } from '@catzilla/common';
import type {
  FastifyTypeProvider,
  FastifyTypeProviderDefault,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
  RouteGenericInterface,
  RouteShorthandOptions,
  ContextConfigDefault,
  FastifySchema,
} from 'fastify';
import { groupErrors } from '../errors.ts';
import { middlewareList } from '../middleware/define.ts';
import type { Middleware } from '../middleware/types.ts';
import { REQUEST_HOOKS } from '../request-hooks.ts';
import type { RequestHook } from '../request-hooks.ts';

/** The points of a request at which a group may have hooks. */
export type HookName = RequestHook;

/** Hooks by the point at which they run: one function, or several in their order, as in Fastify's route options. */
export type GroupHooks<TypeProvider extends FastifyTypeProvider = FastifyTypeProviderDefault> =
  Pick<
    RouteShorthandOptions<
      RawServerDefault,
      RawRequestDefaultExpression,
      RawReplyDefaultExpression,
      RouteGenericInterface,
      ContextConfigDefault,
      FastifySchema,
      TypeProvider
    >,
    HookName
  >;

/** What the routes of a group have in common. */
export interface GroupOptions<
  TypeProvider extends FastifyTypeProvider = FastifyTypeProviderDefault,
  List extends readonly Middleware[] = readonly Middleware[],
> {
  /** Begins with `/` and does not end with it; stands before the URL of each route. Default: none. */
  readonly prefix?: string;
  /** OpenAPI tags, added to those of the group around and before those of the route. Default: none. */
  readonly tags?: readonly string[];
  /** OpenAPI description of each route that has none of its own. Default: none. */
  readonly description?: string;
  /** OpenAPI security requirements of each route that names none itself; they replace those of the group around.
   * Default: those of the group around. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  /** Run on every request to a route of the group, after those of the group around, before those of the route. */
  readonly hooks?: GroupHooks<TypeProvider>;
  /** Runs around the handlers of all routes of the group, with that of the groups around; what it provides to `request.ctx` is
   * typed there. Needs the plugin `middleware` in the application. Default: none. */
  readonly middleware?: List;
  /** Merged into `config` of each route, name by name; the route wins, then the inner group. Default: none. */
  readonly config?: Readonly<Record<PropertyKey, unknown>>;
  /** Merged into `constraints` of each route in the same way. Default: none. */
  readonly constraints?: RouteShorthandOptions['constraints'];
}

/** Checked options. */
export interface CheckedGroup {
  readonly prefix: string | undefined;
  readonly tags: readonly string[];
  readonly description: string | undefined;
  readonly security: readonly object[] | undefined;
  readonly hooks: readonly GroupHook[];
  readonly middleware: readonly Middleware[];
  readonly config: object;
  readonly constraints: object;
}

/** One hook of a group. */
export interface GroupHook {
  readonly at: HookName;
  readonly run: (...args: never[]) => unknown;
}

const prefix: OptionSpec<string | undefined> = {
  check(value) {
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || !/^\/(?:.*[^/])$/s.test(value)) {
      throw new groupErrors.PREFIX(show(value));
    }
    return value;
  },
};

const hooks: OptionSpec<readonly GroupHook[]> = {
  check(value, site) {
    const specs = Object.fromEntries(REQUEST_HOOKS.map((name) => [name, optional(functions)]));
    const given = checkOptions(value, specs as OptionSpecs<Record<HookName, Functions>>, site);
    return REQUEST_HOOKS.flatMap((at) => listOf(given[at]).map((run) => ({ at, run })));
  },
};

type Functions = GroupHook['run'] | readonly GroupHook['run'][];

const functions: OptionSpec<Functions> = custom(
  'a function or an array of functions',
  (value): value is Functions =>
    value !== undefined && [value].flat().every((one) => typeof one === 'function'),
);

/** @throws CATZ_GROUP_OPTIONS, CATZ_GROUP_PREFIX */
export function checkGroup(options: unknown): CheckedGroup {
  return checkOptions<CheckedGroup>(
    options,
    {
      prefix,
      tags: list(string(), []),
      description: optional(string()),
      security: optional(list(custom('an object', isObject))),
      hooks,
      middleware: middlewareList,
      config: copiedConfig,
      constraints: copied('an object'),
    },
    { path: 'options', error: (message) => new groupErrors.OPTIONS(message) },
  );
}

function copied(what: string): OptionSpec<object> {
  const given = custom(what, isObject, {});
  return { check: (value, site) => Object.freeze({ ...given.check(value, site) }) };
}

// There the list of a route would take the place of the group's: a guard would be lost without a word.
const copiedConfig: OptionSpec<object> = {
  check(value, site) {
    const config = copied('an object').check(value, site);
    if ('middleware' in config) {
      throw site.error(`expected ${site.path} to have no middleware: it is an option of the group`);
    }
    return config;
  },
};

function listOf(given: Functions | undefined): readonly GroupHook['run'][] {
  return given === undefined ? [] : [given].flat();
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
