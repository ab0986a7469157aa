// The plugin: one hook at each point of a request, which runs what the chain of its route has for that point.
// Order: our hooks stand where the plugin is registered among those of `addHook`; hooks of a route come behind them. `after`
// waits for the end of the response, behind all onResponse hooks.
import fp from 'fastify-plugin';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { middlewareErrors } from '../errors.ts';
import { openStorage } from './als.ts';
import { POINTS } from './define.ts';
import { orderOf } from './order.ts';
import type { MiddlewareOrder, OrderOptions } from './order.ts';
import { middlewareSettings } from './options.ts';
import type { MiddlewareOptions } from './options.ts';
import { MIDDLEWARE_HOOK } from './per-request.ts';
import { Registration, REGISTRATION, registrationOf } from './registration.ts';
import { STATE, stateOf } from './request-state.ts';
import { watch } from './run-after.ts';
import { runPosts } from './run-post.ts';
import { runPres } from './run-pre.ts';
import type { MiddlewareTimings } from './timings.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** The middleware of a route in the order in which it runs, by point.
     * @param url  pattern of the route as it was declared, with all prefixes: `/users/:id`
     * @returns undefined where no such route was declared since the plugin was registered */
    middlewareOrder(
      method: string,
      url: string,
      options?: OrderOptions,
    ): MiddlewareOrder | undefined;
    /** How long middleware has taken, by middleware and route. */
    middlewareTimings(): MiddlewareTimings;
  }
}

/** Instances below which there is a registration. */
const above = new WeakSet<object>();

type Done = (error?: Error) => void;

const register: FastifyPluginAsync<MiddlewareOptions> = async (app, options) => {
  const settings = middlewareSettings(options);
  refuseSecond(app);
  const bind = settings.als ? await openStorage(app) : undefined;
  const registration = new Registration(settings, app.log);
  (app as { [REGISTRATION]?: Registration })[REGISTRATION] = registration;
  app.decorateRequest(STATE, null);
  app.decorateRequest('ctx', {
    getter(this: FastifyRequest) {
      return registration.open(this).ctx;
    },
  });
  app.decorate('middlewareOrder', (method: string, url: string, how?: OrderOptions) =>
    orderOf(registration.find(method, url), how),
  );
  app.decorate('middlewareTimings', () => registration.timings.snapshot());
  app.addHook('onRoute', (route) => registration.take(route));
  app.addHook('onReady', async () => registration.settle());
  addHooks(app, registration, bind);
};

function addHooks(
  app: FastifyInstance,
  registration: Registration,
  bind: ((request: FastifyRequest) => void) | undefined,
): void {
  const { timings } = registration;
  POINTS.forEach((point, at) => {
    const hook = (request: FastifyRequest, reply: FastifyReply, done: Done): void => {
      bind?.(request);
      const state = registration.enter(request, at);
      if (state === undefined) {
        done();
        return;
      }
      watch(state, timings, request, reply);
      runPres(state, state.chain.ends[at] ?? 0, timings, request, reply, done);
    };
    app.addHook(point, named(hook));
  });
  app.addHook(
    'onSend',
    named((request: FastifyRequest, reply: FastifyReply, payload: unknown, done: Done): void => {
      const state = registration.enter(request, POINTS.length);
      if (state === undefined) {
        done();
        return;
      }
      watch(state, timings, request, reply);
      runPosts(state, timings, request, reply, payload, done as never);
    }),
  );
  app.addHook(
    'onError',
    named(
      (request: FastifyRequest, _reply: FastifyReply, _error: Error, done: () => void): void => {
        const state = stateOf(request);
        if (state !== undefined) state.ctx.outcome = 'error';
        done();
      },
    ),
  );
}

function named<F extends (...args: never[]) => void>(hook: F): F {
  return Object.defineProperty(hook, 'name', { value: MIDDLEWARE_HOOK });
}

// Two would run what is for all routes twice, or not at all for routes that the other has seen.
function refuseSecond(app: FastifyInstance): void {
  if (registrationOf(app) !== undefined || above.has(app)) {
    throw new middlewareErrors.DUPLICATE(
      'expected the middleware plugin to be registered once, got a second registration above or below another: give middleware of a part of the application to a group',
    );
  }
  let at: unknown = app;
  for (; typeof at === 'object' && at !== null; at = Object.getPrototypeOf(at)) above.add(at);
}

/** Runs middleware around the handlers of a scope and of those in it: what `use` names for every route, and what groups and
 * routes have of their own. Registered once, before routes and before plugins whose hooks shall come behind.
 * Declares no routes: `prefix`, `logLevel` and `logSerializers` of register() change nothing, and are passed over.
 * @throws CATZ_MIDDLEWARE_OPTIONS, CATZ_MIDDLEWARE_DUPLICATE, CATZ_MIDDLEWARE_CONTEXT, CATZ_MIDDLEWARE_PEER; while routes are
 *   declared CATZ_MIDDLEWARE_OPTIONS, CATZ_MIDDLEWARE_DUPLICATE, CATZ_MIDDLEWARE_CONTEXT
 * @example
 * await app.register(middleware, { use: [timing, auth] });
 * app.get('/me', { config: { middleware: [tenant], skip: ['timing'] } }, async (request) => request.ctx); */
export const middleware: FastifyPluginAsync<MiddlewareOptions> = fp(register, {
  name: '@catzilla/router/middleware',
  fastify: '>=5.5.0 <6',
});
