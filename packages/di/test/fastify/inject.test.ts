// inject: what handlers and hooks receive, and when their tokens are checked.
import Fastify from 'fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import {
  all,
  asyncToken,
  defineContainer,
  di,
  inject,
  keyed,
  lazy,
  multiToken,
  optional,
  token,
} from '../../src/index.ts';
import { Journal, gate, makeApp, turns, versions } from './support.ts';

const Name = token<string>('name');
const Slow = asyncToken<string>('slow');
const Checks = multiToken<string>('check');
const Queue = token<string>('queue');
const Missing = token<string>('missing');

const container = defineContainer()
  .value(Name, 'Ada')
  .scoped(Slow, [], async () => {
    await turns(1);
    return 'slow';
  })
  .multi(Checks, [], () => 'one')
  .multi(Checks, [], () => 'two')
  .keyed(Queue, 'mail', [], () => 'mail queue');

/** What the application throws when it is ready. */
async function faultsOf(app: FastifyInstance): Promise<AggregateError & { code: string }> {
  const error: unknown = await app.ready().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: 'CATZ_DI_INVALID' });
  return error as AggregateError & { code: string };
}

describe.each(versions)('inject, on Fastify $version,', ({ make }) => {
  async function setUp(): Promise<FastifyInstance> {
    const app = makeApp(make);
    await app.register(di, { container });
    return app;
  }

  it('gives services after request and reply', async () => {
    const app = await setUp();
    app.get<{ Params: { id: string } }>(
      '/:id',
      inject([Name, keyed(Queue, 'mail')], (request, _reply, name, queue) => {
        return [request.params.id, name, queue];
      }),
    );
    expect((await app.inject('/7')).json()).toEqual(['7', 'Ada', 'mail queue']);
  });

  it('gives services by name', async () => {
    const app = await setUp();
    app.get(
      '/',
      inject({ who: Name, slow: Slow }, async (_request, _reply, given) => given),
    );
    expect((await app.inject('/')).json()).toEqual({ who: 'Ada', slow: 'slow' });
  });

  it('awaits services, and takes every modifier', async () => {
    const app = await setUp();
    app.get(
      '/',
      inject(
        [Slow, lazy(Slow), optional(Missing), all(Checks)],
        async (_request, _reply, slow, later, missing, checks) => [
          slow,
          await later.get(),
          missing === undefined,
          ...checks,
        ],
      ),
    );
    expect((await app.inject('/')).json()).toEqual(['slow', 'slow', true, 'one', 'two']);
  });

  it('calls the handler with the instance of its context', async () => {
    const app = await setUp();
    app.decorate('mark', 'outer');
    await app.register(async (inner) => {
      inner.decorate('own', 'inner');
      inner.get(
        '/',
        inject([Name], function () {
          return (this as unknown as { own: string }).own;
        }),
      );
    });
    expect((await app.inject('/')).body).toBe('inner');
  });

  it('answers with the error of a service that cannot be made', async () => {
    const app = makeApp(make);
    const Broken = asyncToken<string>('broken');
    await app.register(di, {
      container: defineContainer().scoped(Broken, [], async () => {
        throw new Error('no connection');
      }),
    });
    app.get(
      '/',
      inject([Broken], () => 'never'),
    );
    const { statusCode, body } = await app.inject('/');
    expect(statusCode).toBe(500);
    expect(JSON.parse(body)).toMatchObject({ code: 'CATZ_DI_FACTORY_FAILED' });
  });

  it('keeps the name of the handler', async () => {
    expect(inject([Name], function list() {}).name).toBe('list');
  });

  it('reports tokens that nobody provides, of every kind of route, in one error', async () => {
    const app = await setUp();
    const broken = inject([Missing], () => 'never');
    app.get('/get', broken);
    app.route({ method: ['PUT', 'POST'], url: '/route', handler: broken });
    app.get('/hook', { preHandler: [inject([Missing], async () => undefined)] }, () => 'x');
    await app.register(async (inner) => void inner.delete('/inner', broken), { prefix: '/v1' });
    const { errors, message } = await faultsOf(app);
    expect(errors).toHaveLength(4);
    for (const where of [
      'GET /get',
      'PUT,POST /route',
      'GET /hook (preHandler)',
      'DELETE /v1/inner',
    ]) {
      expect(message).toContain(where);
    }
  });

  it('reports the faults of handlers together with those of the definition', async () => {
    const app = makeApp(make);
    const Repo = token<object>('repo');
    const Cached = token<object>('cached');
    await app.register(di, {
      container: defineContainer()
        .scoped(Repo, [], () => ({}))
        .singleton(Cached, [Repo], () => ({})),
    });
    app.get(
      '/',
      inject([Missing], () => 'never'),
    );
    const { errors } = await faultsOf(app);
    expect(errors.map((error: { code: string }) => error.code).sort()).toEqual([
      'CATZ_DI_CAPTIVE',
      'CATZ_DI_MISSING',
    ]);
  });

  it('is watched and checked on the HEAD route that Fastify adds, and listed once', async () => {
    const app = makeApp(make, { exposeHeadRoutes: true });
    const journal = new Journal();
    const Res = token<string>('res');
    await app.register(di, {
      container: defineContainer().scoped(Res, [], () => 'res', {
        dispose: () => journal.add('end'),
      }),
    });
    app.get(
      '/',
      inject([Res], async (_request, _reply, res) => res),
    );
    expect((await app.inject({ method: 'HEAD', url: '/' })).headers['content-length']).toBe('3');
    await journal.until('end');

    const broken = makeApp(make, { exposeHeadRoutes: true });
    await broken.register(di, { container });
    broken.get(
      '/',
      inject([Missing], () => 'never'),
    );
    expect((await faultsOf(broken)).errors).toHaveLength(1);
  });

  it('checks a route that was declared before the plugin when it is called first', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    const Res = token<string>('res');
    app.get(
      '/early',
      inject([Missing], () => 'never'),
    );
    app.get(
      '/good',
      inject([Res], async (_request, _reply, res) => {
        await turns();
        return res;
      }),
    );
    app.get(
      '/sync',
      inject([Res], (_request, _reply, res) => res),
    );
    await app.register(di, {
      container: container.scoped(Res, [], () => 'res', { dispose: () => journal.add('end') }),
    });
    const refused = await app.inject('/early');
    expect(refused.statusCode).toBe(500);
    expect(refused.json()).toMatchObject({ code: 'CATZ_DI_INVALID' });
    for (const url of ['/good', '/sync']) expect((await app.inject(url)).body).toBe('res');
    while (app.di.stats().scopes.active > 0) await turns(1);
    expect(journal.entries).toEqual(['end', 'end']);
  });

  it.each(['onRequest', 'preValidation', 'preHandler'] as const)(
    'makes hooks: %s',
    async (hook) => {
      const app = await setUp();
      const journal = new Journal();
      app.addHook(
        hook as 'preHandler',
        inject([Name, Slow], async (_request, _reply, name, slow) => {
          await turns(1);
          journal.add(`${name} ${slow}`);
        }),
      );
      app.addHook(
        hook as 'preHandler',
        inject({ name: Name }, () => journal.add('sync')),
      );
      app.get('/', () => {
        journal.add('handler');
        return 'x';
      });
      expect((await app.inject('/')).body).toBe('x');
      expect(journal.entries).toEqual(['Ada slow', 'sync', 'handler']);
    },
  );

  it('makes hooks that can send the reply or fail', async () => {
    const app = await setUp();
    app.get(
      '/sent',
      {
        preHandler: inject([Name], async (_request, reply, name) => reply.send(`not you, ${name}`)),
      },
      () => 'never',
    );
    app.get(
      '/failed',
      {
        preHandler: inject([Name], () => {
          throw Object.assign(new Error('no'), { statusCode: 403 });
        }),
      },
      () => 'never',
    );
    expect((await app.inject('/sent')).body).toBe('not you, Ada');
    expect((await app.inject('/failed')).statusCode).toBe(403);
  });

  it('gives every request its own services', async () => {
    const app = makeApp(make);
    const Id = token<{ id: number }>('id');
    let made = 0;
    await app.register(di, {
      container: defineContainer().scoped(Id, [], () => ({ id: ++made })),
    });
    app.get(
      '/',
      inject([Id, Id], async (request, _reply, a, b) => {
        await turns(1);
        return a === b && request.scope.get(Id) === a ? a.id : 'shared wrongly';
      }),
    );
    const answers = await Promise.all(Array.from({ length: 20 }, async () => app.inject('/')));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(20);
  });

  it('serves two applications with one handler', async () => {
    const handler = inject([Name], (_request, _reply, name) => name);
    const apps = await Promise.all(
      ['Ada', 'Bob'].map(async (name) => {
        const app = makeApp(make);
        await app.register(di, { container: defineContainer().value(Name, name) });
        return app.get('/', handler);
      }),
    );
    for (let turn = 0; turn < 2; turn++) {
      const bodies = await Promise.all(apps.map(async (app) => (await app.inject('/')).body));
      expect(bodies).toEqual(['Ada', 'Bob']);
    }
  });

  it('watches a handler that was declared before the plugin', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    const Res = token<string>('res');
    const rest = gate();
    app.get(
      '/',
      inject([Res], async (request: FastifyRequest, reply) => {
        void reply.send('early');
        await rest.passed;
        const still: string = request.scope.get(Res);
        journal.add(`still ${still}`);
      }),
    );
    await app.register(di, {
      container: defineContainer().scoped(Res, [], () => 'res', {
        dispose: () => journal.add('end'),
      }),
    });
    expect((await app.inject('/')).body).toBe('early');
    await turns();
    rest.open();
    await journal.until('end');
    expect(journal.entries).toEqual(['still res', 'end']);
  });
});

describe('inject', () => {
  it.each([undefined, null, 7, 'name', [7], { a: undefined }, [Checks]])(
    'refuses what holds no tokens: %o',
    (tokens) => {
      expect(() => inject(tokens as never, () => undefined)).toThrow(
        expect.objectContaining({ code: 'CATZ_DI_OPTIONS' }),
      );
    },
  );

  it('refuses a handler that is none', () => {
    expect(() => inject([Name], undefined as never)).toThrow(/handler, got undefined/);
  });

  it('tells where it is called without the plugin', async () => {
    const app = Fastify();
    app.get(
      '/',
      inject([Name], () => 'never'),
    );
    const { statusCode, body } = await app.inject('/');
    expect(statusCode).toBe(500);
    expect(JSON.parse(body)).toMatchObject({ code: 'CATZ_DI_OPTIONS' });
    await app.close();
  });

  it('takes an empty list', async () => {
    const app = makeApp();
    await app.register(di, { container });
    app.get(
      '/',
      inject([], (_request, _reply, ...rest) => rest),
    );
    expect((await app.inject('/')).json()).toEqual([]);
  });
});
