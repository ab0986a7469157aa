// Disposers that stand at the handler: before the payload is sent, and what becomes of their failure.
import { once } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { defineContainer, di, inject } from '../../src/index.ts';
import { Res, Tx, journaled } from './journaled.ts';
import { Client, Journal, listen, makeApp, turns, versions } from './support.ts';

type FastifyScope = FastifyRequest['scope'];

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

  it('that are asynchronous let a payload that cannot be sent be an error of the request', async () => {
    const app = makeApp(make);
    const container = defineContainer().scoped(Tx, [], () => ({ name: 'tx' }), {
      disposeAt: 'handler',
      dispose: async () => turns(1),
    });
    await app.register(di, { container });
    app.get(
      '/',
      inject([Tx], async (_request, reply) => reply.type('image/png').send({ no: 'picture' })),
    );
    const { statusCode, body } = await app.inject('/');
    expect(statusCode).toBe(500);
    expect(body).toContain('FST_ERR_REP_INVALID_PAYLOAD_TYPE');
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
