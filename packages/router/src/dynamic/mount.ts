// Serves dynamic tables below a prefix: one wildcard route per method, whose route-level hooks are those of the entry.
// Order: onRequest of the scope, then the entry is looked up; its onRequest; parsing; preValidation of scope and entry; its
// schemas; preHandler of scope and entry; its handler. Everything else of the request is Fastify's, and the scope's.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DynamicTable } from './dynamic-table.ts';
import { contextOf } from './entry.ts';
import type { DynamicRouteInfo } from './entry.ts';
import type { Flight } from './flight.ts';
import { withoutBody } from './head.ts';
import type { RouteContext } from './insides.ts';
import { runHandler, runHooks } from './run.ts';
import type { Site } from './site.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Which dynamic route the request is for; null or undefined where it is for none. */
    dynamicRoute?: DynamicRouteInfo | null;
  }
}

const FLIGHT: unique symbol = Symbol('catzilla.router.flight');

type Done = (error?: Error) => void;
interface Routed {
  [FLIGHT]: Flight | null;
}

/** Which table a request is for. */
export type SelectTable = (request: FastifyRequest) => DynamicTable | undefined;

/** Mounts the routes. */
export function mount(site: Site, prefix: string, select: SelectTable): void {
  const { app, methods } = site;
  app.decorateRequest('dynamicRoute', null);
  app.decorateRequest(FLIGHT, null);
  const route = routeOf(site, select);
  const urls = app.prefix + prefix === '' ? ['/*'] : [prefix, `${prefix}/*`];
  for (const method of methods) {
    for (const url of urls) {
      // HEAD routes are mounted by ourselves, for an entry of HEAD keeps its answer as it is.
      app.route({
        ...route,
        method,
        url,
        exposeHeadRoute: false,
        schema: { hide: true } as object,
      });
    }
  }
}

function routeOf(site: Site, select: SelectTable) {
  const { app } = site;
  return {
    onRequest(request: FastifyRequest, reply: FastifyReply, done: Done): void {
      const begun = select(request)?.begin(request, reply);
      if (begun === undefined) {
        reply.callNotFound();
        return;
      }
      const { flight, params } = begun;
      takeOver(site, request, flight);
      request.params = params;
      runHooks(flight.entry.route.onRequest, flight, app, request, reply, done);
    },
    preValidation(request: FastifyRequest, reply: FastifyReply, done: Done): void {
      const flight = flightOf(request);
      runHooks(flight.entry.route.preValidation, flight, app, request, reply, done);
    },
    preHandler(request: FastifyRequest, reply: FastifyReply, done: Done): void {
      const flight = flightOf(request);
      runHooks(flight.entry.route.preHandler, flight, app, request, reply, done);
    },
    handler(request: FastifyRequest, reply: FastifyReply): unknown {
      return runHandler(flightOf(request), app, request, reply);
    },
    // Also runs for what is not found: Fastify leaves to its 404 the onSend hooks of the route that could not answer.
    onSend(
      request: FastifyRequest,
      reply: FastifyReply,
      payload: unknown,
      done: (error: null, payload: unknown) => void,
    ): void {
      const flight = (request as unknown as Routed)[FLIGHT];
      done(null, flight?.isHead === true ? withoutBody(reply, payload) : payload);
      flight?.done();
    },
  };
}

function takeOver({ insides }: Site, request: FastifyRequest, flight: Flight): void {
  const contexts = request as unknown as Record<symbol, RouteContext>;
  contexts[insides.context] = contextOf(flight.entry, contexts[insides.context]!, insides);
  request.dynamicRoute = flight.entry.info;
  (request as unknown as Routed)[FLIGHT] = flight;
}

function flightOf(request: FastifyRequest): Flight {
  return (request as unknown as Routed)[FLIGHT]!;
}
