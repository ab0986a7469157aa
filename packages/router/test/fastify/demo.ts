// One application with everything that routing touches, and the requests that show it.
import type { default as Fastify, FastifyInstance, InjectOptions } from 'fastify';
import type { CatzillaRouter, RouterOptions } from '../../src/fastify/plugin.ts';

type Make = typeof Fastify;

const region = {
  name: 'region',
  storage() {
    const stored = new Map<unknown, unknown>();
    return {
      get: (key: unknown) => stored.get(key) ?? null,
      set: (key: unknown, value: unknown) => void stored.set(key, value),
    };
  },
  deriveConstraint: (request: { headers: Record<string, unknown> }) => request.headers['x-region'],
};

/** Makes the application, on a router or without one. */
export async function demo(
  make: Make,
  options: RouterOptions,
  router?: CatzillaRouter,
): Promise<FastifyInstance> {
  const routerOptions = { ...options, constraints: { region } } as RouterOptions;
  const app = make({
    routerOptions: (router?.options(routerOptions) ?? routerOptions) as RouterOptions,
    rewriteUrl: ({ url = '' }) => (url.startsWith('/old/') ? `/users/${url.slice(5)}` : url),
  }) as unknown as FastifyInstance;
  const answer = (name: string) => (request: { params: unknown; query: unknown }) => ({
    name,
    params: request.params,
    query: request.query,
  });
  // Before the plugin: such routes give it no onRoute event.
  app.get('/early', answer('early'));
  if (router !== undefined) await app.register(router);
  app.addHook(
    'onRequest',
    async (request, reply) => void reply.header('x-hook', request.routeOptions.url ?? 'none'),
  );
  app.get('/', answer('root'));
  app.get('/users/:id', answer('user'));
  app.get('/users/me', answer('me'));
  app.post('/users', answer('created'));
  app.get('/files/*', answer('file'));
  app.get('/at/:hour(^\\d{2}$)h:minute(^\\d{2}$)m', answer('time'));
  app.get('/pair/:a-:b', answer('pair'));
  app.get('/maybe/:it?', answer('maybe'));
  app.get('/caf\u00e9/:x', answer('cafe'));
  app.get('/100%/:x', answer('percent'));
  app.get('/twice/:a/:a', answer('twice'));
  app.get('/versioned', { constraints: { version: '1.2.0' } }, answer('v1'));
  app.get('/versioned', { constraints: { version: '2.0.0' } }, answer('v2'));
  app.get('/hosted', answer('any host'));
  app.get('/hosted', { constraints: { host: 'a.example' } }, answer('host a'));
  app.get('/hosted', { constraints: { host: /\.b\.example$/ } }, answer('host b'));
  app.get('/regional', { constraints: { region: 'eu' } }, answer('eu'));
  app.options('*', answer('options'));
  app.route({ method: ['PUT', 'PATCH'], url: '/many', handler: answer('many') });
  app.register(
    async (child) => {
      child.setNotFoundHandler((_request, reply) => void reply.code(404).send({ from: 'child' }));
      child.addHook('preHandler', async (_request, reply) => void reply.header('x-child', 'yes'));
      child.get('/', answer('child root'));
      child.get('/:deep/:deeper', answer('deep'));
    },
    { prefix: '/child' },
  );
  await app.ready();
  return app;
}

const get = (url: string, headers: Record<string, string> = {}): InjectOptions => ({
  method: 'GET',
  url,
  headers,
});

export const REQUESTS: readonly InjectOptions[] = [
  ...[
    '/',
    '/early',
    '/users/7',
    '/users/me',
    '/users/',
    '/users',
    '/USERS/7',
    '/users/7/',
    '//users//7',
  ].map((url) => get(url)),
  ...[
    '/users/7?a=1&b=2',
    '/users/7#x',
    '/users/7;a=1',
    '/users/a%20b',
    '/users/%2F',
    '/users/%25',
  ].map((url) => get(url)),
  ...['/users/%zz', '/users/%', '/users/%E0%A4%A', '/caf%C3%A9/1', '/100%25/1'].map((url) =>
    get(url),
  ),
  ...[
    '/files/',
    '/files',
    '/files/a/b?c',
    '/at/12h30m',
    '/at/1h30m',
    '/pair/x-y',
    '/pair/x',
    '/maybe',
    '/maybe/1',
  ].map((url) => get(url)),
  ...[
    '/twice/1/2',
    '/child',
    '/child/',
    '/child/a/b',
    '/child/a/b/c',
    '/nowhere',
    '/old/9',
    '/many',
  ].map((url) => get(url)),
  get(`/users/${'x'.repeat(200)}`),
  get(`/users/${'x'.repeat(9000)}`),
  get('/versioned', { 'accept-version': '1.x' }),
  get('/versioned', { 'accept-version': '2.x' }),
  get('/versioned', { 'accept-version': '3.x' }),
  get('/users/7', { 'accept-version': '1.x' }),
  get('/versioned'),
  get('/hosted', { host: 'a.example' }),
  get('/hosted', { host: 'x.b.example' }),
  get('/hosted', { host: 'other' }),
  get('/regional', { 'x-region': 'eu' }),
  get('/regional', { 'x-region': 'us' }),
  { method: 'HEAD', url: '/users/7' },
  { method: 'POST', url: '/users', payload: {} },
  { method: 'POST', url: '/users/7', payload: {} },
  { method: 'PUT', url: '/many', payload: {} },
  { method: 'PATCH', url: '/many', payload: {} },
  { method: 'DELETE', url: '/many' },
  { method: 'OPTIONS', url: '/anything' },
  { method: 'OPTIONS', url: '*' },
];
