// A route group: routes declared ahead, under one prefix, with common tags, hooks and settings; in the end a Fastify plugin.
// Invariant: a group is a scope of Fastify's, so that its hooks cover its routes and those of the groups in it, and nothing
// else. Declarations are kept until the plugin runs, and refused afterwards: a route that is never added would look guarded.
import type {
  FastifyInstance,
  FastifyTypeProvider,
  FastifyTypeProviderDefault,
  RouteHandlerMethod,
  RouteOptions,
  RouteShorthandOptions,
} from 'fastify';
import { declareConstant, prepareConstant } from '../constant/add-constant.ts';
import type { ConstantOptions, ConstantResponse } from '../constant/types.ts';
import { groupErrors } from '../errors.ts';
import { registrationOf } from '../middleware/registration.ts';
import type { ContextOf, Middleware } from '../middleware/types.ts';
import { checkGroup } from './options.ts';
import type { CheckedGroup, GroupOptions } from './options.ts';
import { noSettings, settingsWithin, withSettings } from './settings.ts';
import type { GroupSettings } from './settings.ts';
import type { RootGroup } from './types.ts';

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options', 'all'] as const;

/** Adds one thing that was declared to the group's scope. */
type Declaration = (scope: FastifyInstance, settings: GroupSettings) => void;

interface State {
  readonly own: CheckedGroup;
  readonly declarations: Declaration[];
  isAdded: boolean;
}

/** Makes a group of routes, to be registered with `app.register(group.plugin)`.
 * @param options  what its routes have in common
 * @throws CATZ_GROUP_OPTIONS, CATZ_GROUP_PREFIX; where the plugin is registered, CATZ_GROUP_OPTIONS when the group has
 *   middleware and the application has not registered the plugin `middleware`
 * @example
 * const admin = group({ prefix: '/admin', tags: ['admin'], hooks: { onRequest: requireLogin } });
 * admin.get('/users/:id', async (request) => findUser(request.params));
 * await app.register(admin.plugin); */
export function group<
  TypeProvider extends FastifyTypeProvider = FastifyTypeProviderDefault,
  const List extends readonly Middleware[] = readonly Middleware[],
>(options: GroupOptions<TypeProvider, List> = {}): RootGroup<TypeProvider, ContextOf<List>> {
  const state = makeState(options);
  const plugin = async (app: FastifyInstance): Promise<void> => {
    addTo(app, state, noSettings);
  };
  return makeFace(state, { plugin }) as unknown as RootGroup<TypeProvider, ContextOf<List>>;
}

function makeState(options: unknown): State {
  return { own: checkGroup(options), declarations: [], isAdded: false };
}

function addTo(outside: FastifyInstance, state: State, outer: GroupSettings): void {
  const { own, declarations } = state;
  const settings = settingsWithin(outer, own);
  const scope = async (inside: FastifyInstance): Promise<void> => {
    state.isAdded = true;
    if (settings.middleware.length > 0 && registrationOf(inside) === undefined) {
      throw new groupErrors.OPTIONS(
        `the group ${own.prefix ?? 'without a prefix'} has middleware, which nothing would run: expected app.register(middleware) before it`,
      );
    }
    for (const { at, run } of own.hooks) inside.addHook(at as 'onRequest', run as never);
    for (const declare of declarations) declare(inside, settings);
  };
  void outside.register(scope, own.prefix === undefined ? {} : { prefix: own.prefix });
}

// The face of a group, which its methods give back so that calls can be chained.
function makeFace(state: State, more: object): object {
  const declare = (declaration: Declaration): object => {
    if (state.isAdded) {
      throw new groupErrors.OPTIONS(
        `the group ${state.own.prefix ?? 'without a prefix'} is in an application already: declare its routes before`,
      );
    }
    state.declarations.push(declaration);
    return face;
  };
  const shorthands = METHODS.map((method) => [
    method,
    (url: string, second: Second, handler?: RouteHandlerMethod) =>
      declare((scope, settings) => addShorthand(scope, method, settings, url, second, handler)),
  ]);
  const face = Object.freeze({
    ...(Object.fromEntries(shorthands) as object),
    ...more,
    // For the compiler, as Fastify's own.
    withTypeProvider: () => face,
    route: (options: RouteOptions) =>
      declare((scope, settings) => scope.route(withSettings(options, settings))),
    constant(url: string, response: ConstantResponse, options: ConstantOptions = {}): object {
      const prepared = prepareConstant(url, response, options);
      return declare((scope, settings) => {
        const inGroups = withSettings(prepared.options, settings);
        declareConstant(scope, url, { ...prepared, options: inGroups });
      });
    },
    group(options: GroupOptions = {}): object {
      const child = makeState(options);
      declare((scope, settings) => addTo(scope, child, settings));
      return makeFace(child, {});
    },
  });
  return face;
}

type Second = RouteHandlerMethod | (RouteShorthandOptions & { handler?: RouteHandlerMethod });

// Arguments that make no sense are left for Fastify to refuse in its own words.
function addShorthand(
  scope: FastifyInstance,
  method: (typeof METHODS)[number],
  settings: GroupSettings,
  url: string,
  second: Second,
  handler: RouteHandlerMethod | undefined,
): void {
  if (typeof second === 'function' && handler === undefined) {
    scope[method](url, withSettings({}, settings), second);
  } else if (typeof second !== 'object' || second === null) {
    scope[method](url, second as never, handler as never);
  } else scope[method](url, withSettings(second, settings), handler as never);
}
