import { catzillaRouter } from '@catzilla/router';
import { describe, expect, test } from 'vitest';
import { VERSIONS, makeApp } from './apps.ts';

describe.each(VERSIONS)('Fastify %s', (version, make) => {
  test('callNotFound and URLs of child scopes are problems', async () => {
    const app = makeApp(make);
    app.get('/gone', (_request, reply) => {
      reply.callNotFound();
    });
    await app.register(
      async (child) => {
        child.get('/a', async () => 'a');
      },
      { prefix: '/child' },
    );
    for (const url of ['/gone', '/child/b', '/']) {
      const answer = await app.inject(url);
      expect(answer.statusCode).toBe(404);
      expect(answer.json()).toEqual({
        type: 'about:blank',
        title: 'Not Found',
        status: 404,
        detail: 'no route has this method and URL',
        code: 'FST_ERR_NOT_FOUND',
        requestId: answer.json().requestId,
      });
    }
  });

  test('a not-found handler of the application answers, at the root and below a prefix', async () => {
    const app = makeApp(make);
    app.setNotFoundHandler((_request, reply) => reply.code(404).send({ own: 'root' }));
    await app.register(
      async (child) => {
        child.setNotFoundHandler((_request, reply) => reply.code(404).send({ own: 'child' }));
      },
      { prefix: '/child' },
    );
    expect((await app.inject('/x')).json()).toEqual({ own: 'root' });
    expect((await app.inject('/child/x')).json()).toEqual({ own: 'child' });
    expect((await app.inject('/x')).headers['content-type']).toMatch(/^application\/json/);
  });

  test("a not-found handler that throws is answered by the application's error handler", async () => {
    const app = makeApp(make);
    app.setNotFoundHandler(() => {
      throw Object.assign(new Error('nothing here'), { statusCode: 410 });
    });
    expect((await app.inject('/x')).json()).toMatchObject({ status: 410, detail: 'nothing here' });
  });

  test('methodNotAllowed of the router gives 405 with Allow, as a problem', async () => {
    const router = catzillaRouter();
    // 5.5 has the router's options beside its own.
    const options = version === '5.5.0' ? router.options() : { routerOptions: router.options() };
    const app = makeApp(make, {}, options);
    await app.register(router);
    app.setNotFoundHandler(router.methodNotAllowed());
    app.get('/CANARY', async () => 'ok');
    const answer = await app.inject({ method: 'DELETE', url: '/CANARY?CANARY=1' });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers['allow']).toBe('GET, HEAD');
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({
      status: 405,
      title: 'Method Not Allowed',
      code: 'METHOD_NOT_ALLOWED',
      detail: 'this URL takes GET, HEAD',
    });
    expect(answer.body).not.toContain('CANARY');
    expect((await app.inject('/other')).json()).toMatchObject({ status: 404 });
  });
});

test('a body of the same form from an ordinary route is left alone', async () => {
  const app = makeApp();
  const body = { statusCode: 404, error: 'Not Found', message: 'mine' };
  app.get('/', async (_request, reply) => reply.code(404).send(body));
  expect((await app.inject('/')).json()).toEqual(body);
});
