// Each way in which a request can end, at each point: what runs then, and what `ctx.outcome` says.
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { describe, expect, test } from 'vitest';
import { middleware } from '../../src/index.ts';
import type { Middleware } from '../../src/index.ts';
import { listen, makeApp } from '../constant/apps.ts';
import { VERSIONS } from '../fastify/versions.ts';
import { define, noter, until } from './support.ts';

const POINTS = ['onRequest', 'preValidation', 'preHandler'] as const;

/** What has run for one request; the last name tells how the one in the middle behaves. */
async function ended(
  make: (() => FastifyInstance) | undefined,
  middle: (ran: string[]) => Middleware,
  handler: (request: FastifyRequest, reply: FastifyReply) => unknown = () => 'handled',
  point: (typeof POINTS)[number] = 'preHandler',
): Promise<{ ran: string[]; status: number; body: string }> {
  const ran: string[] = [];
  const note = noter(ran);
  const app = makeApp(make);
  await app.register(middleware, {
    use: [
      note('out', { at: point, priority: 1 }),
      middle(ran),
      note('in', { at: point, priority: 999 }),
    ],
  });
  app.post('/', async (request, reply) => {
    ran.push('handler');
    return handler(request, reply);
  });
  const { statusCode, body } = await app.inject({ method: 'POST', url: '/', payload: { a: 1 } });
  await until(() => ran.some((one) => one.startsWith('out.after')));
  return { ran, status: statusCode, body };
}

