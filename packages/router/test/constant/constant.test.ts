import { createHash } from 'node:crypto';
import { connect } from 'node:http2';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { describe, expect, test } from 'vitest';
import { addConstant } from '../../src/constant/add-constant.ts';
import { constantPlan, planOf } from '../../src/constant/plan.ts';
import type { ConstantPlan } from '../../src/constant/plan.ts';
import { VERSIONS } from '../fastify/versions.ts';
import { exchange, listen, makeApp } from './apps.ts';

const HEALTH = { status: 'ok' };
const HEALTH_TEXT = '{"status":"ok"}';

describe.each(VERSIONS)('Fastify %s', (_version, make) => {
  test('a constant object is answered as JSON, with its length and a strong tag', async () => {
    const app = makeApp(make);
    addConstant(app, '/health', HEALTH);
    const answer = await app.inject('/health');
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toBe(HEALTH_TEXT);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['content-length']).toBe(String(HEALTH_TEXT.length));
    const digest = createHash('sha256').update(HEALTH_TEXT).digest('base64url');
    expect(answer.headers['etag']).toBe(`"${digest.slice(0, 22)}"`);
  });

  test.each([
    ['text', 'hé', 'text/plain; charset=utf-8', Buffer.from('hé')],
    ['a list', [1, 2], 'application/json; charset=utf-8', Buffer.from('[1,2]')],
    ['a Buffer', Buffer.of(1, 2, 255), 'application/octet-stream', Buffer.of(1, 2, 255)],
    ['a Uint8Array', Uint8Array.of(0, 9), 'application/octet-stream', Buffer.of(0, 9)],
    ['nothing', { body: null }, undefined, Buffer.of()],
    ['text of no length', '', 'text/plain; charset=utf-8', Buffer.of()],
    ['a type', { body: '<p>', contentType: 'text/html' }, 'text/html', Buffer.from('<p>')],
    [
      'JSON in no charset',
      { body: [1], contentType: 'application/json' },
      'application/json',
      Buffer.from('[1]'),
    ],
    [
      'JSON with a parameter',
      { body: [1], contentType: 'application/json; v=1' },
      'application/json; v=1',
      Buffer.from('[1]'),
    ],
    ['a type of its own', { body: 'x', contentType: 'a!/b;c' }, 'a!/b;c', Buffer.from('x')],
    ['a lone surrogate', '\ud800', 'text/plain; charset=utf-8', Buffer.of(0xef, 0xbf, 0xbd)],
    [
      'a type in the headers',
      { body: { a: 1 }, headers: { 'Content-Type': 'application/hal+json' } },
      'application/hal+json',
      Buffer.from('{"a":1}'),
    ],
  ])('%s is sent byte by byte with its type', async (_what, response, type, bytes) => {
    const app = makeApp(make);
    addConstant(app, '/x', response);
    const answer = await app.inject('/x');
    expect(answer.rawPayload).toEqual(bytes);
    expect(answer.headers['content-type']).toBe(type);
    expect(answer.headers['content-length']).toBe(String(bytes.length));
  });

  test('HEAD is answered with the head of GET and no body', async () => {
    const app = makeApp(make);
    addConstant(app, '/health', { body: HEALTH, headers: { 'X-Kind': ['a', 'b'] } });
    const port = await listen(app);
    const [get, head] = await Promise.all(
      ['GET', 'HEAD'].map((method) => exchange(port, `${method} /health ${CLOSE}`)),
    );
    expect(get).toBe(`${head}${HEALTH_TEXT}`);
    expect(head).toContain('x-kind: a\r\nx-kind: b\r\n');
  });

  test('what goes over the wire is the head and the body of the plan', async () => {
    const app = makeApp(make);
    const plans = plansOf(app);
    const headers = { 'Cache-Control': 'max-age=60', 'set-cookie': ['a=1', 'b=2'] };
    addConstant(app, '/x', { status: 404, body: 'gone ü', headers: { ...headers, 'x-name': 'ü' } });
    addConstant(app, '/empty', { status: 204, body: null });
    addConstant(app, '/odd', { status: 299, body: { odd: 'ü' }, contentType: 'application/json' });
    const port = await listen(app);
    for (const [at, url] of ['/x', '/empty', '/odd'].entries()) {
      const received = await exchange(port, `GET ${url} ${CLOSE}`);
      const [plain] = plans[at]!.variants;
      const sent = plain!.head.toString('latin1') + '\r\n' + plain!.body.toString('latin1');
      expect(received.replace(/^(?:date|connection): .*\r\n/gim, '')).toBe(sent);
    }
  });

  test('a client that has the answer already is told so, without what describes the content', async () => {
    const app = makeApp(make);
    addConstant(app, '/health', { body: HEALTH, headers: { 'cache-control': 'max-age=60' } });
    const { etag } = (await app.inject('/health')).headers;
    const port = await listen(app);
    for (const method of ['GET', 'HEAD']) {
      const answer = await exchange(
        port,
        `${method} /health HTTP/1.1\r\nHost: x\r\nIf-None-Match: ${etag as string}\r\nConnection: close\r\n\r\n`,
      );
      expect(answer.replace(/^date: .*\r\n/im, '')).toBe(
        `HTTP/1.1 304 Not Modified\r\ncache-control: max-age=60\r\netag: ${etag as string}\r\nConnection: close\r\n\r\n`,
      );
    }
  });

  test('a guard of the application, of the route or of its plugin comes first', async () => {
    const app = makeApp(make);
    const refuse = { 'x-key': 'no' };
    app.addHook('onRequest', async (request, reply) => {
      if (request.headers['x-key'] === 'no') return reply.code(401).send({ guard: 'app' });
      return undefined;
    });
    await app.register(
      async (scope) => {
        scope.addHook('preValidation', async (request, reply) =>
          request.headers['x-scope'] === 'no'
            ? reply.code(403).send({ guard: 'scope' })
            : undefined,
        );
        addConstant(scope, '/x', 'x', {
          preHandler: async (request, reply) =>
            request.headers['x-route'] === 'no'
              ? reply.code(402).send({ guard: 'route' })
              : undefined,
        });
      },
      { prefix: '/below' },
    );
    const ask = (headers: Record<string, string>) => app.inject({ url: '/below/x', headers });
    expect((await ask(refuse)).json()).toEqual({ guard: 'app' });
    expect((await ask({ 'x-scope': 'no' })).json()).toEqual({ guard: 'scope' });
    expect((await ask({ 'x-route': 'no' })).json()).toEqual({ guard: 'route' });
    expect((await ask({})).body).toBe('x');
  });

  test('onSend hooks see the body and may replace it, and onResponse hooks run', async () => {
    const app = makeApp(make);
    const seen: unknown[] = [];
    app.addHook('onSend', async (_request, _reply, payload) => {
      seen.push(payload);
      return 'other text';
    });
    const finished = new Promise((resolve) => {
      app.addHook('onResponse', async (_request, reply) => resolve(reply.statusCode));
    });
    addConstant(app, '/x', { body: 'text', status: 202 });
    addConstant(app, '/bytes', Buffer.from('bytes'));
    await app.inject('/bytes');
    const answer = await app.inject('/x');
    expect(answer.body).toBe('other text');
    expect(answer.headers['content-length']).toBe('10');
    expect(seen).toEqual([Buffer.from('bytes'), 'text']);
    expect(await finished).toBe(200);
  });

  test('headers of hooks are kept, below those of the route', async () => {
    const app = makeApp(make);
    app.addHook('onRequest', async (_request, reply) => {
      reply.headers({ 'x-request': '1', 'cache-control': 'no-store', vary: 'Origin, Accept' });
      reply.header('set-cookie', 'hook=1');
      reply.raw.setHeader('x-raw', '1');
    });
    addConstant(app, '/x', {
      body: 'x',
      headers: {
        'cache-control': 'max-age=1',
        'set-cookie': ['route=1', 'more=1'],
        vary: 'accept, accept-language',
      },
    });
    for (let round = 0; round < 2; round++) {
      const { headers } = await app.inject('/x');
      expect(headers).toMatchObject({
        'x-request': '1',
        'x-raw': '1',
        'cache-control': 'max-age=1',
        vary: 'Origin, Accept, accept-language',
        'set-cookie': ['hook=1', 'route=1', 'more=1'],
      });
    }
  });

  test('cookies that a hook adds behind the route do not stay', async () => {
    const app = makeApp(make);
    app.addHook('onSend', async (_request, reply) => {
      reply.header('set-cookie', 'late=1');
    });
    addConstant(app, '/x', { body: 'x', headers: { 'set-cookie': ['route=1'] } });
    for (let round = 0; round < 2; round++) {
      expect((await app.inject('/x')).headers['set-cookie']).toEqual(['route=1', 'late=1']);
    }
  });

  test('schema, constraints, config and exposeHeadRoute are those of any route', async () => {
    const app = makeApp(make);
    const configs: unknown[] = [];
    app.addHook('onRequest', async (request) => configs.push(request.routeOptions.config));
    addConstant(app, '/x', 'one', {
      constraints: { host: 'one.example' },
      config: { mine: 1 } as object,
      exposeHeadRoute: false,
      schema: { querystring: { type: 'object', required: ['q'] } },
    });
    addConstant(app, '/x', 'two', { constraints: { host: 'two.example' } });
    const ask = (url: string, host: string, method: 'GET' | 'HEAD' = 'GET') =>
      app.inject({ url, method, headers: { host } });
    expect((await ask('/x?q=1', 'one.example')).body).toBe('one');
    expect((await ask('/x', 'one.example')).statusCode).toBe(400);
    expect((await ask('/x', 'two.example')).body).toBe('two');
    expect((await ask('/x', 'one.example', 'HEAD')).statusCode).toBe(404);
    expect((await ask('/x', 'two.example', 'HEAD')).statusCode).toBe(200);
    expect(configs[0]).toMatchObject({ mine: 1 });
  });

  test('no HEAD comes along where the application exposes none', async () => {
    const app = makeApp(() => make({ exposeHeadRoutes: false }));
    addConstant(app, '/x', 'x');
    expect((await app.inject('/x')).statusCode).toBe(200);
    expect((await app.inject({ method: 'HEAD', url: '/x' })).statusCode).toBe(404);
  });

  test('the root of a prefix is found with and without its slash, HEAD included', async () => {
    const app = makeApp(make);
    await app.register(async (scope) => addConstant(scope, '/', 'root'), { prefix: '/below' });
    for (const url of ['/below', '/below/']) {
      expect((await app.inject(url)).body).toBe('root');
      expect((await app.inject({ method: 'HEAD', url })).statusCode).toBe(200);
    }
  });

  test('another method is answered too, whatever its conditions say', async () => {
    const app = makeApp(make);
    addConstant(app, '/hook', { status: 202, body: { taken: true } }, { method: 'post' as 'POST' });
    const answer = await app.inject({
      method: 'POST',
      url: '/hook',
      headers: { 'if-none-match': '*' },
      payload: { any: 'thing' },
    });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({ taken: true });
    expect((await app.inject('/hook')).statusCode).toBe(404);
  });

  test('a method may be written in any case', async () => {
    const app = makeApp(make);
    addConstant(app, '/x', { body: 'x', etag: '"v1"' }, { method: 'get' as 'GET' });
    const headers = { 'if-none-match': '"v1"' };
    expect((await app.inject({ method: 'HEAD', url: '/x', headers })).statusCode).toBe(304);
  });

  test('the plan is found in route options, in a request and in nothing else', async () => {
    const app = makeApp(make);
    const plans = plansOf(app);
    const kinds: string[] = [];
    app.addHook('onRequest', async (request) => {
      kinds.push(planOf(request.routeOptions).kind);
    });
    addConstant(app, '/x', 'x');
    app.get('/y', () => 'y');
    await app.inject('/x');
    await app.inject('/y');
    expect(kinds).toEqual(['constant', 'js']);
    expect(plans[0]!.variants).toHaveLength(1);
    expect(planOf(undefined)).toEqual({ kind: 'js' });
    for (const config of [
      null,
      { [constantPlan]: null },
      { [constantPlan]: { kind: 'constant' } },
    ]) {
      expect(planOf({ config })).toEqual({ kind: 'js' });
    }
    expect(Symbol.keyFor(constantPlan)).toBe('catzilla.router.plan');
  });
});

