// When the scope of a request is disposed whose client leaves: while it is asked, handled, or answered, alone or pipelined.
import { once } from 'node:events';
import http2 from 'node:http2';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Signal, di, inject } from '../../src/index.ts';
import { Res, journaled, setUp } from './journaled.ts';
import { Client, Journal, gate, listen, makeApp, turns, versions } from './support.ts';

describe.each(versions)('the scope of a request, on Fastify $version,', ({ make }) => {
  it('outlives a client that leaves while the handler runs', async () => {
    const { app, journal, active } = await setUp(make);
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
    const { app, journal } = await setUp(make);
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
    const { app, journal, active } = await setUp(make);
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
    const { app, journal, active } = await setUp(make);
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
    const { app, journal, active } = await setUp(make);
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
    const { app, journal, active } = await setUp(make);
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
    const { app, journal } = await setUp(make);
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

  it('of a client that leaves before it has taken the whole response is disposed as aborted', async () => {
    const { app, journal } = await setUp(make);
    app.get(
      '/',
      inject([Res], async () => 'x'.repeat(30_000_000)),
    );
    const client = await Client.connect(await listen(app));
    client.socket.pause();
    client.get('/');
    while (app.di.stats().scopes.active === 0) await turns(1);
    await turns(5);
    expect(journal.entries).toEqual([]);
    client.leave();
    await journal.until('res ok aborted');
  });

  it('of a client that has left can be used by hooks that still see the reply', async () => {
    const { app, journal } = await setUp(make);
    app.addHook('onSend', (request, _reply, _payload, done) => {
      journal.add(`onSend ${request.scope.get(Res).name}`);
      done();
    });
    app.get(
      '/',
      inject([Res], async (_request, reply) => {
        journal.add('begun');
        await once(reply.raw, 'close');
        return 'nobody hears this';
      }),
    );
    const client = (await Client.connect(await listen(app))).get('/');
    await journal.until('begun');
    client.leave();
    await journal.until('res ok aborted');
    expect(journal.entries).toEqual(['begun', 'onSend res', 'res ok aborted']);
  });

  it('of a client that has left does not wait for hooks of a reply that nobody gets', async () => {
    const { app, journal, active } = await setUp(make);
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

  it('is disposed after a handler that was timed out has settled', async () => {
    const { app, journal, active } = await setUp(make);
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
    const { app, journal, active } = await setUp(make);
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

  it('that is opened when the connection has closed before the turn of the reply is aborted', async () => {
    const { app, journal, active } = await setUp(make);
    app.get('/first', async (request) => once(request.raw.socket, 'close').then(() => 'first'));
    app.get('/second', async (request) => {
      journal.add('begun');
      await once(request.raw.socket, 'close');
      request.scope.get(Res);
    });
    const client = (await Client.connect(await listen(app))).get('/first').get('/second');
    await journal.until('begun');
    client.leave();
    await journal.until('res ok aborted');
    expect(active()).toBe(0);
  });

  it('of a reply that never had its turn is aborted', async () => {
    const { app, journal, active } = await setUp(make);
    app.get('/first', async (request) => once(request.raw.socket, 'close').then(() => 'first'));
    app.get(
      '/second',
      inject([Res], async () => {
        setImmediate(() => journal.add('sent'));
        return 'second';
      }),
    );
    const client = (await Client.connect(await listen(app))).get('/first').get('/second');
    await journal.until('sent');
    expect(active()).toBe(1);
    client.leave();
    await journal.until('res ok aborted');
    expect(active()).toBe(0);
  });

  it('behind another request is disposed when its own turn is over', async () => {
    const { app, journal, active } = await setUp(make);
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
    const { app, journal, active } = await setUp(make, {}, { http2: true });
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
    app.get(
      '/big',
      inject([Res], async () => 'x'.repeat(1_000_000)),
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
    // More than the stream's window: the client leaves while the rest is waiting.
    const big = session.request({ ':path': '/big' });
    await once(big, 'response');
    journal.entries.length = 0;
    big.close(http2.constants.NGHTTP2_CANCEL);
    await journal.until('res ok aborted');
    expect(active()).toBe(0);
  });
});
