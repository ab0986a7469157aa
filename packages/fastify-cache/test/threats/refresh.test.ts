// Forged and abused refreshes. A background refresh may do what no client may: it answers for the key of the request that
// began it. No client can be taken for one, whatever it sends and however the application batches its hooks; and a crowd
// that finds an answer stale makes one refresh of it.
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { gate, get, listen, makeApp, RawClient, settle, until } from '../helpers.ts';

const STALE = 'max-age=0, stale-while-revalidate=60';

async function stale(
  prepare: (app: FastifyInstance) => unknown = () => {},
  note: (request: FastifyRequest) => unknown = () => {},
  ...setup: Parameters<typeof makeApp>
): Promise<{ app: FastifyInstance; runs: () => number }> {
  const app = await makeApp(...setup);
  await prepare(app);
  let runs = 0;
  app.get('/*', async (request, reply) => {
    runs++;
    await note(request);
    return reply.header('cache-control', STALE).send(`${request.host} ${runs}`);
  });
  await app.ready();
  return { app, runs: () => runs };
}

const refreshed = async (app: FastifyInstance, count = 1): Promise<void> => {
  await until(() => app.cache.stats().refreshes >= count);
  await settle(10);
};

describe('a client', () => {
  it('is not taken for a refresh by any field, also while one is under way', async () => {
    const pretending: FastifyRequest['headers'][] = [];
    let refreshes = 0;
    const { app } = await stale(undefined, (request) => {
      if (!request.isCacheRefresh) return;
      refreshes++;
      if (request.headers['x-client'] !== undefined) pretending.push(request.headers);
    });
    const forged: Record<string, string>[] = [
      { 'catzilla-refresh': '1' },
      { 'catzilla-refresh': 'A'.repeat(32) },
      { 'catzilla-refresh': '' },
      { 'x-catzilla-refresh': 'true' },
      { 'cache-control': 'no-cache' },
    ];
    for (const url of ['/a', '/a', '/b']) {
      for (const fields of forged) await get(app, url, { ...fields, 'x-client': '1' });
    }
    await refreshed(app);
    expect(refreshes).toBeGreaterThan(0);
    expect(pretending).toEqual([]);
  });

  it('cannot use the token of a refresh: it is used up, and no handler sees it', async () => {
    const tokens = new Set<string>();
    const handled: unknown[] = [];
    const hosts = new Set<string>();
    const { opened, open } = gate();
    const { app } = await stale(
      (app) =>
        app.addHook('onRequest', async (request) => {
          const token = request.headers['catzilla-refresh'];
          if (typeof token === 'string') tokens.add(token);
        }),
      async (request) => {
        if (!request.isCacheRefresh) return;
        hosts.add(request.host);
        handled.push(request.headers['catzilla-refresh'], ...request.raw.rawHeaders);
        await opened;
      },
    );
    await get(app, '/a', { host: 'good' });
    await get(app, '/a', { host: 'good' });
    await until(() => handled.length > 0);
    expect(tokens.size).toBe(1);
    expect(handled.filter((text) => String(text).includes('catzilla-refresh'))).toEqual([]);
    const [token] = tokens;
    // While the refresh is still under way; if it were taken for one, it would wait too.
    const evil = get(app, '/a', { host: 'evil', 'catzilla-refresh': token! });
    await settle(10);
    open();
    await evil;
    await refreshed(app);
    expect((await get(app, '/a', { host: 'good' })).body).toContain('good');
    expect([...hosts]).toEqual(['good']);
  });

  // A hook that frees many requests by one callback, as batched look-ups of sessions do: they go on in the context of the first.
  for (const way of ['wire', 'inject'] as const) {
    it(`batched with a refresh by a hook is not taken for it (${way})`, async () => {
      const batch: (() => void)[] = [];
      let free = (): void => {};
      let isOver = false;
      const { app } = await stale((app) =>
        app.addHook('preHandler', (_request, _reply, done) => {
          if (isOver) return done();
          if (batch.push(done) > 1) return;
          free = AsyncResource.bind(() => {
            for (const call of batch.splice(0)) call();
          });
        }),
      );
      const port = await listen(app);
      const ask = async (host: string): Promise<string> => {
        if (way === 'inject') return (await get(app, '/a', { host })).body;
        const client = new RawClient(port);
        client.send(`GET /a HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
        return (await client.response()).body.toString();
      };
      const freed = async (count: number, asked: Promise<string>): Promise<string> => {
        await until(() => batch.length === count);
        free();
        return asked;
      };
      await freed(1, ask('good.example'));
      // Stale: its refresh now waits in the hook, first of its batch.
      await freed(1, ask('good.example'));
      await until(() => batch.length === 1);
      expect(await freed(2, ask('evil.example'))).toContain('evil.example');
      isOver = true;
      await refreshed(app);
      expect(await ask('good.example')).toContain('good.example');
    });
  }
});

describe('a refresh', () => {
  it('of a crowd is one, and of many keys no more than the option says at a time', async () => {
    let running = 0;
    let most = 0;
    const { app, runs } = await stale(
      undefined,
      async (request) => {
        if (!request.isCacheRefresh) return;
        most = Math.max(most, ++running);
        await settle(5);
        running--;
      },
      { refresh: { concurrency: 2 } },
    );
    const urls = ['/a', '/b', '/c', '/d', '/e'];
    for (const url of urls) await get(app, url);
    await Promise.all(urls.flatMap((url) => Array.from({ length: 20 }, () => get(app, url))));
    await refreshed(app, 2);
    await until(() => running === 0);
    expect(most).toBe(2);
    expect(runs()).toBe(urls.length + 2);
  });

  it('carries no credentials, no conditions, no range and no context of the request that began it', async () => {
    const context = new AsyncLocalStorage<string>();
    const asked: unknown[] = [];
    const { app } = await stale(
      (app) =>
        app.addHook('onRequest', (request, _reply, done) => {
          if (request.isCacheRefresh) done();
          else context.run(String(request.headers['x-user']), done);
        }),
      (request) => {
        if (request.isCacheRefresh) asked.push(Object.keys(request.headers), context.getStore());
      },
      { cookies: 'ignore', vary: { add: ['accept-language'] } },
    );
    const fields = {
      'accept-language': 'de',
      cookie: 'sid=ann',
      'x-api-key': 'ann',
      'x-user': 'ann',
      'x-forwarded-for': '1.2.3.4',
      range: 'bytes=0-1',
    };
    await get(app, '/a', { 'accept-language': 'de' });
    await get(app, '/a', fields);
    await refreshed(app);
    expect(asked).toHaveLength(2);
    expect((asked[0] as string[]).sort()).toEqual(['accept-language', 'host', 'user-agent']);
    expect(asked[1]).toBeUndefined();
  });

  it('that rewriteUrl sends elsewhere does not answer for the URL it was begun for', async () => {
    const rewriteUrl = (request: { url?: string | undefined }): string => `/v1${request.url}`;
    const { app } = await stale(undefined, undefined, {}, { fastify: { rewriteUrl } });
    await get(app, '/a');
    await get(app, '/a');
    await refreshed(app);
    const { stats } = app.cache;
    expect(stats().refreshes).toBe(1);
    // /v1/a is as it was: /v1/v1/a has been answered meanwhile.
    expect((await get(app, '/a')).body).toBe('localhost:80 1');
  });

  it('is known by a route whose schema drops the fields it does not name', async () => {
    const app = await makeApp();
    let known = 0;
    const schema = {
      headers: { type: 'object', properties: { host: {} }, additionalProperties: false },
    };
    app.get('/a', { schema }, (request, reply) => {
      if (request.isCacheRefresh) known++;
      return reply.header('cache-control', STALE).send('x');
    });
    await get(app, '/a');
    await get(app, '/a');
    await refreshed(app);
    expect(known).toBe(1);
  });
});
