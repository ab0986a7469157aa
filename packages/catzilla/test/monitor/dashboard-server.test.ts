// The dashboard's routes in a whole application: beside the plugins that change replies, over the real response cache, and in
// threads of one process.
import { once } from 'node:events';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createApp, openCache } from '../../src/index.ts';
import type { AppOptions } from '../../src/index.ts';
import { Client } from '../cli-start/support/client.ts';
import { application, start } from '../cli-start/support/program.ts';

const SAME = { 'sec-fetch-site': 'same-origin' };
let engines = 0;

async function open(options: AppOptions = {}) {
  // Engines of one name are one in a process: each test has its own.
  const memory = openCache(`dashboard-${engines++}`, { maxBytes: 1 << 22 });
  const app = await createApp({
    env: false,
    mode: 'development',
    monitor: { dashboard: { actions: true, showKeys: true } },
    cache: { ttl: 60_000, cache: memory },
    ...options,
  });
  onTestFinished(async () => {
    await app.close();
    memory.close();
  });
  let runs = 0;
  app.get('/cities/:id', { config: { cache: { tags: ['cities'] } } }, async () => ({
    run: ++runs,
  }));
  app.get('/private', async (_request, reply) => {
    void reply.header('cache-control', 'no-store');
    return { run: ++runs };
  });
  return app;
}

type App = Awaited<ReturnType<typeof open>>;

async function listen(app: App): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port;
}

/** The data of events of a feed, one after the other. */
async function watch(port: number) {
  const request = get({ host: '127.0.0.1', port, path: '/_catzilla/data/feed' });
  onTestFinished(() => void request.destroy());
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  request.on('error', () => undefined);
  response.setEncoding('utf8');
  const chunks = response[Symbol.asyncIterator]() as AsyncIterator<string>;
  let text = '';
  const next = async (): Promise<Record<string, never>> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end === -1) {
        const chunk = await chunks.next();
        if (chunk.done === true) throw new Error('the feed has ended');
        text += chunk.value;
        continue;
      }
      const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
      text = text.slice(end + 2);
      if (data !== undefined) return JSON.parse(data) as Record<string, never>;
    }
  };
  return { response, next };
}

async function acting(app: App) {
  const { token } = (await app.inject({ url: '/_catzilla/data/hello', headers: SAME })).json<{
    token: string;
  }>();
  return async (action: string, payload: object) => {
    const headers = { ...SAME, 'x-catzilla-token': token };
    const url = `/_catzilla/actions/${action}`;
    const reply = await app.inject({ method: 'POST', url, headers, payload });
    return { status: reply.statusCode, ...reply.json<Record<string, unknown>>() };
  };
}

const statusOf = async (app: App, url: string): Promise<string> =>
  String((await app.inject(url)).headers['cache-status']);

describe('beside the plugins of the Fastify project', () => {
  const ALL: AppOptions = {
    builtins: {
      helmet: { contentSecurityPolicy: { directives: { 'script-src': ["'unsafe-inline'"] } } },
      cors: { origin: '*' },
      compress: { threshold: 0 },
      rateLimit: { max: 1 },
    },
  };

  it('the page keeps its own policy, and helmet has the rest', async () => {
    const app = await open(ALL);
    for (let i = 0; i < 3; i++) {
      const { statusCode, headers } = await app.inject('/_catzilla/');
      expect(statusCode).toBe(200);
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
      expect(headers['content-security-policy']).not.toContain('unsafe-inline');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['x-dns-prefetch-control']).toBe('off');
      expect(headers['cache-status']).toBeUndefined();
    }
  });

  it('the page keeps its own policy also where helmet makes a new one for each reply', async () => {
    const app = await open({ builtins: { helmet: { enableCSPNonces: true } } });
    const { headers } = await app.inject('/_catzilla/');
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(headers['content-security-policy']).not.toContain('nonce');
  });

  it('its data is neither cached nor read by another site, whatever CORS allows', async () => {
    const app = await open(ALL);
    const own = await app.inject({ url: '/_catzilla/data/hello', headers: SAME });
    expect(own.headers['cache-control']).toBe('no-store');
    expect(own.headers['cache-status']).toBeUndefined();
    const other = await app.inject({
      url: '/_catzilla/data/hello',
      headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    });
    expect(other.statusCode).toBe(403);
    expect(other.json()).toMatchObject({ code: 'CATZ_MONITOR_CROSS_SITE' });
  });

  it('the feed is not compressed, collapsed or kept back', async () => {
    const app = await open(ALL);
    const port = await listen(app);
    const feeds = await Promise.all([watch(port), watch(port)]);
    for (const { response, next } of feeds) {
      expect(response.headers['content-encoding']).toBeUndefined();
      expect(response.headers['content-type']).toBe('text/event-stream');
      expect(await next()).toMatchObject({ title: 'Catzilla', actions: true, showKeys: true });
      expect(await next()).toMatchObject({ totals: { node: process.version } });
    }
  });

  it('its routes are not in the OpenAPI document, and not among the figures', async () => {
    const app = await open({ openapi: true });
    const { paths } = (await app.inject('/openapi.json')).json<{ paths: object }>();
    expect(Object.keys(paths).filter((path) => path.includes('_catzilla'))).toStrictEqual([]);
    await app.inject('/_catzilla/');
    await app.inject('/cities/1');
    const { http } = await app.monitor.snapshot();
    expect(http.routes.map(({ route }) => route)).toStrictEqual(['/openapi.json', '/cities/:id']);
  });
});

