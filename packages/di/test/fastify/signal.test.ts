// Signal in the scope of a request: aborts when the client leaves or the handler is timed out, and at no other time.
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Signal, defineContainer, di, inject, token } from '../../src/index.ts';
import { Client, Journal, gate, listen, makeApp, turns, versions } from './support.ts';

describe.each(versions)('the signal of a request, on Fastify $version,', ({ version, make }) => {
  it.each(['GET', 'POST'] as const)('aborts when the client leaves: %s', async (method) => {
    const app = makeApp(make);
    const journal = new Journal();
    await app.register(di, { container: defineContainer() });
    app.route({
      method,
      url: '/',
      handler: inject([Signal], async (_request, _reply, signal) => {
        journal.add('begun');
        await once(signal, 'abort');
        journal.add('aborted');
      }),
    });
    const client = await Client.connect(await listen(app));
    if (method === 'GET') client.get('/');
    else client.post('/', '{}');
    await journal.until('begun');
    client.leave();
    await journal.until('aborted');
  });

  it('does not abort because a body was read or the reply was sent', async () => {
    const app = makeApp(make);
    let kept: AbortSignal | undefined;
    await app.register(di, { container: defineContainer() });
    app.post(
      '/',
      inject([Signal], async (_request, _reply, signal) => {
        await turns(5);
        kept = signal;
        return { aborted: signal.aborted };
      }),
    );
    const client = (await Client.connect(await listen(app))).post('/', '{}');
    await client.hears('{"aborted":false}');
    while (app.di.stats().scopes.active > 0) await turns(1);
    expect(kept?.aborted).toBe(false);
  });

  it('is aborted already where it is asked for after the client has left', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    const Res = token<string>('res');
    await app.register(di, { container: defineContainer().scoped(Res, [], () => 'res') });
    app.get('/', async (request, reply) => {
      request.scope.get(Res);
      journal.add('begun');
      await once(reply.raw, 'close');
      journal.add(`aborted ${request.scope.get(Signal).aborted}`);
    });
    const client = (await Client.connect(await listen(app))).get('/');
    await journal.until('begun');
    client.leave();
    await journal.until('aborted true');
  });

  it('is aborted already where the scope is opened after the client has left', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    await app.register(di, { container: defineContainer() });
    app.get('/', async (request, reply) => {
      journal.add('begun');
      await once(reply.raw, 'close');
      journal.add(`aborted ${request.scope.get(Signal).aborted}`);
    });
    const client = (await Client.connect(await listen(app))).get('/');
    await journal.until('begun');
    client.leave();
    await journal.until('aborted true');
    while (app.di.stats().scopes.active > 0) await turns(1);
  });

  it('aborts when the handler is timed out, and the scope waits for the handler', async (context) => {
    if (version === '5.5.0') context.skip('Fastify 5.5 has no handlerTimeout');
    const app = makeApp(make);
    const journal = new Journal();
    const rest = gate();
    const Res = token<string>('res');
    await app.register(di, {
      container: defineContainer().scoped(Res, [], () => 'res', {
        dispose: (_res, { ok }) => journal.add(`res ${ok ? 'ok' : 'failed'}`),
      }),
    });
    app.get(
      '/',
      { handlerTimeout: 20 },
      inject([Signal, Res], async (_request, _reply, signal) => {
        await once(signal, 'abort');
        journal.add(String((signal.reason as { code: string }).code));
        await rest.passed;
        journal.add('settled');
        return 'nobody hears this';
      }),
    );
    expect((await app.inject('/')).statusCode).toBe(503);
    await turns();
    expect(journal.entries).toEqual(['FST_ERR_HANDLER_TIMEOUT']);
    rest.open();
    await journal.until('res failed');
    expect(journal.entries).toEqual(['FST_ERR_HANDLER_TIMEOUT', 'settled', 'res failed']);
  });

  it('stays quiet in time under a handlerTimeout', async (context) => {
    if (version === '5.5.0') context.skip('Fastify 5.5 has no handlerTimeout');
    const app = makeApp(make);
    await app.register(di, { container: defineContainer() });
    app.post(
      '/',
      { handlerTimeout: 5_000 },
      inject([Signal], async (_request, _reply, signal) => {
        await turns(5);
        return { aborted: signal.aborted };
      }),
    );
    const client = (await Client.connect(await listen(app))).post('/', '{}');
    await client.hears('{"aborted":false}');
  });
});
