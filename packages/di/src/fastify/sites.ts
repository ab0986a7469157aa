// onRoute: reads what the handler and the hooks of a route inject, and has the handler watched.
// Invariant: a route counts for the nearest registration around it, once; the HEAD route that Fastify adds to a GET route injects
// the same and is not listed again.
import type { FastifyInstance, RouteHandlerMethod, RouteOptions } from 'fastify';
import type { Dependency } from '../modifiers.ts';
import { watched } from './handler.ts';
import { tokensIn } from './inject.ts';
import { registrationIn } from './registration.ts';
import type { Registration } from './registration.ts';

const HOOKS = ['onRequest', 'preValidation', 'preHandler', 'onResponse'] as const;

/** With what @fastify/websocket adds. */
type Route = Omit<RouteOptions, 'websocket' | 'wsHandler'> & {
  readonly websocket?: unknown;
  wsHandler?: unknown;
};

// The URL at which a list of tokens was seen last.
const seen = new WeakMap<readonly Dependency[], string>();

/** Takes a route into a registration. */
export function takeRoute(own: Registration, app: FastifyInstance, options: RouteOptions): void {
  if (registrationIn(app) !== own) return;
  const route = options as Route;
  const { url } = route;
  const method = [route.method].flat().join(',');
  const label = `${method} ${url}`;
  const kind = route.websocket === true ? 'socket' : 'request';
  const note = (injected: unknown, suffix: string): void => {
    const tokens = tokensIn(injected);
    if (tokens === undefined || (method === 'HEAD' && seen.get(tokens) === url)) return;
    seen.set(tokens, url);
    own.addSite({ where: `${label}${suffix}`, tokens, kind });
  };
  note(route.handler, '');
  for (const hook of HOOKS) {
    for (const one of [route[hook] ?? []].flat()) note(one, ` (${hook})`);
  }
  route.handler = watched(route.handler, label);
  if (typeof route.wsHandler === 'function')
    route.wsHandler = watched(route.wsHandler as RouteHandlerMethod, label);
}
