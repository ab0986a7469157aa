// defineMiddleware: options of one middleware, checked where they are written.
// Invariant: what comes out is frozen and complete; an option that could not do anything is refused. What holds between
// several middleware is chain.ts.
import {
  bool,
  checkOptions,
  custom,
  fn,
  int,
  list,
  oneOf,
  optional,
  string,
} from '@catzilla/common';
import type { OptionSpec } from '@catzilla/common';
import { middlewareErrors } from '../errors.ts';
import type { Middleware, MiddlewareDefinition, MiddlewarePoint, Part } from './types.ts';

/** The points of `pre`, in their order. */
export const POINTS: readonly MiddlewarePoint[] = ['onRequest', 'preValidation', 'preHandler'];

const MAX_PRIORITY = 1000;

/** Known to another installed copy of this package, too. */
const BRAND: unique symbol = Symbol.for('catzilla.router.middleware');

interface Checked extends Omit<Middleware, 'priority' | 'postPriority' | 'at' | '~types'> {
  readonly priority: number | undefined;
  readonly postPriority: number | undefined;
  readonly at: MiddlewarePoint | undefined;
}

/** Makes a middleware: functions that run before and after the handlers of the routes they are given to, with a context that
 * is typed. The first call takes the types, the second the options.
 * @typeParam Provides  what `pre` adds to `request.ctx`; `provides` lists its keys
 * @typeParam Requires  what others have to provide before; `requires` lists its keys
 * @throws CATZ_MIDDLEWARE_OPTIONS, CATZ_MIDDLEWARE_PRIORITY
 * @example
 * const auth = defineMiddleware<{ user: User }>()({
 *   name: 'auth', at: 'onRequest', provides: ['user'],
 *   async pre(request, reply) {
 *     const user = await verify(request.headers.authorization);
 *     return user === undefined ? reply.code(401).send() : { user };
 *   },
 * }); */
export function defineMiddleware<
  Provides extends object = object,
  Requires extends object = object,
>(): <
  const ProvidedKeys extends readonly (keyof Provides & string)[],
  const RequiredKeys extends readonly (keyof Requires & string)[],
>(
  definition: MiddlewareDefinition<Provides, Requires, ProvidedKeys, RequiredKeys>,
) => Middleware<Provides, Requires> {
  return (definition) => make(definition) as Middleware<Provides, Requires>;
}

/** Whether `defineMiddleware` has made it, of whatever copy of this package. */
export function isMiddleware(value: unknown): value is Middleware {
  return (value as { [BRAND]?: true } | null | undefined)?.[BRAND] === true;
}

/** A list of middleware, as options have it. */
export const middlewareList: OptionSpec<readonly Middleware[]> = list(
  custom('a middleware made by defineMiddleware', isMiddleware),
  [],
);

function make(definition: unknown): Middleware {
  const given = checkOptions<Checked>(definition, specs, {
    path: 'middleware',
    error: (message) =>
      /^expected middleware\.(?:postP|p)riority /.test(message)
        ? new middlewareErrors.PRIORITY(message)
        : new middlewareErrors.OPTIONS(message),
  });
  const { priority = 500, at = 'preHandler' } = given;
  const fault = faultOf(given);
  if (fault !== undefined) {
    throw new middlewareErrors.OPTIONS(`middleware ${given.name}: expected ${fault}`);
  }
  const postPriority =
    given.postPriority ?? (given.pre === undefined ? priority : MAX_PRIORITY - priority);
  const middleware = { ...given, priority, postPriority, at };
  return Object.freeze(Object.defineProperty(middleware, BRAND, { value: true }));
}

function faultOf({ pre, post, after, ...given }: Checked): string | undefined {
  if (pre === undefined && post === undefined && after === undefined) return 'pre, post or after';
  if (pre === undefined && given.provides.length > 0) return 'a pre, which gives what it provides';
  if (pre === undefined && given.at !== undefined) return 'a pre, for at says where it runs';
  if (post === undefined && (given.transforms || given.perRequest)) {
    return 'a post, for transforms and perRequest are of it';
  }
  if (given.transforms && given.perRequest) return 'transforms or perRequest, not both';
  if (given.perRequest && post?.constructor.name === 'AsyncFunction') {
    return 'a post that is not async, for it runs perRequest';
  }
  const twice = given.provides.find((key) => given.requires.includes(key));
  return twice && `not to require ${twice}, which it provides`;
}

const NAME = string({
  pattern: /^[A-Za-z0-9_.-]{1,64}$/,
  what: 'a name of 1 to 64 letters, digits, _, . or -',
});
const KEY: OptionSpec<string> = custom(
  'a name such as user, other than outcome',
  (value): value is string =>
    typeof value === 'string' && /^(?!outcome$|__proto__$)[A-Za-z_$][\w$]{0,63}$/.test(value),
);
const PRIORITY = optional(int({ min: 0, max: MAX_PRIORITY }));
const PART: OptionSpec<Part | undefined> = optional(fn());

const specs: { readonly [K in keyof Checked]: OptionSpec<Checked[K]> } = {
  name: NAME,
  priority: PRIORITY,
  postPriority: PRIORITY,
  at: optional(oneOf(POINTS)),
  provides: list(KEY, []),
  requires: list(KEY, []),
  pre: PART,
  post: PART,
  after: PART,
  transforms: bool(false),
  perRequest: bool(false),
  on404: bool(false),
  skippable: bool(false),
};
