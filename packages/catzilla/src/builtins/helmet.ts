// helmet with its headers made once: it sets them on the raw response, header by header, on each request, and the cache then
// cannot answer hits by one write. They differ between requests only where nonces, or functions among the directives, make them.
// Invariant: what a client gets is what @fastify/helmet alone would send. Its hooks, one of which makes a promise and a function
// for each request, run where the route says something itself; reply.helmet() is made of them when it is called.
import type { FastifyHelmetOptions } from '@fastify/helmet';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Mode } from '../options/mode.ts';
import { addHeaders } from './reply-headers.ts';

type Helmet = (app: FastifyInstance, options: FastifyHelmetOptions) => Promise<void>;
type Done = (error?: Error) => void;
/** A hook of the plugin: it calls `done`, or gives a promise. */
type Hook = (
  this: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  done: Done,
) => unknown;

/** Registers @fastify/helmet. */
export async function addHelmet(
  app: FastifyInstance,
  given: FastifyHelmetOptions,
  mode: Mode,
): Promise<void> {
  const { default: helmet } = await import('@fastify/helmet');
  const options = mode === 'development' ? withoutUpgrade(given) : given;
  if (options.global === false || !isFixed(options)) {
    await app.register(helmet, options);
    return;
  }
  const headers = await headersOf(options);
  await app.register(
    fp(once(helmet, options, headers), { name: '@fastify/helmet', fastify: '5.x' }),
  );
}

function once(
  helmet: Helmet,
  options: FastifyHelmetOptions,
  headers: Readonly<Record<string, string>>,
): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    const hooks: Hook[] = [];
    app.decorateReply('helmet', function (this: FastifyReply, own) {
      // Where the plugin would have them: what it sets now then stands in their place.
      for (const [name, value] of Object.entries(headers)) {
        if (this.getHeader(name) !== value) continue;
        this.removeHeader(name);
        this.raw.setHeader(name, value);
      }
      // Puts the function of this reply in the place of this one.
      void hooks[0]?.call(app, this.request, this, () => undefined);
      return this.helmet(own);
    });
    await helmet(withHooksIn(hooks, app), options);
    app.addHook('onRequest', (request, reply, done) => {
      // Fastify waits for what a hook gives, as it does for its call of done.
      if ('helmet' in request.routeOptions.config) return run(hooks, app, request, reply);
      addHeaders(reply, headers);
      done();
      return undefined;
    });
  };
}

// The application as the plugin sees it: its hooks on requests are ours to run.
function withHooksIn(hooks: Hook[], app: FastifyInstance): FastifyInstance {
  const addHook = (name: string, hook: Hook): FastifyInstance => {
    if (name === 'onRequest') hooks.push(hook);
    else app.addHook(name as 'onRequest', hook as never);
    return app;
  };
  return Object.create(app, { addHook: { value: addHook } }) as FastifyInstance;
}

async function run(
  hooks: readonly Hook[],
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  for (const hook of hooks) {
    await new Promise<void>((resolve, reject) => {
      const done: Done = (error) => (error === undefined ? resolve() : reject(error));
      const result = hook.call(app, request, reply, done);
      if (result instanceof Promise) result.then(() => resolve(), reject);
    });
  }
}

function isFixed({
  enableCSPNonces,
  contentSecurityPolicy: policy,
}: FastifyHelmetOptions): boolean {
  if (enableCSPNonces === true) return false;
  if (typeof policy !== 'object') return true;
  return Object.values(policy.directives ?? {}).every(
    (values) =>
      typeof values !== 'function' &&
      !(Array.isArray(values) && values.some((value) => typeof value === 'function')),
  );
}

// A page on a machine of the local network has no TLS for the browser to upgrade to.
function withoutUpgrade(given: FastifyHelmetOptions): FastifyHelmetOptions {
  const { contentSecurityPolicy: policy } = given;
  if (policy === false || (typeof policy === 'object' && policy.useDefaults === false))
    return given;
  const said = typeof policy === 'object' ? policy : {};
  const { directives = {} } = said;
  const isSaid =
    'upgradeInsecureRequests' in directives || 'upgrade-insecure-requests' in directives;
  if (isSaid) return given;
  const quiet = { ...said, directives: { ...directives, upgradeInsecureRequests: null } };
  return { ...given, contentSecurityPolicy: quiet };
}

// Asked of helmet itself, in an application that lives for one request.
async function headersOf(options: FastifyHelmetOptions): Promise<Record<string, string>> {
  const [{ default: Fastify }, { default: helmet }] = await Promise.all([
    import('fastify'),
    import('@fastify/helmet'),
  ]);
  const probe = Fastify();
  try {
    await probe.register(helmet, options);
    let headers: Record<string, string> = {};
    probe.get('/', async (_request, reply) => {
      headers = { ...reply.raw.getHeaders() } as Record<string, string>;
      return '';
    });
    await probe.inject('/');
    return headers;
  } finally {
    await probe.close();
  }
}
