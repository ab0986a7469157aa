// Scopes that hooks use: before and after the handler, instead of it, and before the plugin itself.
import { describe, expect, it } from 'vitest';
import { di, inject } from '../../src/index.ts';
import { Res, journaled, setUp } from './journaled.ts';
import { Client, Journal, listen, makeApp, turns, versions } from './support.ts';

describe.each(versions)('the scope of a request, on Fastify $version,', ({ make }) => {
  it('is disposed when a hook has sent the reply', async () => {
    const { app, journal, active } = await setUp(make);
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

  it('of a reply that a hook has hijacked ends with it', async () => {
    const { app, journal } = await setUp(make);
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

  it('is disposed of a request without a route, if a hook used it', async () => {
    const { app, journal, active } = await setUp(make);
    app.addHook('onRequest', async (request) => {
      request.scope.get(Res);
    });
    expect((await app.inject('/nowhere')).statusCode).toBe(404);
    while (active() > 0) await turns(1);
    expect(journal.entries).toHaveLength(1);
  });

  it('can be used by hooks after the reply', async () => {
    const { app, journal } = await setUp(make);
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

  it('used by a hook that was there before the plugin ends with a reply that is hijacked', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    app.addHook('onRequest', async (request) => {
      request.scope.get(Res);
    });
    await app.register(di, { container: journaled(journal) });
    app.get('/', async (_request, reply) => {
      reply.hijack();
      reply.raw.end('by hand');
    });
    await app.inject('/');
    await journal.until('res ok');
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