describe.each(VERSIONS)('with Fastify %s', (_version, make) => {
  describe.each(POINTS)('at %s', (at) => {
    const closes = ['out.post', 'mid.after', 'out.after'];
    const middle =
      (pre: (request: FastifyRequest, reply: FastifyReply) => unknown) =>
      (ran: string[]): Middleware =>
        define({
          name: 'mid',
          at,
          pre,
          post: () => void ran.push('mid.post'),
          after: () => void ran.push('mid.after'),
        });

    test.each<[string, (request: FastifyRequest, reply: FastifyReply) => unknown]>([
      ['returns its reply', (_request, reply) => reply.code(401).send('no')],
      ['returns its reply later', async (_request, reply) => reply.code(401).send('no')],
      ['sends and returns nothing', (_request, reply) => void reply.code(401).send('no')],
      [
        'sends later and returns nothing',
        async (_request, reply) => {
          await Promise.resolve();
          void reply.code(401).send('no');
        },
      ],
      ['sends a stream', (_request, reply) => reply.code(401).send(Readable.from(['no']))],
    ])('a pre that %s ends the chain; posts and afters run', async (_what, pre) => {
      const { ran, status, body } = await ended(make, middle(pre), undefined, at);
      expect([status, body]).toEqual([401, 'no']);
      expect(ran).toEqual(['out', 'mid.post', ...closes.slice(0, 2), 'out.after short']);
    });

    test.each<[string, () => unknown, number]>([
      [
        'throws',
        () => {
          throw new Error('no');
        },
        500,
      ],
      [
        'rejects',
        async () => {
          throw Object.assign(new Error('no'), { statusCode: 403 });
        },
        403,
      ],
      [
        'throws nothing',
        () => {
          throw undefined;
        },
        500,
      ],
      [
        'rejects with nothing',
        async () => {
          throw null;
        },
        500,
      ],
      [
        'throws false',
        () => {
          throw false;
        },
        500,
      ],
    ])('a pre that %s fails the request', async (_what, pre, wanted) => {
      const { ran, status } = await ended(make, middle(pre), undefined, at);
      expect(status).toBe(wanted);
      expect(ran).toEqual(['out', 'mid.post', ...closes.slice(0, 2), 'out.after error']);
    });

    test('a pre that hijacks ends the chain; afters run', async () => {
      const { ran, body } = await ended(
        make,
        middle((_request, reply) => {
          reply.hijack();
          reply.raw.end('raw');
        }),
        undefined,
        at,
      );
      expect(body).toBe('raw');
      expect(ran).toEqual(['out', 'mid.after', 'out.after short']);
    });

    test('a pre that asks for the handler of what is not found ends the chain', async () => {
      for (const pre of [
        (_request: FastifyRequest, reply: FastifyReply) => {
          reply.callNotFound();
        },
        async (_request: FastifyRequest, reply: FastifyReply) => reply.callNotFound(),
      ]) {
        const { ran, status } = await ended(make, middle(pre), undefined, at);
        expect(status).toBe(404);
        expect(ran).toEqual(['out', 'mid.post', ...closes.slice(0, 2), 'out.after short']);
      }
    });
  });

  const quiet = (ran: string[]): Middleware => noter(ran)('mid');
  const entered = ['out', 'mid', 'in', 'handler', 'in.post', 'mid.post', 'out.post'];
  const left = (outcome: string): string[] =>
    ['in', 'mid', 'out'].map((name) => `${name}.after ${outcome}`);

  test.each<[string, (request: FastifyRequest, reply: FastifyReply) => unknown, string, number]>([
    ['answers', () => 'x', 'ok', 200],
    ['answers with a stream', (_request, reply) => reply.send(Readable.from(['x'])), 'ok', 200],
    ['answers nothing', (_request, reply) => reply.code(204).send(), 'ok', 204],
    ['answers with an error status', (_request, reply) => reply.code(500).send('x'), 'ok', 500],
    [
      'throws',
      () => {
        throw new Error('no');
      },
      'error',
      500,
    ],
    ['sends an error', (_request, reply) => reply.send(new Error('no')), 'error', 500],
    [
      'answers with a stream that fails before its first byte',
      (_request, reply) =>
        reply.send(
          new Readable({
            read() {
              this.destroy(new Error('no'));
            },
          }),
        ),
      'error',
      500,
    ],
  ])('a handler that %s has all run, each once', async (_what, handler, outcome, wanted) => {
    const { ran, status } = await ended(make, quiet, handler);
    expect(status).toBe(wanted);
    await until(() => ran.length === entered.length + 3);
    expect(ran).toEqual([...entered, ...left(outcome)]);
  });

  test('a handler that hijacks has afters run, when the response is over', async () => {
    const { ran } = await ended(make, quiet, (_request, reply) => {
      reply.hijack();
      reply.raw.end('x');
    });
    expect(ran).toEqual([...entered.slice(0, 4), ...left('ok')]);
  });

  test('a handler that finds nothing has posts run once', async () => {
    const { ran, status } = await ended(make, quiet, (_request, reply) => reply.callNotFound());
    expect(status).toBe(404);
    expect(ran).toEqual([...entered, ...left('ok')]);
  });

  test('a body that validation refuses is an error; what stands behind has not run', async () => {
    const ran: string[] = [];
    const note = noter(ran);
    const app = makeApp(make);
    await app.register(middleware, { use: [note('a', { at: 'onRequest' }), note('b')] });
    const schema = { body: { type: 'object', required: ['x'] } };
    app.post('/', { schema }, () => 'x');
    expect((await app.inject({ method: 'POST', url: '/', payload: { a: 1 } })).statusCode).toBe(
      400,
    );
    await until(() => ran.length === 3);
    expect(ran).toEqual(['a', 'a.post', 'a.after error']);
  });

  test('a client that leaves before the answer has afters run, as an error', async () => {
    const ran: string[] = [];
    const app = makeApp(make);
    await app.register(middleware, { use: [noter(ran)('a', { at: 'onRequest' })] });
    let go: (() => void) | undefined;
    app.get('/', async () => {
      ran.push('handler');
      await new Promise<void>((resolve) => (go = resolve));
      return 'x';
    });
    const socket = connect(await listen(app), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => ran.includes('handler'));
    socket.destroy();
    await until(() => ran.includes('a.after error'));
    go!();
    await until(() => ran.includes('a.post'));
    expect(ran).toEqual(['a', 'handler', 'a.after error', 'a.post']);
  });

  test('a plain hook that answers first leaves nothing to run but what has no pre', async () => {
    const ran: string[] = [];
    const note = noter(ran);
    const app = makeApp(make);
    app.addHook('onRequest', async (_request, reply) => reply.code(403).send('no'));
    await app.register(middleware, { use: [note('a'), note('b', { pre: undefined })] });
    app.get('/', () => 'x');
    expect((await app.inject('/')).body).toBe('no');
    await until(() => ran.length === 2);
    expect(ran).toEqual(['b.post', 'b.after short']);
  });
});

