import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApp, createTieredCache, openCache, type AppOptions } from '../src/index.ts';

async function open(options?: AppOptions) {
  const app = await createApp(options);
  onTestFinished(() => app.close());
  return app;
}

describe('createApp', () => {
  it('answers the second request from the cache, without the handler', async () => {
    const app = await open({ cache: { ttl: 60_000 } });
    let runs = 0;
    app.get('/', async () => ({ runs: ++runs }));
    const first = await app.inject('/');
    const second = await app.inject('/');
    expect(runs).toBe(1);
    expect(second.body).toBe(first.body);
    expect(first.headers['cache-status']).toMatch(/^catzilla; fwd=uri-miss; stored(;|$)/);
    expect(second.headers['cache-status']).toMatch(/^catzilla; hit(;|$)/);
    expect(app.cache.stats()).toMatchObject({ hits: 1, misses: 1, stored: 1 });
  });

  it('without options caches only what says how long it may be kept', async () => {
    const app = await open();
    const runs = { silent: 0, speaking: 0, route: 0 };
    app.get('/silent', async () => ({ n: ++runs.silent }));
    app.get('/speaking', async (_request, reply) => {
      reply.header('cache-control', 'max-age=60');
      return { n: ++runs.speaking };
    });
    app.get('/route', { config: { cache: { ttl: 60_000 } } }, async () => ({ n: ++runs.route }));
    for (const path of ['/silent', '/speaking', '/route']) {
      await app.inject(path);
      await app.inject(path);
    }
    expect(runs).toStrictEqual({ silent: 2, speaking: 1, route: 1 });
  });

  it('computes again after a purge', async () => {
    const app = await open({ cache: { ttl: 60_000 } });
    let runs = 0;
    app.get('/a/:id', async () => ({ runs: ++runs }));
    await app.inject('/a/1');
    await app.cache.purgePath('/a/*');
    expect((await app.inject('/a/1')).json()).toStrictEqual({ runs: 2 });
  });

  it('leaves the cache out with cache: false', async () => {
    const app = await open({ cache: false });
    let runs = 0;
    app.get('/', async (_request, reply) => {
      reply.header('cache-control', 'max-age=60');
      return { runs: ++runs };
    });
    await app.inject('/');
    const second = await app.inject('/');
    expect(runs).toBe(2);
    expect(second.headers['cache-status']).toBeUndefined();
    expect(app.hasDecorator('cache')).toBe(false);
  });

  it('hands server options to Fastify', async () => {
    const app = await open({ server: { bodyLimit: 10, genReqId: () => 'from the option' } });
    app.post('/', async (request) => request.id);
    expect((await app.inject({ method: 'POST', url: '/' })).body).toBe('from the option');
    expect(
      (await app.inject({ method: 'POST', url: '/', payload: { a: 'too long' } })).statusCode,
    ).toBe(413);
  });

  it('uses an engine of the caller and leaves it open', async () => {
    const engine = openCache('create-app-test', { maxBytes: 2_097_152 });
    onTestFinished(() => engine.close());
    const app = await open({ cache: { cache: engine, ttl: 60_000 } });
    app.get('/', async () => ({ answer: 42 }));
    await app.inject('/');
    expect(engine.stats().entries).toBeGreaterThan(0);
    await app.close();
    expect(engine.stats().entries).toBeGreaterThan(0);
  });

  it('answers what is running when it closes', async () => {
    const app = await open({ cache: { ttl: 60_000 } });
    let arrived!: () => void;
    let release!: () => void;
    const running = new Promise<void>((resolve) => (arrived = resolve));
    const released = new Promise<void>((resolve) => (release = resolve));
    app.get('/', async () => {
      arrived();
      await released;
      return { late: true };
    });
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const answer = fetch(url);
    await running;
    const closed = app.close();
    release();
    expect(await (await answer).json()).toStrictEqual({ late: true });
    await closed;
    await expect(fetch(url)).rejects.toThrow();
  });

  it('does not wait for connections that never asked anything when it closes', async () => {
    const app = await open();
    let release!: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    app.addHook('preClose', () => held);
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const connection = async () => {
      const accepted = once(app.server, 'connection');
      const socket = connect(port, '127.0.0.1');
      // Destroyed on the other side, it ends or is reset, depending on the platform.
      socket.on('error', () => undefined).resume();
      await accepted;
      return { ended: new Promise((resolve) => socket.once('close', resolve)) };
    };
    const before = await connection();
    const closed = app.close();
    await before.ended;
    const whileClosing = await connection();
    release();
    await whileClosing.ended;
    await closed;
  });

  it('may be called again after closing', async () => {
    for (let i = 0; i < 3; i++) {
      const app = await createApp({ cache: { ttl: 60_000 } });
      app.get('/', async () => ({ i }));
      expect((await app.inject('/')).json()).toStrictEqual({ i });
      await app.close();
    }
  });
});

