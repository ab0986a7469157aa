// When the scope of a request is disposed: whatever way the request ends, on the oldest and on the newest Fastify.
import { once } from 'node:events';
import http2 from 'node:http2';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Signal, defineContainer, di, inject, token } from '../../src/index.ts';
import type { DiOptions, Outcome } from '../../src/index.ts';
import { Client, Journal, gate, listen, makeApp, turns, versions } from './support.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

type FastifyScope = FastifyRequest['scope'];

interface Thing {
  readonly name: string;
}
const Res = token<Thing>('res');
const Tx = token<Thing>('tx');

/** A container whose scoped services write down their ends: `res` at the response, `tx` at the handler. */
function journaled(journal: Journal, failing?: string): DiOptions['container'] {
  const end =
    (name: string) =>
    (_thing: Thing, { ok, aborted, error }: Outcome): void => {
      const how = `${ok ? 'ok' : 'failed'}${aborted ? ' aborted' : ''}`;
      journal.add(`${name} ${how}${error instanceof Error ? ` ${error.message}` : ''}`);
      if (failing === name) throw new Error(`${name} cannot end`);
    };
  return defineContainer({ name: 'test' })
    .scoped(Res, [], () => ({ name: 'res' }), { dispose: end('res') })
    .scoped(Tx, [], () => ({ name: 'tx' }), { dispose: end('tx'), disposeAt: 'handler' });
}

