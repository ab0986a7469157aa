// Requests keep the generation that they began with, and drained() knows when the last of them is over.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { describe, expect, test } from 'vitest';
import { VERSIONS } from '../fastify/versions.ts';
import {
  coded,
  get,
  isSettled,
  listen,
  makeTable,
  received,
  send,
  settle,
  turnstile,
  until,
} from './apps.ts';

const text = (url: string, answer: string) => ({ method: 'GET', url, handler: async () => answer });

/** A client that asks for /t/a and can leave; the server sees it some time later. */
async function visit(app: FastifyInstance): Promise<{ closed: Promise<void>; leave: () => void }> {
  const closed = new Promise<void>((resolve) => {
    app.server.once('connection', (socket) => socket.once('close', () => resolve()));
  });
  const socket = send(await listen(app), 'GET /t/a HTTP/1.1\r\nhost: a\r\n\r\n');
  return { closed, leave: () => void socket.destroy() };
}

describe.each(VERSIONS)('on Fastify %s', (_version, make) => {
  test.each(['onRequest', 'preValidation', 'preHandler'] as const)(
    'a request that waits in its %s keeps its handler, whatever is committed meanwhile',
    async (hook) => {
      const { app, table } = await makeTable(make);
      const wait = turnstile();
      table.add({ ...text('/a', 'old'), [hook]: wait.pass });
      const first = table.commit();
      const answer = get(app, '/t/a');
      await wait.reached;
      table.replace(text('/a', 'new'));
      table.commit();
      table.remove('GET', '/a');
      table.commit();
      const drained = table.drained(first);
      expect(await isSettled(drained)).toBe(false);
      expect(table.stats().inFlight).toEqual({ [first]: 1 });
      wait.open();
      expect(await answer).toBe('old');
      await drained;
      expect(table.stats().inFlight).toEqual({});
      expect((await app.inject('/t/a')).statusCode).toBe(404);
    },
  );

  test('a request that waits in its body, or in a hook of the scope, keeps its handler', async () => {
    const wait = turnstile();
    const { app, table } = await makeTable(
      make,
      {},
      { before: (root) => void root.addHook('preValidation', wait.pass) },
    );
    const handler = async (request: FastifyRequest) => request.body;
    table.add({ method: 'POST', url: '/a', handler });
    const answer = app.inject({ method: 'POST', url: '/t/a', payload: { b: 1 } });
    await wait.reached;
    table.replace({ method: 'POST', url: '/a', handler: async () => 'new' });
    table.commit();
    wait.open();
    expect((await answer).body).toBe('{"b":1}');
  });

  test('a request that waits in an onRequest hook of the scope has no generation yet', async () => {
    const wait = turnstile();
    const { app, table } = await makeTable(
      make,
      {},
      { before: (root) => void root.addHook('onRequest', wait.pass) },
    );
    table.add(text('/a', 'old'));
    const first = table.commit();
    const answer = get(app, '/t/a');
    await wait.reached;
    table.replace(text('/a', 'new'));
    table.commit();
    await table.drained(first);
    wait.open();
    expect(await answer).toBe('new');
  });

  test('drained waits for earlier generations, and not for later ones', async () => {
    const { app, table } = await makeTable(make);
    const waits = [turnstile(), turnstile(), turnstile()];
    const answers: Promise<string>[] = [];
    for (const [i, wait] of waits.entries()) {
      table.replace({ ...text('/a', String(i)), preHandler: wait.pass });
      expect(table.commit()).toBe(i + 1);
      answers.push(get(app, '/t/a'));
      await wait.reached;
    }
    const [first, second, third] = [1, 2, 3].map((generation) => table.drained(generation));
    await table.drained(0);
    waits[1]!.open();
    expect(await answers[1]).toBe('1');
    expect(await isSettled(first!)).toBe(false);
    expect(await isSettled(second!)).toBe(false);
    waits[0]!.open();
    await Promise.all([first, second]);
    expect(await isSettled(third!)).toBe(false);
    waits[2]!.open();
    await third;
  });

  test('a stream is in flight until it has been sent', async () => {
    const { app, table } = await makeTable(make);
    const wait = turnstile();
    table.add({
      method: 'GET',
      url: '/a',
      async handler(_request, reply) {
        const { PassThrough } = await import('node:stream');
        const stream = new PassThrough();
        stream.write('begin ');
        void wait.pass().then(() => stream.end('end'));
        return reply.send(stream);
      },
    });
    const generation = table.commit();
    const answer = get(app, '/t/a');
    await wait.reached;
    table.remove('GET', '/a');
    table.commit();
    const drained = table.drained(generation);
    expect(await isSettled(drained)).toBe(false);
    wait.open();
    expect(await answer).toBe('begin end');
    await drained;
  });

  test('handlers that go on after their answers are in flight until they return, each for itself', async () => {
    const { app, table } = await makeTable(make);
    const waits = [turnstile(), turnstile()];
    for (const [i, wait] of waits.entries()) {
      table.add({
        method: 'GET',
        url: `/${i}`,
        async handler(_request, reply) {
          reply.send('early');
          await wait.pass();
        },
      });
    }
    const generation = table.commit();
    for (const i of waits.keys()) expect(await get(app, `/t/${i}`)).toBe('early');
    const drained = table.drained(generation);
    waits[0]!.open();
    expect(await isSettled(drained)).toBe(false);
    expect(table.stats().inFlight).toEqual({ [generation]: 1 });
    waits[1]!.open();
    await drained;
    expect(table.stats().inFlight).toEqual({});
  });

  test('so is a hook that goes on after its answer', async () => {
    const { app, table } = await makeTable(make);
    const wait = turnstile();
    table.add({
      ...text('/a', 'never'),
      async preHandler(_request, reply) {
        reply.send('early');
        await wait.pass();
      },
    });
    const generation = table.commit();
    expect(await get(app, '/t/a')).toBe('early');
    const drained = table.drained(generation);
    expect(await isSettled(drained)).toBe(false);
    wait.open();
    await drained;
  });

  test.each([
    [
      'a handler that throws',
      {
        handler: () => {
          throw new Error('thrown');
        },
      },
    ],
    ['a handler that rejects', { handler: () => Promise.reject(new Error('rejected')) }],
    [
      'a handler that answers later',
      { handler: (_: unknown, reply: FastifyReply) => void setImmediate(() => reply.send('x')) },
    ],
    [
      'a handler that answers by itself',
      {
        handler: (_: unknown, reply: FastifyReply) => {
          reply.hijack();
          reply.raw.end('x');
        },
      },
    ],
    [
      'a hook that answers by itself',
      {
        preHandler: (_: unknown, reply: FastifyReply) => {
          reply.hijack();
          reply.raw.end('x');
        },
      },
    ],
    [
      'a hook that answers',
      { onRequest: (_: unknown, reply: FastifyReply) => void reply.send('x') },
    ],
    [
      'a hook that fails',
      {
        preHandler: async () => {
          throw new Error('failed');
        },
      },
    ],
    [
      'parameters that do not fit',
      { schema: { querystring: { type: 'object', required: ['x'] } } },
    ],
    [
      'a handler that finds nothing',
      { handler: (_: unknown, reply: FastifyReply) => reply.callNotFound() },
    ],
  ])('%s leaves nothing in flight', async (_title, rest) => {
    const { app, table } = await makeTable(make);
    table.add({ ...text('/a', 'fine'), ...rest } as never);
    for (const method of ['GET', 'HEAD'] as const) await app.inject({ method, url: '/t/a' });
    await app.inject('/t/nothing');
    await settle();
    expect(table.stats().inFlight).toEqual({});
    await table.drained(table.commit());
  });

  test.each(['onRequest', 'preHandler', 'handler'] as const)(
    'a client that goes while the %s waits is in flight until that is over',
    async (place) => {
      const { app, table } = await makeTable(make);
      const wait = turnstile();
      let ran = 0;
      table.add({ method: 'GET', url: '/a', handler: async () => void ran++, [place]: wait.pass });
      const generation = table.commit();
      const { closed, leave } = await visit(app);
      await wait.reached;
      leave();
      await closed;
      const drained = table.drained(generation);
      expect(await isSettled(drained)).toBe(false);
      wait.open();
      await drained;
      // As in Fastify, the handler of a request whose client has gone still runs.
      expect(ran).toBe(place === 'handler' ? 0 : 1);
    },
  );

  test('a client that goes while a hook of the scope waits is in flight until its handler has run', async () => {
    const wait = turnstile();
    const { app, table } = await makeTable(
      make,
      {},
      { before: (root) => void root.addHook('preHandler', wait.pass) },
    );
    let ran = 0;
    table.add({ method: 'GET', url: '/a', handler: async () => void ran++ });
    const generation = table.commit();
    const { closed, leave } = await visit(app);
    await wait.reached;
    leave();
    await closed;
    const drained = table.drained(generation);
    expect(await isSettled(drained)).toBe(false);
    wait.open();
    await drained;
    expect(ran).toBe(1);
  });

  test('a client that has gone before its route is looked up leaves nothing in flight', async () => {
    const wait = turnstile();
    const { app, table } = await makeTable(
      make,
      {},
      {
        before: (root) =>
          void root.addHook('onRequest', async (request) => {
            const closed = new Promise((resolve) => request.raw.socket.on('close', resolve));
            await wait.pass();
            await closed;
            await settle();
          }),
      },
    );
    let ran = 0;
    table.add({ method: 'GET', url: '/a', handler: async () => void ran++ });
    table.commit();
    const socket = send(await listen(app), 'GET /t/a HTTP/1.1\r\nhost: a\r\n\r\n');
    await wait.reached;
    socket.destroy();
    wait.open();
    await until(() => ran === 1);
    await until(() => Object.keys(table.stats().inFlight).length === 0);
  });

  test('a client that goes in the middle of its body leaves nothing in flight', async () => {
    const { app, table } = await makeTable(make);
    const wait = turnstile();
    table.add({
      method: 'POST',
      url: '/a',
      handler: async () => 'never',
      onRequest: async () => void wait.pass(),
    });
    table.commit();
    const port = await listen(app);
    const socket = send(
      port,
      'POST /t/a HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain\r\ncontent-length: 99\r\n\r\nhalf',
    );
    await wait.reached;
    await settle();
    expect(table.stats().inFlight).toEqual({ 1: 1 });
    socket.destroy();
    await until(() => Object.keys(table.stats().inFlight).length === 0);
  });

  test('requests of one connection are counted one by one', async () => {
    const { app, table } = await makeTable(make);
    table.add(text('/a', 'a'));
    const generation = table.commit();
    const socket = send(await listen(app), 'GET /t/a HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(5));
    socket.write('GET /t/a HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    expect((await received(socket)).match(/200 OK/g)).toHaveLength(6);
    await table.drained(generation);
    expect(table.stats().inFlight).toEqual({});
  });
});

describe('drained', () => {
  const [, make] = VERSIONS.at(-1)!;

  test.each([-1, 1.5, 2, NaN, '1', undefined])(
    'of %o, which was no generation yet, is refused',
    async (generation) => {
      const { table } = await makeTable(make);
      table.add(text('/a', 'a'));
      table.commit();
      await expect(table.drained(generation as never)).rejects.toThrow(
        coded('CATZ_ROUTER_OPTIONS', /generation to be an integer from 0 to 1/) as Error,
      );
    },
  );

  test('ends with its signal, and the request goes on', async () => {
    const { app, table } = await makeTable(make);
    const wait = turnstile();
    table.add({ ...text('/a', 'a'), preHandler: wait.pass });
    const generation = table.commit();
    const answer = get(app, '/t/a');
    await wait.reached;
    const abort = new AbortController();
    const { signal } = abort;
    const ended = expect(table.drained(generation, { signal })).rejects.toThrow('too long');
    const unended = table.drained(generation, { signal: new AbortController().signal });
    abort.abort(new Error('too long'));
    await ended;
    await expect(table.drained(generation, { signal })).rejects.toThrow('too long');
    wait.open();
    await unended;
    expect(await answer).toBe('a');
    expect(await isSettled(table.drained(generation))).toBe(true);
  });
});
