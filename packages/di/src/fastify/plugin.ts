// The plugin: app.di and request.scope, a container per registration, proved and started before the server listens.
// Order of hooks: onRequest, onError and onSend of its own, which come first if it is registered first; onRoute reads what
// handlers inject and wraps them; onReady starts, onClose disposes. Fastify closes what was registered last first: so
// plugins that use services have to come after this one.
import fp from 'fastify-plugin';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { errors } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { Container } from '../run/container.ts';
import type { ContainerStats, Resolver, Scope, ScopeFactory } from '../types.ts';
import { addHooks, hasHooks } from './hooks.ts';
import { checkPluginOptions } from './options.ts';
import type { DiOptions } from './options.ts';
import { hasOwnRegistration, Registration } from './registration.ts';
import { takeRoute } from './sites.ts';

/** The container of a context: `app.di`. */
export interface AppContainer extends Resolver, ScopeFactory {
  /** What depends on what. */
  graph(): Graph;
  /** Real counters. */
  stats(): ContainerStats;
  /** The container itself.
   * @throws CATZ_DI_NOT_STARTED before onReady, as all else here */
  readonly container: Container;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The container of this context, or the nearest around it. */
    readonly di: AppContainer;
  }
  interface FastifyRequest {
    /** The scope of this request, of the container of the route's context; opened when it is used first, and disposed when the
     * response is closed and the handler has settled.
     * @throws CATZ_DI_NOT_STARTED, CATZ_DI_CLOSED */
    readonly scope: Scope;
  }
}

const register: FastifyPluginAsync<DiOptions> = async (app, options) => {
  if (hasOwnRegistration(app)) throw new errors.REGISTERED_TWICE();
  const registration = new Registration(app, checkPluginOptions(options, app));
  app.decorate('di', faceOf(registration));
  if (!hasHooks(app)) addHooks(app, registration);
  app.addHook('onRoute', function (this: FastifyInstance, route) {
    takeRoute(registration, this, route);
  });
  app.addHook('onReady', async function startContainer() {
    await registration.start();
  });
  app.addHook('onClose', async () => registration.close());
};

function faceOf(registration: Registration): AppContainer {
  const at = (): Container => registration.container;
  return {
    get: ((token: never) => at().get(token)) as AppContainer['get'],
    has: (token, key) => at().has(token, key),
    getAll: (token) => at().getAll(token),
    getKeyed: ((token: never, key: never) => at().getKeyed(token, key)) as AppContainer['getKeyed'],
    createScope: (options) => at().createScope(options),
    runInScope: async (options, work) => at().runInScope(options, work),
    graph: () => at().graph(),
    stats: () => at().stats(),
    get container() {
      return at();
    },
  };
}

/** Dependency injection for a context of Fastify and those in it. Register it before whatever uses services, and await it: routes
 * that are declared earlier are checked only when they are called.
 * Declares no routes: `prefix`, `logLevel` and `logSerializers` of register() change nothing, and are passed over.
 * @see DiOptions
 * @throws CATZ_DI_OPTIONS, CATZ_DI_REGISTERED_TWICE; in onReady CATZ_DI_INVALID, CATZ_DI_START_FAILED, CATZ_DI_START_TIMEOUT
 * @example
 * import Fastify from 'fastify';
 * import { defineContainer, di, inject, token } from '@catzilla/di';
 * const Clock = token<() => Date>('clock');
 * const app = Fastify();
 * await app.register(di, { container: defineContainer().value(Clock, () => new Date()) });
 * app.get('/now', inject([Clock], async (request, reply, clock) => ({ now: clock() }))); */
export const di: FastifyPluginAsync<DiOptions> = fp(register, {
  name: '@catzilla/di',
  fastify: '5.x',
});