describe.each(versions)('the scope of a request, on Fastify $version,', ({ make }) => {
  async function setUp(
    options: Partial<DiOptions> = {},
    server: Record<string, unknown> = {},
  ): Promise<{ app: FastifyInstance; journal: Journal; active: () => number }> {
    const app = makeApp(make, server);
    const journal = new Journal();
    await app.register(di, { container: journaled(journal), ...options });
    return { app, journal, active: () => app.di.stats().scopes.active };
  }

  it('is disposed when the response is closed', async () => {
    const { app, journal, active } = await setUp();
    app.get(
      '/',
      inject([Res], async (_request, _reply, res) => res),
    );
    const port = await listen(app);
    const client = await Client.connect(port);
    client.get('/');
    await client.hears('{"name":"res"}');
    await journal.until('res ok');
    expect(active()).toBe(0);
  });

  it('is disposed after an injected request, too', async () => {
    const { app, journal, active } = await setUp();
    app.get(
      '/',
      inject([Res], async (_request, _reply, res) => res),
    );
    expect((await app.inject('/')).json()).toEqual({ name: 'res' });
    await journal.until('res ok');
    expect(active()).toBe(0);
  });

  it('outlives the response while the handler goes on', async () => {
    const { app, journal } = await setUp();
    const rest = gate();
    app.get('/', async (request, reply) => {
      request.scope.get(Res);
      void reply.send('early');
      await once(reply.raw, 'close');
      journal.add('closed');
      await rest.passed;
      journal.add(`still ${request.scope.get(Res).name}`);
      return reply;
    });
    await app.inject('/');
    await journal.until('closed');
    await turns();
    expect(journal.has('res ok')).toBe(false);
    rest.open();
    await journal.until('res ok');
    expect(journal.entries).toEqual(['closed', 'still res', 'res ok']);
  });

  it('opened by the handler after it had to wait ends the same way', async () => {
    const { app, journal, active } = await setUp();
    app.get('/', async (request) => {
      await turns(1);
      return request.scope.get(Res).name;
    });
    expect((await app.inject('/')).body).toBe('res');
    await journal.until('res ok');
    expect(active()).toBe(0);
  });

  it('outlives a client that leaves while the handler runs', async () => {
    const { app, journal, active } = await setUp();
    const left = gate();
    app.get(
      '/',
      inject([Res], async (_request, reply, res) => {
        journal.add('begun');
        await once(reply.raw, 'close');
        left.open();
        await turns();
        journal.add(`still ${res.name}`);
        return 'nobody hears this';
      }),
    );
    const client = (await Client.connect(await listen(app))).get('/');
    await journal.until('begun');
    client.leave();
    await left.passed;
    await journal.until('res ok aborted');
    expect(journal.entries).toEqual(['begun', 'still res', 'res ok aborted']);
    expect(active()).toBe(0);
  });

  it('is told that the handler failed after the client had left', async () => {
    const { app, journal } = await setUp();
    app.get(
      '/',
      inject([Res], async (_request, reply) => {
        journal.add('begun');
        await once(reply.raw, 'close');
        throw new Error('too late');
      }),
    );
    const client = (await Client.connect(await listen(app))).get('/');
    await journal.until('begun');
    client.leave();
    await journal.until('res failed aborted too late');
  });

  it('of a client that leaves during a hook waits for the handler', async () => {
    const { app, journal, active } = await setUp();
    const go = gate();
    app.addHook('preHandler', async (request, reply) => {
      request.scope.get(Res);
      journal.add('hook');
      await once(reply.raw, 'close');
      await go.passed;
    });
    app.get('/', async (request) => {
      journal.add(`handler ${request.scope.get(Res).name}`);
      return 'nobody hears this';
    });
    const client = (await Client.connect(await listen(app))).get('/');
    await journal.until('hook');
    client.leave();
    await turns();
    expect(active()).toBe(1);
    go.open();
    await journal.until('res ok aborted');
    expect(journal.entries).toEqual(['hook', 'handler res', 'res ok aborted']);
    expect(active()).toBe(0);
  });

  it('of a client that leaves during a hook which then fails is disposed without a handler', async () => {
    const { app, journal, active } = await setUp();
    app.addHook('preHandler', async (request, reply) => {
      request.scope.get(Res);
      journal.add('hook');
      await once(reply.raw, 'close');
      throw new Error('no entry');
    });
    app.get('/', async () => {
      journal.add('handler');
    });
    const client = (await Client.connect(await listen(app))).get('/');
    await journal.until('hook');
    client.leave();
    await journal.until('res failed aborted no entry');
    expect(journal.entries).toEqual(['hook', 'res failed aborted no entry']);
    expect(active()).toBe(0);
  });

  it('of a client that leaves while it sends a body is disposed', async () => {
    const { app, journal, active } = await setUp();
    app.addHook('onRequest', async (request) => {
      request.scope.get(Res);
      journal.add('hook');
    });
    app.post('/', async () => {
      journal.add('handler');
    });
    const client = (await Client.connect(await listen(app))).post('/', '{', 20);
    await journal.until('hook');
    client.leave();
    while (active() > 0) await turns(1);
    expect(journal.has('handler')).toBe(false);
    expect(journal.entries[1]).toMatch(/^res failed aborted/);
  });

  it('of a client that leaves after its body was read waits for the handler', async () => {
    const { app, journal, active } = await setUp();
    app.post(
      '/',
      inject([Res], async (_request, reply, res) => {
        journal.add('begun');
        await once(reply.raw, 'close');
        await turns();
        journal.add(`still ${res.name}`);
      }),
    );
    const client = (await Client.connect(await listen(app))).post('/', '{}');
    await journal.until('begun');
    client.leave();
    await journal.until('res ok aborted');
    expect(journal.entries).toEqual(['begun', 'still res', 'res ok aborted']);
    expect(active()).toBe(0);
  });

  it('of a client that leaves during the response is disposed as aborted', async () => {
    const { app, journal } = await setUp();
    app.get(
      '/',
      inject([Res], async (_request, reply) => {
        const endless = new Readable({
          read() {
            this.push('x'.repeat(65_536));
          },
        });
        return reply.send(endless);
      }),
    );
    const client = (await Client.connect(await listen(app))).get('/');
    await client.hears('xxx');
    client.leave();
    await journal.until('res ok aborted');
  });

  it('lives until a stream has been sent', async () => {
    const { app, journal } = await setUp();
    const parts = new Readable({ read: () => undefined });
    app.get(
      '/',
      inject([Res], async (_request, reply) => reply.type('text/plain').send(parts)),
    );
    const client = (await Client.connect(await listen(app))).get('/');
    parts.push('first');
    await client.hears('first');
    await turns();
    expect(journal.entries).toEqual([]);
    parts.push(null);
    await journal.until('res ok');
  });

  it('is disposed when a hook has sent the reply', async () => {
    const { app, journal, active } = await setUp();
    app.addHook('preHandler', async (request, reply) => {
      request.scope.get(Res);
      return reply.code(401).send('who are you?');
    });
    app.get('/', async () => {
      journal.add('handler');
    });
    expect((await app.inject('/')).statusCode).toBe(401);
    await journal.until('res ok');
    expect(journal.entries).toEqual(['res ok']);
    expect(active()).toBe(0);
  });

  it('is told what the handler threw', async () => {
    const { app, journal } = await setUp();
    app.get(
      '/async',
      inject([Res], async () => {
        throw new Error('async');
      }),
    );
    app.get(
      '/sync',
      inject([Res], () => {
        throw new Error('sync');
      }),
    );
    app.get('/sent', (request, reply) => {
      request.scope.get(Res);
      void reply.send(new Error('sent'));
    });
    for (const how of ['async', 'sync', 'sent']) {
      expect((await app.inject(`/${how}`)).statusCode).toBe(500);
      await journal.until(`res failed ${how}`);
    }
  });

  it('is told what validation found', async () => {
    const { app, journal } = await setUp();
    app.addHook('onRequest', async (request) => {
      request.scope.get(Res);
    });
    const schema = { querystring: { type: 'object', required: ['page'] } };
    app.get('/', { schema }, async () => 'never');
    expect((await app.inject('/')).statusCode).toBe(400);
    await turns();
    expect(journal.entries[0]).toMatch(/^res failed querystring must have/);
  });

  it('of a reply that was hijacked lives until that is closed', async () => {
    const { app, journal, active } = await setUp();
    app.get('/', (request, reply) => {
      request.scope.get(Res);
      request.scope.get(Tx);
      reply.hijack();
      reply.raw.write('HTTP by hand');
      journal.add('hijacked');
    });
    const client = (await Client.connect(await listen(app))).get('/');
    await client.hears('HTTP by hand');
    await turns();
    expect(active()).toBe(1);
    client.leave();
    await journal.until('res ok aborted');
    expect(active()).toBe(0);
  });

  it('of a reply that was hijacked and ended is disposed, handler services before', async () => {
    const { app, journal } = await setUp();
    app.get(
      '/',
      inject([Res, Tx], async (_request, reply) => {
        reply.hijack();
        await turns();
        reply.raw.end('by hand');
      }),
    );
    expect((await app.inject('/')).body).toBe('by hand');
    await journal.until('res ok');
    expect(journal.entries).toEqual(['tx ok', 'res ok']);
  });

  it('ends what stands at the handler of a hijacked reply when the handler has settled', async () => {
    const { app, journal } = await setUp();
    let end: (() => void) | undefined;
    app.get(
      '/',
      inject([Res, Tx], async (_request, reply) => {
        reply.hijack();
        end = () => void reply.raw.end('by hand');
      }),
    );
    const client = (await Client.connect(await listen(app))).get('/');
    await journal.until('tx ok');
    expect(journal.entries).toEqual(['tx ok']);
    end?.();
    await client.hears('by hand');
    await journal.until('res ok');
  });

  it('of a reply that a hook has hijacked ends with it', async () => {
    const { app, journal } = await setUp();
    app.addHook('preHandler', async (request, reply) => {
      request.scope.get(Res);
      reply.hijack();
      reply.raw.end('by hand');
    });
    app.get('/', async () => journal.add('handler'));
    expect((await app.inject('/')).body).toBe('by hand');
    await journal.until('res ok');
    expect(journal.entries).toEqual(['res ok']);
  });

  it('of a client that has left does not wait for hooks of a reply that nobody gets', async () => {
    const { app, journal, active } = await setUp();
    const late = gate();
    onTestFinished(() => late.open());
    app.addHook('preHandler', async (request, reply) => {
      request.scope.get(Res);
      journal.add('hook');
      await once(reply.raw, 'close');
      throw new Error('no entry');
    });
    app.addHook('onSend', async () => late.passed);
    app.get('/', async () => 'never');
    const client = (await Client.connect(await listen(app))).get('/');
    await journal.until('hook');
    client.leave();
    await journal.until('res failed aborted no entry');
    expect(active()).toBe(0);
  });

  it('of a handler with callbacks lives until it has sent the reply', async () => {
    const { app, journal, active } = await setUp();
    const later = gate();
    app.get('/', (request, reply) => {
      request.scope.get(Res);
      journal.add('begun');
      void later.passed.then(() => {
        journal.add(`still ${request.scope.get(Res).name}`);
        return reply.send('late');
      });
    });
    const client = (await Client.connect(await listen(app))).get('/');
    await journal.until('begun');
    client.leave();
    await turns();
    expect(active()).toBe(1);
    later.open();
    await journal.until('res ok aborted');
    expect(journal.entries).toEqual(['begun', 'still res', 'res ok aborted']);
  });

  it('is disposed of a request without a route, if a hook used it', async () => {
    const { app, journal, active } = await setUp();
    app.addHook('onRequest', async (request) => {
      request.scope.get(Res);
    });
    expect((await app.inject('/nowhere')).statusCode).toBe(404);
    while (active() > 0) await turns(1);
    expect(journal.entries).toHaveLength(1);
  });

  it('is disposed when a handler calls for the answer to what was not found', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    await app.register(async (inner) => {
      await inner.register(di, { container: journaled(journal) });
      inner.get('/', (request, reply) => {
        request.scope.get(Res);
        reply.callNotFound();
      });
    });
    expect((await app.inject('/')).statusCode).toBe(404);
    await journal.until('res ok');
  });

  it('is disposed after a handler that was timed out has settled', async () => {
    const { app, journal, active } = await setUp();
    const rest = gate();
    app.get(
      '/',
      inject([Res], async (request, _reply, res) => {
        journal.add('begun');
        // As the server's own timeouts do.
        request.raw.socket.setTimeout(10);
        await rest.passed;
        journal.add(`still ${res.name}`);
      }),
    );
    const client = (await Client.connect(await listen(app))).get('/');
    await client.closed();
    await turns();
    expect(active()).toBe(1);
    rest.open();
    await journal.until('res ok aborted');
    expect(journal.entries).toEqual(['begun', 'still res', 'res ok aborted']);
  });

  it('behind another request of a connection that closes is disposed, too', async () => {
    const { app, journal, active } = await setUp();
    const go = gate();
    app.post(
      '/:n',
      inject([Res], async (request) => {
        journal.add(`begun ${(request.params as { n: string }).n}`);
        await go.passed;
      }),
    );
    const port = await listen(app);
    const connection = new Promise<Socket>((resolve) => app.server.once('connection', resolve));
    const client = await Client.connect(port);
    for (let i = 0; i < 12; i++) client.post(`/${i}`, '{}');
    await journal.until('begun 11');
    expect(active()).toBe(12);
    client.leave();
    await once(await connection, 'close');
    go.open();
    while (active() > 0) await turns(1);
    expect(journal.entries.filter((entry) => entry === 'res ok aborted')).toHaveLength(12);
  });

  it('behind another request is disposed when its own turn is over', async () => {
    const { app, journal, active } = await setUp();
    const go = gate();
    app.get(
      '/first',
      inject([Res], async () => go.passed.then(() => 'first')),
    );
    app.get(
      '/second',
      inject([Res], async () => 'second'),
    );
    const client = (await Client.connect(await listen(app))).get('/first').get('/second');
    while (active() < 2) await turns(1);
    go.open();
    await client.hears('second');
    while (active() > 0) await turns(1);
    expect(journal.entries).toEqual(['res ok', 'res ok']);
  });

  it('is disposed by force when the handler has not settled in time, and says so', async () => {
    const lines: string[] = [];
    const logger = { level: 'warn', stream: { write: (line: string) => void lines.push(line) } };
    const { app, journal, active } = await setUp({ disposeGrace: 20 }, { logger });
    const never = gate();
    onTestFinished(() => never.open());
    app.get(
      '/stuck/:id',
      inject([Res], async () => never.passed),
    );
    const client = (await Client.connect(await listen(app))).get('/stuck/7');
    while (active() < 1) await turns(1);
    client.leave();
    await journal.until('res failed aborted');
    expect(app.di.stats().scopes).toMatchObject({ active: 0, forced: 1 });
    const warning = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(warning).toContainEqual(
      expect.objectContaining({ code: 'CATZ_WARN_DI_FORCED', route: 'GET /stuck/:id', grace: 20 }),
    );
  });

  it('waits for what it was told to hold', async () => {
    const { app, journal, active } = await setUp();
    const mail = gate();
    app.get('/', async (request) => {
      request.scope.get(Res);
      request.scope.hold(
        mail.passed.then(() => journal.add(`sent with ${request.scope.get(Res).name}`)),
      );
      return 'soon';
    });
    await app.inject('/');
    await turns();
    expect(active()).toBe(1);
    mail.open();
    await journal.until('res ok');
    expect(journal.entries).toEqual(['sent with res', 'res ok']);
  });

  it('waits for what it was told to hold while it was waiting', async () => {
    const { app, journal } = await setUp();
    const first = gate();
    const second = gate();
    app.get('/', async (request) => {
      const { scope } = request;
      scope.get(Res);
      scope.hold(first.passed.then(() => scope.hold(second.passed)));
      return 'soon';
    });
    await app.inject('/');
    first.open();
    await turns();
    expect(journal.entries).toEqual([]);
    second.open();
    await journal.until('res ok');
  });

  it('is not disposed twice when what it holds ends after the grace', async () => {
    const { app, journal } = await setUp({ disposeGrace: 10 });
    const late = gate();
    app.get('/', async (request) => {
      request.scope.get(Res);
      request.scope.hold(late.passed);
      return 'soon';
    });
    await app.inject('/');
    await journal.until('res failed');
    late.open();
    await turns();
    expect(journal.entries).toEqual(['res failed']);
  });

  it.each(['at once', 'later'])('logs and counts a disposer that fails %s', async (when) => {
    const lines: string[] = [];
    const logger = { level: 'error', stream: { write: (line: string) => void lines.push(line) } };
    const journal = new Journal();
    const container = defineContainer()
      .scoped(Res, [], () => ({ name: 'res' }), {
        dispose: () => {
          journal.add('failing');
          if (when === 'at once') throw new Error('cannot end');
          return turns(1).then(() => Promise.reject(new Error('cannot end')));
        },
      })
      .scoped(Tx, [Res], () => ({ name: 'tx' }), { dispose: () => journal.add('other') });
    const { app, active } = await setUp({ container }, { logger });
    app.get(
      '/',
      inject([Tx], async () => 'x'),
    );
    expect((await app.inject('/')).body).toBe('x');
    while (active() > 0) await turns(1);
    await turns(1);
    expect(journal.entries).toEqual(['other', 'failing']);
    expect(lines.join('')).toMatch(/CATZ_DI_DISPOSE_FAILED/);
    const { tokens } = app.di.stats();
    expect(tokens).toContainEqual(expect.objectContaining({ token: 'res', disposeErrors: 1 }));
  });

  it.each(['at once', 'later'])(
    'logs a disposer at the handler of a hijacked reply that fails %s',
    async (when) => {
      const lines: string[] = [];
      const logger = { level: 'error', stream: { write: (line: string) => void lines.push(line) } };
      const container = defineContainer().scoped(Tx, [], () => ({ name: 'tx' }), {
        disposeAt: 'handler',
        dispose: () => {
          if (when === 'at once') throw new Error('cannot end');
          return turns(1).then(() => Promise.reject(new Error('cannot end')));
        },
      });
      const { app, active } = await setUp({ container }, { logger });
      app.get(
        '/',
        inject([Tx], async (_request, reply) => {
          reply.hijack();
          reply.raw.end('by hand');
        }),
      );
      expect((await app.inject('/')).body).toBe('by hand');
      while (active() > 0 || lines.length === 0) await turns(1);
      expect(lines.join('')).toMatch(/cannot end/);
    },
  );

  it('cannot be used when it is over', async () => {
    const { app, journal } = await setUp();
    let late: (() => unknown) | undefined;
    app.get('/', async (request) => {
      request.scope.get(Res);
      late = () => request.scope.get(Res);
      return 'x';
    });
    app.get('/unused', (request) => {
      late = () => request.scope.get(Res);
      return 'x';
    });
    for (const url of ['/', '/unused']) {
      await app.inject(url);
      await turns();
      expect(() => late?.()).toThrow(expect.objectContaining({ code: 'CATZ_DI_SCOPE_CLOSED' }));
    }
    expect(journal.entries).toEqual(['res ok']);
    expect(app.di.stats().scopes.active).toBe(0);
  });

  it('is disposed at once where an asynchronous handler opens it after all is over', async () => {
    const { app, journal, active } = await setUp();
    let late: (() => unknown) | undefined;
    app.get('/', async (request) => {
      late = () => request.scope.get(Res);
      return 'x';
    });
    const client = (await Client.connect(await listen(app))).get('/');
    await client.hears('x');
    await turns();
    late?.();
    await journal.until('res ok');
    expect(active()).toBe(0);
    expect(() => late?.()).toThrow(expect.objectContaining({ code: 'CATZ_DI_SCOPE_CLOSED' }));
  });

  it('can be used by hooks after the reply', async () => {
    const { app, journal } = await setUp();
    app.addHook('onSend', async (request) => {
      journal.add(`onSend ${request.scope.get(Res).name}`);
    });
    app.addHook('onResponse', (request, _reply, done) => {
      journal.add(`onResponse ${request.scope.get(Res).name}`);
      done();
    });
    app.addHook(
      'onResponse',
      inject([Res], async (_request, _reply, res) => {
        await turns();
        journal.add(`later ${res.name}`);
      }),
    );
    app.get('/', async () => 'x');
    await app.inject('/');
    await journal.until('res ok');
    expect(journal.entries).toEqual(['onSend res', 'onResponse res', 'later res', 'res ok']);
  });

  it('used and ended by a hook that was there before the plugin is disposed', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    app.addHook('onRequest', async (request, reply) => {
      request.scope.get(Res);
      return reply.send('x');
    });
    await app.register(di, { container: journaled(journal) });
    app.get('/', async () => 'never');
    expect((await app.inject('/')).body).toBe('x');
    await journal.until('res ok');
    const client = (await Client.connect(await listen(app))).get('/');
    await client.hears('x');
    while (app.di.stats().scopes.active > 0) await turns(1);
    expect(journal.entries).toEqual(['res ok', 'res ok']);
  });

  it('used by a hook that was there before the plugin is disposed when the client leaves', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    app.addHook('onRequest', async (request) => {
      request.scope.get(Res);
      journal.add('hook');
      await once(request.raw.socket, 'close');
      throw new Error('no more');
    });
    await app.register(di, { container: journaled(journal) });
    app.get('/', async () => 'never');
    const client = (await Client.connect(await listen(app))).get('/');
    await journal.until('hook');
    client.leave();
    await journal.until('res failed aborted no more');
  });

  it('of HTTP/2 ends with its stream, finished or aborted', async () => {
    const { app, journal, active } = await setUp({}, { http2: true });
    app.get(
      '/ok',
      inject([Res], async (_request, _reply, res) => res),
    );
    app.get(
      '/wait',
      inject([Res, Signal], async (_request, _reply, _res, signal) => {
        journal.add('begun');
        await once(signal, 'abort');
        journal.add('settled');
      }),
    );
    const session = http2.connect(`http://127.0.0.1:${await listen(app)}`);
    onTestFinished(() => session.destroy());
    session.request({ ':path': '/ok' }).resume();
    await journal.until('res ok');
    const stream = session.request({ ':path': '/wait' });
    await journal.until('begun');
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await journal.until('res ok aborted');
    expect(journal.entries).toEqual(['res ok', 'begun', 'settled', 'res ok aborted']);
    expect(active()).toBe(0);
  });

  it('used by a hook that was there before the plugin is disposed', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    app.addHook('onRequest', async (request) => {
      request.scope.get(Res);
    });
    await app.register(di, { container: journaled(journal) });
    app.get('/', async () => 'x');
    await app.inject('/');
    await journal.until('res ok');
    expect(app.di.stats().scopes.active).toBe(0);
  });
});