describe('frames of a real application', () => {
  it('have its routes, its cache, the keys that were hit, and why responses were not stored', async () => {
    const app = await open();
    const port = await listen(app);
    const { next } = await watch(port);
    await next();
    await next();
    const client = new Client(port);
    onTestFinished(() => client.close());
    for (let i = 0; i < 5; i++) await client.ask('/cities/1?name=<img%20src=x%20onerror=1>');
    await client.ask('/private');
    let frame: Record<string, unknown> = {};
    await vi.waitFor(async () => {
      frame = await next();
      expect(frame).toMatchObject({ totals: { requests: 6, hits: 4 } });
    });
    expect(frame).toMatchObject({
      routeCount: 2,
      health: { state: 'ready' },
      totals: { threads: 1, misses: expect.any(Number) as number },
      reasons: [{ count: 1 }],
      tasks: null,
      channels: null,
    });
    const { routes, keys, engines } = frame as {
      routes: { route: string; requests: number; hits: number | null }[];
      keys: { name: string; count: number }[];
      engines: { name: string; entries: number }[];
    };
    expect(routes).toContainEqual(expect.objectContaining({ route: '/cities/:id', hits: 4 }));
    expect(keys.map(({ name }) => name)).toContainEqual(
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/cities\/1\?name=/) as string,
    );
    expect(engines).toHaveLength(1);
    expect(engines[0]!.entries).toBeGreaterThan(0);
  });

  it('tell of purges in the application', async () => {
    const app = await open();
    const { next } = await watch(await listen(app));
    await next();
    await next();
    await app.cache.purgeTags(['cities']);
    await app.cache.purge('/cities/1');
    await vi.waitFor(async () =>
      expect((await next())['events']).toMatchObject([
        { kind: 'purge', text: 'tag cities was purged' },
        { kind: 'purge', text: 'URL /cities/1 was purged' },
      ]),
    );
  });
});

describe('actions on a real cache', () => {
  it.each([
    [{ kind: 'url', value: '/cities/1' }, '/cities/1'],
    [{ kind: 'tag', value: 'cities' }, '/cities/1'],
    [{ kind: 'pattern', value: '/cities/**' }, '/cities/1'],
    [{ kind: 'all', value: '' }, '/cities/1'],
  ])('purge %j, and what it was for is computed anew', async (wish, url) => {
    const app = await open();
    await app.inject(url);
    expect(await statusOf(app, url)).toContain('hit');
    const act = await acting(app);
    expect(await act('purge', { ...wish, soft: false })).toMatchObject({ status: 200, ok: true });
    expect(await statusOf(app, url)).toContain('fwd=');
  });

  it('leave what they are not for', async () => {
    const app = await open();
    await app.inject('/cities/1');
    const act = await acting(app);
    await act('purge', { kind: 'url', value: '/cities/2' });
    await act('purge', { kind: 'tag', value: 'towns' });
    expect(await statusOf(app, '/cities/1')).toContain('hit');
  });

  it('make stale what is purged softly', async () => {
    const app = await open();
    await app.inject('/cities/1');
    const act = await acting(app);
    await act('purge', { kind: 'tag', value: 'cities', soft: true });
    expect(await statusOf(app, '/cities/1')).not.toContain('hit; ttl=');
  });

  it('refuse what the cache does not take, and say what is expected', async () => {
    const app = await open();
    const act = await acting(app);
    expect(await act('purge', { kind: 'url', value: 'no url' })).toMatchObject({
      status: 400,
      code: 'CATZ_MONITOR_ACTION',
      message: expect.stringMatching(
        /^expected value to be a path or a URL of this application: .*, got "no url"$/,
      ) as string,
    });
    expect(await act('purge', { kind: 'pattern', value: 'cities' })).toMatchObject({ status: 400 });
    expect(await act('warm', { urls: ['/a', 'no url'] })).toMatchObject({
      status: 400,
      code: 'CATZ_MONITOR_ACTION',
      message: expect.stringContaining('got "no url"') as string,
    });
  });

  it('warm, and tell of each URL whether it is stored and why not', async () => {
    const app = await open();
    const act = await acting(app);
    const urls = ['/cities/1', '/cities/2', '/private', '/nowhere'];
    expect(await act('warm', { urls })).toMatchObject({
      status: 200,
      results: [
        { url: '/cities/1', status: 200, stored: true },
        { url: '/cities/2', status: 200, stored: true },
        { url: '/private', status: 200, stored: false, reason: expect.any(String) as string },
        { url: '/nowhere', status: 404, stored: false },
      ],
    });
  });
});