test('a pre that asks for a slow handler of what is not found ends the chain, whatever it returns', async () => {
  const ran: string[] = [];
  const note = noter(ran);
  const app = makeApp();
  await app.register(middleware, {
    use: [
      note('out'),
      define({
        name: 'mid',
        pre(_request: FastifyRequest, reply: FastifyReply) {
          reply.callNotFound();
        },
      }),
      note('in'),
    ],
  });
  app.setNotFoundHandler(async (_request, reply) => {
    await new Promise((resolve) => setImmediate(resolve));
    return reply.code(404).send('nothing');
  });
  app.get('/', () => {
    ran.push('handler');
    return 'x';
  });
  expect((await app.inject('/')).body).toBe('nothing');
  await until(() => ran.length === 3);
  expect(ran).toEqual(['out', 'out.post', 'out.after short']);
});

test('what has no pre sees what its route does not find, and replies that plain hooks have taken over', async () => {
  const ran: string[] = [];
  const note = noter(ran);
  const app = makeApp();
  await app.register(middleware, { use: [note('pair'), note('alone', { pre: undefined })] });
  app.addHook('onRequest', async (request, reply) => {
    if (request.headers['x-take'] === undefined) return undefined;
    reply.raw.end('taken');
    return reply.hijack();
  });
  app.get('/', (_request, reply) => reply.callNotFound());
  expect((await app.inject('/')).statusCode).toBe(404);
  await until(() => ran.length === 5);
  expect(ran).toEqual(['pair', 'alone.post', 'pair.post', 'alone.after ok', 'pair.after ok']);
  ran.length = 0;
  expect((await app.inject({ url: '/', headers: { 'x-take': '1' } })).body).toBe('taken');
  await until(() => ran.length === 1);
  expect(ran).toEqual(['alone.after short']);
});

test('an error handler that answers sees the error outcome', async () => {
  const app = makeApp();
  await app.register(middleware, { use: [noter([])('a')] });
  const seen: string[] = [];
  app.setErrorHandler((_error, request, reply) => {
    seen.push(request.ctx.outcome);
    return reply.code(418).send('handled');
  });
  app.get('/', () => {
    throw new Error('no');
  });
  expect((await app.inject('/')).statusCode).toBe(418);
  expect(seen).toEqual(['error']);
});

test('an after that fails is logged under its name, and those behind it run', async () => {
  const logged: { middleware?: string; msg?: string; err?: { message: string } }[] = [];
  const { default: Fastify } = await import('fastify');
  const app = makeApp(() =>
    Fastify({
      logger: { level: 'error', stream: { write: (line) => void logged.push(JSON.parse(line)) } },
    }),
  );
  const ran: string[] = [];
  const after = (run: () => unknown) => ({ pre: undefined, post: undefined, after: run });
  await app.register(middleware, {
    use: [
      noter(ran)(
        'a',
        after(() => {
          throw new Error('a failed');
        }),
      ),
      noter(ran)(
        'b',
        after(async () => {
          throw new Error('b failed');
        }),
      ),
      noter(ran)(
        'c',
        after(async () => void ran.push('c')),
      ),
      noter(ran)(
        'd',
        after(() => void ran.push('d')),
      ),
    ],
  });
  app.get('/', () => 'x');
  expect((await app.inject('/')).body).toBe('x');
  await until(() => ran.length === 2);
  expect(ran).toEqual(['c', 'd']);
  const failures = logged.map((line) => [line.middleware, line.msg, line.err?.message]);
  expect(failures).toEqual([
    ['a', 'after of a middleware failed', 'a failed'],
    ['b', 'after of a middleware failed', 'b failed'],
  ]);
});