describe.each(versions)('disposers at the handler, on Fastify $version,', ({ make }) => {
  it('run before the payload is sent', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    await app.register(di, { container: journaled(journal) });
    app.get(
      '/',
      inject([Tx, Res], async (_request, reply, tx) => {
        reply.raw.once('finish', () => journal.add('finish'));
        return tx;
      }),
    );
    await app.inject('/');
    await journal.until('res ok');
    expect(journal.entries).toEqual(['tx ok', 'finish', 'res ok']);
  });

  it.each(['inject', 'scope', 'send', 'callback', 'sync'])(
    'fail the request with what they throw (%s)',
    async (how) => {
      const app = makeApp(make);
      const journal = new Journal();
      await app.register(di, { container: journaled(journal, 'tx') });
      app.setErrorHandler((error: Error, _request, reply) => reply.code(409).send(error.message));
      const handlers = {
        inject: inject([Tx], async () => 'done'),
        scope: async ({ scope }: { scope: FastifyScope }) => scope.get(Tx) && 'done',
        send: async ({ scope }: { scope: FastifyScope }, reply: FastifyReply) => {
          scope.get(Tx);
          return reply.send('done');
        },
        callback: ({ scope }: { scope: FastifyScope }, reply: FastifyReply) => {
          scope.get(Tx);
          setImmediate(() => void reply.send('done'));
        },
        sync: ({ scope }: { scope: FastifyScope }) => scope.get(Tx) && 'done',
      };
      app.get('/', handlers[how as 'inject'] as never);
      const { statusCode, body } = await app.inject('/');
      expect({ statusCode, body }).toEqual({ statusCode: 409, body: 'tx cannot end' });
      expect(journal.entries).toEqual(['tx ok']);
    },
  );

  it('hear of the error, and do not replace it when they fail, too', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    await app.register(di, { container: journaled(journal, 'tx') });
    app.get(
      '/',
      inject([Tx], async () => {
        throw Object.assign(new Error('taken'), { statusCode: 409 });
      }),
    );
    const { statusCode, body } = await app.inject('/');
    expect(statusCode).toBe(409);
    expect(body).toContain('taken');
    expect(journal.entries).toEqual(['tx failed taken']);
  });

  it('can be asynchronous', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    const container = defineContainer().scoped(Tx, [], () => ({ name: 'tx' }), {
      disposeAt: 'handler',
      dispose: async () => {
        await turns();
        journal.add('committed');
        throw new Error('serialization failure');
      },
    });
    await app.register(di, { container });
    app.get(
      '/',
      inject([Tx], async () => 'done'),
    );
    const { statusCode, body } = await app.inject('/');
    expect(statusCode).toBe(500);
    expect(body).toContain('serialization failure');
    expect(journal.entries).toEqual(['committed']);
  });

  it('run when the handler has settled where the client has left', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    await app.register(di, { container: journaled(journal) });
    app.get(
      '/',
      inject([Tx, Res], async (_request, reply) => {
        journal.add('begun');
        await once(reply.raw, 'close');
      }),
    );
    const client = (await Client.connect(await listen(app))).get('/');
    await journal.until('begun');
    client.leave();
    await journal.until('res ok aborted');
    expect(journal.entries).toEqual(['begun', 'tx ok aborted', 'res ok aborted']);
  });

  it('run where a payload cannot be serialized, and hear of it', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    await app.register(di, { container: journaled(journal) });
    app.get(
      '/',
      inject([Tx], async () => ({ big: 1n })),
    );
    expect((await app.inject('/')).statusCode).toBe(500);
    expect(journal.entries[0]).toMatch(/^tx failed .*BigInt/);
  });
});
