// When the scope of a request is disposed, on the oldest and on the newest Fastify: whatever way a request ends whose client stays.
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { di, inject } from '../../src/index.ts';
import { Res, Tx, journaled, setUp } from './journaled.ts';
import { Client, Journal, gate, listen, makeApp, turns, versions } from './support.ts';

describe.each(versions)('the scope of a request, on Fastify $version,', ({ make }) => {
  it('is disposed when the response is closed', async () => {
    const { app, journal, active } = await setUp(make);
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
    const { app, journal, active } = await setUp(make);
    app.get(
      '/',
      inject([Res], async (_request, _reply, res) => res),
    );
    expect((await app.inject('/')).json()).toEqual({ name: 'res' });
    await journal.until('res ok');
    expect(active()).toBe(0);
  });

  it('outlives the response while the handler goes on', async () => {
    const { app, journal } = await setUp(make);
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
    const { app, journal, active } = await setUp(make);
    app.get('/', async (request) => {
      await turns(1);
      return request.scope.get(Res).name;
    });
    expect((await app.inject('/')).body).toBe('res');
    await journal.until('res ok');
    expect(active()).toBe(0);
  });

  it('lives until a stream has been sent', async () => {
    const { app, journal } = await setUp(make);
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

  it('is told what the handler threw', async () => {
    const { app, journal } = await setUp(make);
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
    const { app, journal } = await setUp(make);
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
    const { app, journal, active } = await setUp(make);
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
    const { app, journal } = await setUp(make);
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
    const { app, journal } = await setUp(make);
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

  it('of a handler with callbacks lives until it has sent the reply', async () => {
    const { app, journal, active } = await setUp(make);
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
});
