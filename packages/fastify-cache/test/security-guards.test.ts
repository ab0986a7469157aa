// A hit must never skip a guard: at every hook a guard can stand in, of instance and route, before and after the plugin.
import Fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { fastifyCache } from '../src/index.ts';
import { atEnd, get, listen, makeCache, RawClient } from './helpers.ts';

const HOOKS = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const;
const PLACES = [
  'instance, before',
  'instance, after',
  'instance, after the route',
  'route',
  'outer scope',
] as const;
type Hook = (typeof HOOKS)[number];

const allowed = (request: FastifyRequest): boolean => request.headers['x-pass'] === 'yes';

// Three ways to refuse: throw, answer by oneself, call back with an error.
const GUARDS = {
  throws: async (request: FastifyRequest) => {
    if (!allowed(request)) throw Object.assign(new Error('refused'), { statusCode: 403 });
  },
  answers: async (request: FastifyRequest, reply: FastifyReply) => {
    if (!allowed(request)) return reply.code(403).send('refused');
    return undefined;
  },
  'calls back': (request: FastifyRequest, _reply: FastifyReply, ...rest: unknown[]) => {
    const done = rest.at(-1) as (error?: Error) => void;
    if (allowed(request)) done();
    else done(Object.assign(new Error('refused'), { statusCode: 403 }));
  },
};

async function guarded(
  hook: Hook,
  place: (typeof PLACES)[number],
  guard: unknown,
): Promise<FastifyInstance> {
  const app = Fastify();
  atEnd(() => app.close());
  const add = (instance: FastifyInstance): unknown =>
    instance.addHook(hook as 'onRequest', guard as never);
  const cache = makeCache();
  const build = async (scope: FastifyInstance): Promise<void> => {
    if (place === 'instance, before') add(scope);
    await scope.register(fastifyCache, { cache, ttl: 60_000, cookies: 'ignore' });
    if (place === 'instance, after') add(scope);
    const options = place === 'route' ? { [hook]: guard } : {};
    scope.get('/secret', options as RouteShorthandOptions, () => 'the secret');
    if (place === 'instance, after the route') add(scope);
  };
  if (place === 'outer scope') {
    add(app);
    await app.register(build);
  } else await build(app);
  return app;
}

describe('a guard', () => {
  for (const hook of HOOKS) {
    for (const place of PLACES) {
      for (const [kind, guard] of Object.entries(GUARDS)) {
        it(`in ${hook} (${place}) that ${kind} is asked before every hit`, async () => {
          const app = await guarded(hook, place, guard);
          expect((await get(app, '/secret')).status).toBe(403);
          expect((await get(app, '/secret', { 'x-pass': 'yes' })).body).toBe('the secret');
          const hit = await get(app, '/secret', { 'x-pass': 'yes' });
          expect(hit).toMatchObject({ status: 200, body: 'the secret' });
          expect(hit.cache).toContain('hit');
          for (const method of ['GET', 'HEAD'] as const) {
            const refused = await get(app, '/secret', {}, method);
            expect(refused.status).toBe(403);
            expect(refused.body).not.toContain('the secret');
          }
        });
      }
    }
  }

  it('is asked on the wire before every raw answer, too', async () => {
    const app = await guarded('preHandler', 'route', GUARDS.throws);
    const client = new RawClient(await listen(app));
    const pass = 'GET /secret HTTP/1.1\r\nHost: x\r\nX-Pass: yes\r\n\r\n';
    const fail = 'GET /secret HTTP/1.1\r\nHost: x\r\n\r\n';
    client.send(pass);
    await client.response();
    client.send(pass);
    expect((await client.response()).head).toContain('catzilla; hit');
    expect(app.cache.stats().answers.raw).toBe(1);
    client.send(fail);
    expect((await client.response()).head).toContain('403');
  });

  it('by schema validation is asked before every hit', async () => {
    const app = Fastify();
    atEnd(() => app.close());
    await app.register(fastifyCache, { cache: makeCache(), ttl: 60_000 });
    const schema = {
      headers: { type: 'object', required: ['x-pass'], properties: { 'x-pass': { const: 'yes' } } },
    };
    app.get('/secret', { schema }, () => 'the secret');
    await get(app, '/secret', { 'x-pass': 'yes' });
    expect((await get(app, '/secret', { 'x-pass': 'yes' })).cache).toContain('hit');
    expect((await get(app, '/secret', { 'x-pass': 'no' })).status).toBe(400);
  });
});
