// A route as the cache sees it: its plan, its identity, and, from the first request on, which onSend hooks stand around ours.
// Invariant: a route is wrapped once, whatever the number of registrations above it; the innermost one's options hold.
import { MIDDLEWARE_HOOK } from '@catzilla/router';
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { routeContext } from '../internals.ts';
import type { RoutePlan, RoutePolicy } from '../options/policy.ts';
import type { SilentReplies } from '../rfc/silent-replies.ts';
import type { Scope } from '../scope.ts';
import type { RouteCounts } from '../stats.ts';

/** Names of our own hooks: bound functions keep nothing else to know them by. */
export const HOOK: Readonly<Record<'first' | 'last' | 'early' | 'prune', string>> = {
  first: 'catzillaCacheFirstOnSend',
  last: 'catzillaCacheLastOnSend',
  early: 'catzillaCacheEarlyLookup',
  prune: 'catzillaCachePruneQuery',
};
/** Of @catzilla/di, which need not be installed: has something to do only where the request has opened its scope. */
const SCOPE_HOOK = 'catzillaScopeOnSend';
/** Under which @catzilla/di keeps what it knows of a request. */
const LIFE: unique symbol = Symbol.for('catzilla.di.life');
/** Fastify's own for automatic HEAD routes: counts the body and drops it. */
const HEAD_HOOK = 'headRouteOnSendHandler';

/** Which hooks of others a reply of the route passes. */
export interface HooksAround {
  /** An onSend hook of somebody else must see replies, hits included. */
  readonly foreign: boolean;
  /** One of them runs after ours: what is stored is not what is sent, and it may still fail. */
  readonly after: boolean;
}

/** A wrapped route. */
export interface CachedRoute {
  scope: Scope;
  plan: RoutePlan;
  /** The policy where the template alone decides it. */
  fixed: RoutePolicy | undefined;
  readonly handler: RouteHandlerMethod;
  /** Template and constraints: whose replies these are. */
  readonly id: string;
  /** Requests of one URL may reach another route with other constraints. */
  readonly constrained: boolean;
  readonly template: string;
  readonly counts: RouteCounts;
  /** Has the hook that takes parameters away which do not count. */
  pruned: boolean;
  /** Has the hook that answers hits in onRequest. */
  isEarly: boolean;
  /** Replies that say nothing to caches; undefined before the first. */
  silent: SilentReplies | undefined;
  /** Unknown before the first request. */
  around: HooksAround | undefined;
}

/** The policy for a request; undefined: its path is excluded. HOT */
export function policyOf(route: CachedRoute, target: string): RoutePolicy | undefined {
  if (route.fixed !== undefined) return route.fixed;
  return route.plan.kind === 'by-path' ? route.plan.policyFor(target) : undefined;
}

/** The onSend hooks around ours, looked up once per route; where Fastify does not show them: foreign hooks everywhere. */
export function hooksAround(
  route: CachedRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): HooksAround {
  return (route.around ??= inspect(route, request, reply));
}

/** Whether an onSend hook of somebody else covers the route of a request; unknown counts as yes. */
export function hasForeignHooks(request: FastifyRequest, reply: FastifyReply): boolean {
  return onSendNames(request, reply)?.some(isForeign) ?? true;
}

/** Whether the request has opened its scope of services: those that end with the handler do so before the payload, hits included. */
export function hasOpenScope(request: FastifyRequest & { [LIFE]?: { scope?: unknown } }): boolean {
  return request[LIFE]?.scope !== undefined;
}

function inspect(route: CachedRoute, request: FastifyRequest, reply: FastifyReply): HooksAround {
  const names = onSendNames(request, reply);
  if (names === undefined) return { foreign: true, after: true };
  const last = names.lastIndexOf(HOOK.last);
  const around: HooksAround = {
    foreign: names.some(isForeign),
    after: names.slice(last + 1).some(isForeign),
  };
  if (around.after) {
    request.log.warn(
      { route: route.template },
      'an onSend hook runs after the cache: it sees hits again, and what it changes is not stored; register its plugin before the cache',
    );
  }
  return around;
}

function onSendNames(request: FastifyRequest, reply: FastifyReply): readonly string[] | undefined {
  const context = routeContext(request, reply);
  return context && (context.onSend ?? []).map((hook) => hook.name.replace(/^bound /, ''));
}

// The hook of @catzilla/router's middleware is none: what must see each reply of it is run without the hook. That of @catzilla/di
// is looked at request by request: hasOpenScope.
function isForeign(name: string): boolean {
  return (
    name !== HOOK.first &&
    name !== HOOK.last &&
    name !== HEAD_HOOK &&
    name !== MIDDLEWARE_HOOK &&
    name !== SCOPE_HOOK
  );
}
