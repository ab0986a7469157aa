// useContext(): the context of the request in whose course it is called.
import requestContext from '@fastify/request-context';
import { describe, expect, test, vi } from 'vitest';
import { middleware, useContext } from '../../src/index.ts';
import { listen, makeApp } from '../constant/apps.ts';
import { VERSIONS } from '../fastify/versions.ts';
import { define } from './support.ts';

const who = define({
  name: 'who',
  at: 'onRequest',
  provides: ['who'],
  pre: (request: { headers: Record<string, string> }) => ({ who: request.headers['x-who'] }),
});
const current = (): unknown => (useContext() as { who?: unknown } | undefined)?.who;

describe.each(VERSIONS)('with Fastify %s', (_version, make) => {
  test.each([false, true])(
    'is that of each of many requests at once, body parsed or not; already registered: %s',
    async (isRegistered) => {
      const app = makeApp(make);
      if (isRegistered) await app.register(requestContext);
      await app.register(middleware, { als: true, use: [who] });
      app.post('/', async () => {
        const before = current();
        await new Promise((resolve) => setImmediate(resolve));
        return { before, after: current() };
      });
      const port = await listen(app);
      const ask = async (name: string, length: number) => {
        const answer = await fetch(`http://127.0.0.1:${port}/`, {
          method: 'POST',
          headers: { 'x-who': name, 'content-type': 'application/json' },
          body: JSON.stringify({ text: 'x'.repeat(length) }),
        });
        expect(await answer.json()).toEqual({ before: name, after: name });
      };
      await Promise.all(Array.from({ length: 12 }, (_, i) => ask(`n${i}`, i * 20_000)));
      expect(useContext()).toBeUndefined();
    },
  );
});

test('is undefined without the option', async () => {
  const app = makeApp();
  await app.register(middleware, { use: [who] });
  app.get('/', async () => String(current()));
  expect((await app.inject({ url: '/', headers: { 'x-who': 'a' } })).body).toBe('undefined');
  expect(app.hasDecorator('requestContext')).toBe(false);
});

test('CATZ_MIDDLEWARE_PEER names what is to be installed', async () => {
  vi.resetModules();
  vi.doMock('@fastify/request-context', () => {
    throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  });
  try {
    const { middleware: anew } = await import('../../src/index.ts');
    const registered = makeApp().register(anew, { als: true });
    await expect(Promise.resolve(registered)).rejects.toMatchObject({
      code: 'CATZ_MIDDLEWARE_PEER',
      message:
        'option als of the middleware plugin needs @fastify/request-context, which cannot be loaded',
      cause: expect.any(Error) as Error,
    });
  } finally {
    vi.doUnmock('@fastify/request-context');
    vi.resetModules();
  }
});