test('bytes that the caller goes on to change stay what they were', async () => {
  const app = makeApp();
  const bytes = Buffer.from('before');
  addConstant(app, '/x', bytes);
  bytes.write('after!');
  expect((await app.inject('/x')).body).toBe('before');
});

test('HTTP/2 gets the same fields and the same bytes', async () => {
  const app = makeApp(() => Fastify({ http2: true }) as unknown as FastifyInstance);
  addConstant(app, '/x', { body: HEALTH, headers: { 'cache-control': 'max-age=1' } });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const session = connect(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`);
  const ask = async (more: object) => {
    const stream = session.request({ ':path': '/x', ...more });
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    let body = '';
    for await (const chunk of stream) body += String(chunk);
    return { headers, body };
  };
  const { headers, body } = await ask({});
  expect(body).toBe(HEALTH_TEXT);
  expect(headers).toMatchObject({
    ':status': 200,
    'content-length': '15',
    'cache-control': 'max-age=1',
  });
  const again = await ask({ 'if-none-match': headers['etag'] });
  expect(again.headers[':status']).toBe(304);
  expect(again.body).toBe('');
  session.close();
});

const CLOSE = 'HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

function plansOf(app: FastifyInstance): ConstantPlan[] {
  const plans: ConstantPlan[] = [];
  app.addHook('onRoute', (route) => {
    const plan = planOf(route);
    if (plan.kind === 'constant') plans.push(plan);
  });
  return plans;
}