describe('the end', () => {
  it('of an application is not held up by open feeds, nor by one that never reads', async () => {
    const app = await open();
    const port = await listen(app);
    const { next } = await watch(port);
    await next();
    const deaf = connect(port, '127.0.0.1').pause();
    onTestFinished(() => void deaf.destroy());
    deaf.on('error', () => undefined);
    deaf.write('GET /_catzilla/data/feed HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await next();
    const report = await app.lifecycle.stop('test');
    expect(report).toMatchObject({ ok: true, left: [] });
  });
});

describe('threads of one process', () => {
  it('take actions of pages that another thread gave, purge for all of them, and tell of it in each', async () => {
    const program = start(
      await application(`
        import { workerData } from 'node:worker_threads';
        export const config = {
          mode: 'development',
          cache: { ttl: 600_000 },
          monitor: { dashboard: { actions: true } },
        };
        export default async (app) => {
          app.addHook('onRequest', async (request, reply) => {
            reply.header('x-thread', workerData.thread);
          });
          let runs = 0;
          app.get('/value', async () => ({ thread: workerData.thread, runs: ++runs }));
        };`),
      ['--threads', '2'],
    );
    const port = await program.port();
    const byThread = new Map<string, string>();
    while (byThread.size < 2) {
      const reply = await fetch(`http://127.0.0.1:${port}/_catzilla/data/hello`, {
        headers: { ...SAME, connection: 'close' },
      });
      const { token } = (await reply.json()) as { token: string };
      byThread.set(String(reply.headers.get('x-thread')), token);
    }
    const tokens = [...byThread.values()];
    expect(new Set(tokens).size).toBe(2);

    const first = await (await fetch(`http://127.0.0.1:${port}/value`)).text();
    // Each token to either thread.
    const seen = new Set<string>();
    while (seen.size < 4) {
      for (const token of tokens) {
        const reply = await fetch(`http://127.0.0.1:${port}/_catzilla/actions/purge`, {
          method: 'POST',
          headers: {
            ...SAME,
            'content-type': 'application/json',
            'x-catzilla-token': token,
            connection: 'close',
          },
          body: JSON.stringify({ kind: 'url', value: '/value' }),
        });
        expect(reply.status).toBe(200);
        seen.add(`${token} ${reply.headers.get('x-thread')}`);
      }
    }
    // What one of them did, both tell.
    await vi.waitFor(async () => {
      const told = new Map<string, string[]>();
      while (told.size < 2) {
        const reply = await fetch(`http://127.0.0.1:${port}/_catzilla/data/hello`, {
          headers: { ...SAME, connection: 'close' },
        });
        const { events } = (await reply.json()) as { events: { kind: string; at: number }[] };
        const actions = events.filter(({ kind }) => kind === 'action');
        told.set(String(reply.headers.get('x-thread')), actions.map(({ at }) => String(at)).sort());
      }
      const [one, other] = [...told.values()];
      expect(one!.length).toBeGreaterThan(1);
      expect(one).toStrictEqual(other);
    });

    const bodies = new Set<string>();
    const threads = new Set<string>();
    while (threads.size < 2) {
      const reply = await fetch(`http://127.0.0.1:${port}/value`, {
        headers: { connection: 'close' },
      });
      threads.add(String(reply.headers.get('x-thread')));
      bodies.add(await reply.text());
    }
    expect(bodies.size).toBe(1);
    expect(bodies).not.toContain(first);
  });
});
