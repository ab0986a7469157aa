// Services and the cache together: a hit is written raw beside @catzilla/di, and a scope that a guard opened ends as it must.
import { defineContainer, token } from '@catzilla/di';
import { expect, it, onTestFinished } from 'vitest';
import { createApp } from '../src/app/create-app.ts';

const Work = token<{ id: number }>('work');

async function open(isGuarded: boolean) {
  const ended: string[] = [];
  let made = 0;
  const container = defineContainer({ name: 'work' }).scoped(Work, [], () => ({ id: ++made }), {
    disposeAt: 'handler',
    dispose: ({ id }, { ok }) => void ended.push(`${id} ${ok}`),
  });
  const app = await createApp({
    mode: 'production',
    di: { container },
    cache: { ttl: 60_000 },
    env: false,
  });
  onTestFinished(() => app.close());
  const preHandler = async (request: { scope: { get(of: typeof Work): { id: number } } }) => {
    request.scope.get(Work);
  };
  app.get('/', isGuarded ? { preHandler } : {}, async () => ({ hello: 'world' }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { app, ended };
}

/** Over a real connection: what injected requests get is never written raw. */
async function get(app: Awaited<ReturnType<typeof createApp>>, path: string): Promise<string> {
  const { port } = app.addresses()[0] as { port: number };
  const reply = await fetch(`http://127.0.0.1:${port}${path}`);
  await reply.text();
  return String(reply.headers.get('cache-status'));
}

it('answers hits raw where the scope is not opened', async () => {
  const { app } = await open(false);
  await get(app, '/');
  expect(await get(app, '/')).toMatch(/^catzilla; hit/);
  expect(app.cache.stats().answers).toMatchObject({ raw: 1, send: 0 });
});

it('lets what ends with the handler end before each answer, where a guard has opened the scope', async () => {
  const { app, ended } = await open(true);
  await get(app, '/');
  expect(await get(app, '/')).toMatch(/^catzilla; hit/);
  expect(ended).toStrictEqual(['1 true', '2 true']);
  expect(app.cache.stats().answers).toMatchObject({ raw: 0, send: 1 });
});
