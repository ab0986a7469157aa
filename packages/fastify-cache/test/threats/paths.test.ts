// Deception and confusion by paths: a private page asked for under a name that looks static, and two spellings that one
// layer takes for one resource and another for two. The key is the raw target; no extension makes anything cacheable.
import { describe, expect, it } from 'vitest';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import type { FastifyCacheOptions } from '../../src/index.ts';
import { listen, makeApp, RawClient } from '../helpers.ts';

const DISGUISES = [
  '/account/x.css',
  '/account.css',
  '/account;x.css',
  '/account%3bx.css',
  '/account%2fx.css',
  '/account%2Fx.css',
  '/account%23x.css',
  '/account%3fx.css',
  '/account%00x.css',
  '/account%0ax.css',
  '/account/%2e%2e/x.css',
  '/account/..%2fx.css',
  '/account//x.css',
  '//account/x.css',
  '/./account/x.css',
  '/account/',
  '/Account',
  '/%61ccount',
];

/** Asks for a target as it is: inject() and fetch() would bring it to another form first. */
async function raw(app: FastifyInstance): Promise<(target: string) => Promise<string>> {
  const port = await listen(app);
  return async (target) => {
    const client = new RawClient(port);
    client.send(`GET ${target} HTTP/1.1\r\nHost: localhost:80\r\n\r\n`);
    const { text } = await client.response();
    client.socket.destroy();
    return text;
  };
}

async function echoing(
  options: FastifyCacheOptions = {},
  fastify: FastifyServerOptions = {},
): Promise<FastifyInstance> {
  const app = await makeApp({ ttl: 60_000, ...options }, { fastify });
  app.get('/*', (request) => `at ${request.raw.url ?? ''}.`);
  return app;
}

describe('a path', () => {
  it('in another spelling is another one, whatever the router makes of it', async () => {
    const ask = await raw(await echoing());
    const targets = ['/account', '/account/../x', ...DISGUISES];
    for (const target of targets) await ask(target);
    for (const target of targets) {
      const answer = await ask(target);
      expect(answer).toContain('catzilla; hit');
      expect(answer).toContain(`at ${target}.`);
    }
  });

  for (const [name, routerOptions] of Object.entries({
    'that ignores case': { caseSensitive: false },
    'that ignores slashes': { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
    'that ends paths at semicolons': { useSemicolonDelimiter: true },
  })) {
    it(`keeps its own answer under a router ${name}`, async () => {
      const ask = await raw(await echoing({}, { routerOptions }));
      for (const target of ['/account', ...DISGUISES]) await ask(target);
      for (const target of ['/account', ...DISGUISES]) {
        expect(await ask(target)).toContain(`at ${target}.`);
      }
    });
  }

  it('with a fragment, which clients never send, passes the cache by', async () => {
    const app = await echoing();
    const ask = await raw(app);
    expect(await ask('/account#x.css')).not.toMatch(/hit|stored/);
    expect(await ask('/account#x.css')).toContain('fwd=bypass; detail=url');
    expect(app.cache.stats().stored).toBe(0);
  });

  it('that looks static makes nothing cacheable', async () => {
    const app = await makeApp({ rules: [{ path: '/assets/**', preset: 'static' }] });
    app.get('/*', (_, reply) => reply.type('text/html').send('<p>private'));
    const ask = await raw(app);
    for (const target of DISGUISES) await ask(target);
    expect(app.cache.stats().stored).toBe(0);
  });

  it('is stored by the preset for static files only with a type of such files', async () => {
    const app = await makeApp({ rules: [{ path: '/**', preset: 'static' }] });
    app.get('/account*', (_, reply) => reply.type('text/html').send('<p>private'));
    app.get('/none*', (_, reply) => reply.send(Buffer.from('<p>private')));
    app.get('/real.css', (_, reply) => reply.type('text/css').send('p {}'));
    const ask = await raw(app);
    for (const target of DISGUISES) await ask(target);
    await ask('/none.css');
    expect(app.cache.stats().stored).toBe(0);
    await ask('/real.css');
    expect(await ask('/real.css')).toContain('catzilla; hit');
  });
});

describe('an excluded path', () => {
  const SPELLINGS = [
    '/admin/x',
    '/%61dmin/x',
    '/admin/%78',
    '/admin%2fx',
    '/admin/x?y=/open',
    '/admin/',
  ];
  const ROUTERS: Record<string, [options: object, spellings: readonly string[]]> = {
    'a plain router': [{}, SPELLINGS],
    'a router that ignores case': [
      { caseSensitive: false },
      ['/ADMIN/x', '/%41dmin/x', ...SPELLINGS],
    ],
    'a router that ignores slashes': [
      { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
      ['//admin//x', '/admin/x/', '/admin//', ...SPELLINGS],
    ],
    'a router that ends paths at semicolons': [
      { useSemicolonDelimiter: true },
      ['/admin;x', '/admin/x;y=/open', ...SPELLINGS],
    ],
  };

  for (const [name, [routerOptions, spellings]] of Object.entries(ROUTERS)) {
    it(`is excluded in every spelling that ${name} knows`, async () => {
      // Where Fastify 4 had its options, and Fastify 5 still takes them; and some here, some there.
      const [first, ...others] = Object.entries(routerOptions);
      for (const fastify of [
        { routerOptions },
        routerOptions,
        {
          ...(first && { [first[0]]: first[1] as unknown }),
          routerOptions: Object.fromEntries(others),
        },
      ] as FastifyServerOptions[]) {
        const app = await echoing({ exclude: ['/admin/**'] }, fastify);
        const ask = await raw(app);
        for (const target of spellings) {
          expect(await ask(target), target).toContain('fwd=bypass; detail=excluded');
        }
        expect(await ask('/open')).toContain('stored');
        expect(app.cache.stats().stored).toBe(1);
      }
    });
  }

  it('is not let in by an included one, in whatever spelling', async () => {
    const ask = await raw(await echoing({ include: ['/open/**'] }));
    for (const target of ['/open%2f..%2fadmin/x', '/%6fpen%ff', '/opened/x', '/admin/open/x']) {
      expect(await ask(target), target).not.toMatch(/; stored$|; stored\r/m);
    }
    expect(await ask('/open/x')).toContain('stored');
  });

  it('that is malformed or very long counts as excluded', async () => {
    const ask = await raw(await echoing({ exclude: ['/admin/**'] }));
    expect(await ask(`/${'x'.repeat(3000)}`)).toContain('detail=excluded');
  });

  it('that Fastify answers with a slash behind a prefix is excluded as one', async () => {
    const app = await makeApp({ ttl: 60_000, exclude: ['/admin/*'] });
    app.register(
      async (admin) => {
        admin.get('/', () => 'secret');
      },
      { prefix: '/admin' },
    );
    const ask = await raw(app);
    await ask('/admin/');
    const answer = await ask('/admin/');
    expect(answer).toContain('secret');
    expect(answer).toContain('detail=excluded');
  });
});
