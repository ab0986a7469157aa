// onRoute: wraps the handlers of cached routes and gives every route in scope the hooks it needs.
// Invariant: hook lists are replaced, never pushed to: users share one array between routes, and Fastify's automatic HEAD
// route shares it too. A route is wrapped once; a registration further in takes it over with its own options.
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RouteHandlerMethod,
  RouteOptions,
} from 'fastify';
import { invalidate, isUnsafe } from '../invalidate.ts';
import { noteOrigin } from '../key/origin.ts';
import type { Scope } from '../scope.ts';
import { constantPlanOf, takeConstant } from './constant.ts';
import { prepareEarly } from './early.ts';
import { handle } from './handler.ts';
import { fail, judge } from './on-send.ts';
import { OWN_TARGET } from '../rfc/storable.ts';
import { passOf, settleFill } from './pass.ts';
import { HOOK, policyOf } from './route.ts';
import type { CachedRoute } from './route.ts';

const WRAPPED: unique symbol = Symbol('catzilla.fastify-cache.route');

type Route = RouteOptions & {
  [WRAPPED]?: CachedRoute;
  websocket?: boolean;
  routePath?: string;
  prefix?: string;
};
type Done = (error: Error | null, payload?: unknown) => void;

/** Takes a route into a scope.
 * @throws CATZ_FASTIFY_CACHE_ROUTE_OPTION */
export function takeRoute(scope: Scope, instance: FastifyInstance, options: RouteOptions): void {
  const route = options as Route;
  const methods = ([] as string[]).concat(route.method);
  const config = route.config as { cache?: unknown } | undefined;
  const facts = { method: methods, url: route.url, slashToo: alsoEndsWithSlash(route) };
  const plan = scope.settings.planRoute(facts, config?.cache);
  const constant = constantPlanOf(route, methods);
  if (constant !== undefined) {
    takeConstant(plan.kind === 'off' ? undefined : scope, route, constant);
    return;
  }
  const fixed = plan.kind === 'fixed' ? plan.policy : undefined;
  if (fixed !== undefined) scope.addKeyScope(fixed.key);
  const known = route[WRAPPED];
  if (known !== undefined) {
    Object.assign(known, { scope, plan, fixed });
    scope.cover(methods, route.url, known);
    prepareQuery(route, known);
    prepareEarly(instance, route, known);
    return;
  }
  const state: CachedRoute = {
    scope,
    plan,
    fixed,
    handler: route.handler,
    id: identityOf(route),
    constrained: Object.keys(route.constraints ?? {}).length > 0,
    template: route.url,
    counts: { hits: 0, misses: 0, stored: 0, notStored: 0 },
    silent: undefined,
    around: undefined,
    pruned: false,
    isEarly: false,
  };
  route[WRAPPED] = state;
  if (methods.some((method) => isAsked(state, method)) && route.websocket !== true) {
    wrap(route, state);
    scope.cover(methods, route.url, state);
    prepareQuery(route, state);
    prepareEarly(instance, route, state);
  } else if (methods.some(isUnsafe)) noteBefore(route);
  else return;
  append(route, 'onSend', lastOnSend(state));
}

// Whether the cache has to do with requests of a method. Of a POST it is the reply alone.
function isAsked({ fixed, plan }: CachedRoute, method: string): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  return method === 'POST' && (fixed?.methods.includes('POST') ?? plan.kind === 'by-path');
}

function wrap(route: Route, state: CachedRoute): void {
  const wrapped: RouteHandlerMethod = function (request, reply) {
    // A takeover may have switched the route off.
    if (state.plan.kind === 'off') {
      if (isUnsafe(request.method)) noteOrigin(request);
      return state.handler.call(this, request, reply);
    }
    return handle(state, this, request, reply);
  };
  route.handler = wrapped;
  append(
    route,
    'onError',
    (request: FastifyRequest, _reply: FastifyReply, _error: Error, done: () => void) => {
      const pass = passOf(request);
      if (pass?.kind === 'fill') {
        fail(pass);
        // Else the error reply is judged first: a stale response may stand in for it, for all who wait.
        if (pass.judged) settleFill(pass, 'not-stored');
      }
      done();
    },
  );
}

function noteBefore(route: Route): void {
  const { handler } = route;
  route.handler = function (request, reply) {
    noteOrigin(request);
    return handler.call(this, request, reply);
  };
}

// Before validation, which may add defaults for what is taken away here. Most routes have nothing to take away.
function prepareQuery(route: Route, state: CachedRoute): void {
  const needed = state.fixed === undefined ? state.plan.kind === 'by-path' : state.fixed.query;
  if (!needed || state.pruned) return;
  state.pruned = true;
  const hook = (request: FastifyRequest, _reply: FastifyReply, done: () => void): void => {
    prune(state, request);
    done();
  };
  Object.defineProperty(hook, 'name', { value: HOOK.prune });
  route.preValidation = [hook, ...(listOf(route.preValidation) as (typeof hook)[])];
}

// Parameters that do not count for the key must not reach the handler: its reply would be served for other values.
function prune(state: CachedRoute, request: FastifyRequest): void {
  const url = request.raw.url ?? '';
  const mark = url.indexOf('?');
  if (mark === -1 || state.plan.kind === 'off') return;
  const query = policyOf(state, url)?.query;
  query?.prune(request.query as Record<string, unknown>, url.slice(mark + 1));
}

function lastOnSend(state: CachedRoute): unknown {
  const hook = (
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
    done: Done,
  ): void => {
    if (isUnsafe(request.method)) invalidate(state.scope, request, reply, statusOf(reply, payload));
    const judged = judge(request, reply, payload);
    if (reply.hasHeader(OWN_TARGET)) reply.removeHeader(OWN_TARGET);
    if (judged instanceof Promise) void sendLater(judged, done);
    else done(null, judged);
  };
  return Object.defineProperty(hook, 'name', { value: HOOK.last });
}

async function sendLater(judged: Promise<unknown>, done: Done): Promise<void> {
  let sent: unknown;
  try {
    sent = await judged;
  } catch (error) {
    done(error as Error);
    return;
  }
  done(null, sent);
}

// Fastify applies the status of a Response after the hooks.
function statusOf(reply: FastifyReply, payload: unknown): number {
  const isResponse = Object.prototype.toString.call(payload) === '[object Response]';
  return isResponse ? (payload as Response).status : reply.statusCode;
}

// Template and constraints; a RegExp says nothing in JSON, and strategies of the application may take objects.
function identityOf(route: Route): string {
  const constraints = Object.entries(route.constraints ?? {}).sort();
  return [route.url, ...constraints.map(([name, value]) => `${name}=${textOf(value)}`)].join(' ');
}

function textOf(value: unknown): string {
  const isPlain = typeof value === 'object' && !(value instanceof RegExp);
  return isPlain ? JSON.stringify(value) : String(value);
}

type HookName = 'onSend' | 'onError';

function append(route: Route, name: HookName, hook: unknown): void {
  (route as unknown as Record<HookName, unknown>)[name] = [...listOf(route[name]), hook];
}

function listOf(hooks: unknown): unknown[] {
  if (hooks === undefined || hooks === null) return [];
  return Array.isArray(hooks) ? hooks : [hooks];
}

// Fastify answers the prefix with a slash behind it too, by a route of its own that no onRoute hook is told of.
function alsoEndsWithSlash({ routePath, prefix, prefixTrailingSlash }: Route): boolean {
  return routePath === '' && prefix !== '' && prefixTrailingSlash !== 'no-slash';
}