describe('the options of createApp', () => {
  it.each([
    [{ cahce: {} }, 'unknown option options.cahce, did you mean cache?'],
    [{ http: {} }, /^unknown option options\.http, /],
    [{ cache: 60_000 }, 'expected options.cache to be false, true or an object, got 60000'],
    [{ cache: null }, /^expected options\.cache to be false, true or an object, got null/],
    [{ router: [] }, /^expected options\.router to be false, true or an object, got /],
    [{ server: [] }, 'expected options.server to be an object, got an array of 0'],
    [{ server: false }, 'expected options.server to be an object, got false'],
    [
      { server: { bodylimit: 1 } },
      'unknown option options.server.bodylimit, did you mean bodyLimit?',
    ],
    [{ server: { https: {} } }, /^expected options\.server to have no https: make the Fastify/],
    [
      { builtins: { helment: true } },
      'unknown option options.builtins.helment, did you mean helmet?',
    ],
    [
      { builtins: { rateLimit: { maximum: 3 } } },
      /^unknown option options\.builtins\.rateLimit\.maximum, /,
    ],
    [
      { builtins: { cors: 1 } },
      'expected options.builtins.cors to be false, true or an object, got 1',
    ],
    [{ monitor: 'yes' }, 'expected options.monitor to be false, true or an object, got "yes"'],
    [{ realtime: 1 }, 'expected options.realtime to be false, true or an object, got 1'],
    [{ health: true }, /^unknown option options\.health, known are .*monitor/],
    [{ shutdown: 5 }, 'expected options.shutdown to be false, true or an object, got 5'],
    [{ shutdown: { killAfter: 0 } }, /^expected options\.shutdown\.killAfter to be a duration/],
    [{ mode: 'test' }, /^expected options\.mode to be "development" or "production", got "test"/],
    [{ env: true }, 'expected options.env to be false or an object of variables by name, got true'],
    ['cache', /^expected options to be an object, got /],
  ])('refuse %j', async (options, message) => {
    await expect(createApp(options as AppOptions)).rejects.toMatchObject({
      code: 'CATZ_APP_OPTION',
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
    await expect(createApp(options as AppOptions)).rejects.toBeInstanceOf(TypeError);
  });

  it('pass on what the cache says of its own', async () => {
    const options = { cache: { tll: 1 } } as AppOptions;
    await expect(createApp(options)).rejects.toMatchObject({ code: 'CATZ_FASTIFY_CACHE_OPTION' });
  });

  it('pass on what the monitor says of its own, before anything is opened', async () => {
    const options = { monitor: { health: { checks: { db: {} } } } } as unknown as AppOptions;
    await expect(createApp(options)).rejects.toMatchObject({
      code: 'CATZ_MONITOR_OPTION',
      message: expect.stringMatching(
        /^expected options\.health\.checks\.db\.check to be/,
      ) as string,
    });
  });

  it('pass on what router, tiers and Fastify say of their own', async () => {
    const refused = async (options: unknown) => createApp(options as AppOptions);
    await expect(refused({ router: { engine: 'x' } })).rejects.toMatchObject({
      code: 'CATZ_ROUTER_OPTIONS',
    });
    await expect(refused({ tiers: { nmae: 'x' } })).rejects.toMatchObject({
      code: 'CATZ_TIERS_OPTION',
    });
    await expect(refused({ server: { bodyLimit: 'x' } })).rejects.toMatchObject({
      code: 'FST_ERR_ROUTE_BODY_LIMIT_OPTION_NOT_INT',
    });
  });
});

describe('the parts of createApp', () => {
  it('are there by default, and answer what they are for', async () => {
    const app = await open();
    app.get('/', async () => ({ ok: true }));
    await app.ready();
    expect(app.routes().map(({ url }) => url)).toContain('/');
    expect(app.lifecycle.state).toBe('ready');
    const reply = await app.inject('/');
    expect(reply.headers['x-content-type-options']).toBe('nosniff');
    expect((await app.inject('/healthz')).json()).toStrictEqual({ status: 'ok' });
    expect((await app.inject('/readyz')).json()).toStrictEqual({ status: 'ready' });
  });

  it('are absent where they are off', async () => {
    const app = await open({
      router: false,
      builtins: false,
      cache: false,
      monitor: false,
      shutdown: false,
    });
    app.get('/', async () => ({ ok: true }));
    await app.ready();
    for (const name of ['routes', 'cache', 'health', 'monitor', 'realtime', 'tiers']) {
      expect(app.hasDecorator(name), name).toBe(false);
    }
    expect((await app.inject('/')).headers['x-content-type-options']).toBeUndefined();
    expect((await app.inject('/healthz')).statusCode).toBe(404);
    expect(app.config.shutdown).toMatchObject({ shutdownDelay: 0, signals: false });
  });

  it('share the tiers of the application with the response cache', async () => {
    const app = await open({ tiers: { name: 'create-app-tiers' }, cache: { ttl: 60_000 } });
    app.get('/', async () => ({ ok: true }));
    await app.inject('/');
    expect(app.cache.tiers).toBe(app.tiers);
    expect(await app.tiers.getOrSet('answer', async () => 42)).toBe(42);
    await app.close();
    await expect(app.tiers.get('answer')).rejects.toMatchObject({ code: 'CATZ_TIERS_CLOSED' });
  });

  it('leave tiers of the caller open, and give the cache its own where it says so', async () => {
    const tiers = createTieredCache({ name: 'create-app-own-tiers' });
    onTestFinished(() => tiers.close());
    const app = await open({ tiers, cache: { cache: { maxBytes: 2_097_152 } } });
    expect(app.tiers).toBe(tiers);
    expect(app.cache.tiers).not.toBe(tiers);
    await app.close();
    expect(await tiers.getOrSet('answer', async () => 42)).toBe(42);
  });

  it('close what has started when a later one fails', async () => {
    const options = { tiers: { name: 'create-app-failing' }, cache: { tll: 1 } } as AppOptions;
    const seen: string[] = [];
    const stream = { write: (line: string) => void seen.push(line) };
    await expect(createApp({ ...options, server: { logger: { stream } } })).rejects.toThrow('tll');
    const again = createTieredCache({
      name: 'create-app-failing',
      memory: { maxBytes: 2_097_152 },
    });
    await again.close();
  });

  it('show what they were made of, without secrets', async () => {
    const app = await open({
      builtins: { cookie: { secret: 'very secret' } },
      cache: { ttl: 5 },
      env: false,
    });
    expect(app.config).toMatchObject({
      mode: 'development',
      cache: { ttl: 5 },
      builtins: { cookie: { secret: 'very secret' }, cors: false },
      monitor: {},
      realtime: false,
      tiers: false,
    });
    expect(Object.isFrozen(app.config.cache)).toBe(true);
    expect(JSON.stringify(app.config)).not.toContain('very secret');
  });
});
