import { once } from 'node:events';
import { connect } from 'node:http2';
import { Readable } from 'node:stream';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { monitor, watchFirst } from '../../src/index.ts';
import type { MonitorOptions } from '../../src/index.ts';

async function open(options: MonitorOptions, routes: (app: FastifyInstance) => void) {
  const app = Fastify();
  onTestFinished(() => app.close());
  await app.register(monitor, { health: false, metrics: false, dashboard: false, ...options });
  routes(app);
  return app;
}

const ON: MonitorOptions = { serverTiming: true };

/** The names of a field, in order. */
function namesOf(field: unknown): string[] {
  expect(field).toBeTypeOf('string');
  return (field as string).split(', ').map((metric) => metric.split(';', 1)[0]!);
}

async function timingOf(app: FastifyInstance, url = '/'): Promise<unknown> {
  return (await app.inject(url)).headers['server-timing'];
}

describe('Server-Timing', () => {
  it('says how long the whole took, and the handler', async () => {
    const app = await open(ON, (one) => one.get('/', async () => 'x'));
    expect(await timingOf(app)).toMatch(/^total;dur=\d+(\.\d)?, handler;dur=\d+(\.\d)?$/);
  });

  it('counts as handler what the handler took, and not what sending took', async () => {
    let now = 1000;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    onTestFinished(() => clock.mockRestore());
    const app = await open(ON, (one) => {
      one.addHook('preHandler', async () => void (now += 10));
      one.addHook('onSend', async () => void (now += 100));
      one.get('/', async () => {
        now += 5;
        await Promise.resolve();
        now += 2;
        return 'x';
      });
    });
    expect(await timingOf(app)).toBe('total;dur=117, handler;dur=7');
  });

  it('is on replies of handlers that use reply.send, on streams, errors and unknown routes', async () => {
    const app = await open(ON, (one) => {
      one.get('/send', (_request, reply) => void reply.send('x'));
      one.get('/stream', async () => Readable.from(['a', 'b']));
      one.get('/throws', () => {
        throw new Error('no');
      });
      one.get('/hijacked', (_request, reply) => {
        reply.hijack();
        reply.raw.end('x');
      });
    });
    for (const url of ['/send', '/stream', '/throws', '/hijacked']) {
      expect(namesOf(await timingOf(app, url)), url).toStrictEqual(['total', 'handler']);
    }
    expect(namesOf(await timingOf(app, '/none'))).toStrictEqual(['total']);
  });

  it('has no handler where a hook answers before it', async () => {
    const app = await open(ON, (one) => {
      one.get(
        '/',
        { onRequest: async (_request, reply) => reply.code(401).send() },
        async () => 'x',
      );
    });
    expect(namesOf(await timingOf(app))).toStrictEqual(['total']);
  });

  it('says what the cache said, the nearest one', async () => {
    const said: Record<string, string | string[]> = {
      '/hit': 'catzilla; hit; ttl=5',
      '/miss': 'catzilla; fwd=uri-miss; stored',
      '/far': 'cdn; hit, edge; hit, catzilla; fwd=stale',
      '/list': ['cdn; hit', 'catzilla; fwd=bypass'],
      '/nothing': 'catzilla',
    };
    const app = await open(ON, (one) => {
      for (const [url, text] of Object.entries(said)) {
        one.get(
          url,
          async (_request, reply) => void (await reply.header('cache-status', text).send('x')),
        );
      }
    });
    const found = await Promise.all(
      Object.keys(said).map(
        async (url) => /cache;desc="([^"]*)"/.exec(String(await timingOf(app, url)))?.[1],
      ),
    );
    expect(found).toStrictEqual(['hit', 'uri-miss', 'stale', 'bypass', undefined]);
  });

  it('reads a head that is a list, or was set before on the response', async () => {
    const app = await open(ON, (one) => {
      one.get('/list', (_request, reply) => {
        reply.hijack();
        reply.raw.writeHead(200, ['Cache-Status', 'x; hit', 'X-A', '1']).end();
      });
      one.get('/set', (_request, reply) => {
        reply.hijack();
        reply.raw.setHeader('cache-status', 'x; hit');
        reply.raw.setHeader('server-timing', 'own');
        reply.raw.writeHead(200, 'Fine').end();
      });
    });
    const list = await app.inject('/list');
    expect(list.headers['x-a']).toBe('1');
    expect(namesOf(list.headers['server-timing'])).toStrictEqual(['total', 'cache', 'handler']);
    const set = await app.inject('/set');
    expect(set.statusMessage).toBe('Fine');
    expect(String(set.headers['server-timing'])).toMatch(/^own, ?total.*cache;desc="hit"/);
  });

  it('keeps heads in every form that Node takes', async () => {
    const app = await open(ON, (one) => {
      const route = (url: string, ...heads: unknown[]) =>
        one.get(url, (_request, reply) => {
          reply.hijack();
          reply.raw.writeHead(...([200, ...heads] as [number])).end();
        });
      route('/behind', undefined, { 'x-a': '1', 'Cache-Status': 'x; hit' });
      route('/pairs', [
        ['x-a', '1'],
        ['Cache-Status', 'x; hit'],
      ]);
      route('/none', null);
    });
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    for (const path of ['/behind', '/pairs']) {
      const { headers } = await fetch(url + path);
      expect(headers.get('x-a'), path).toBe('1');
      const names = namesOf(headers.get('server-timing'));
      expect(names, path).toStrictEqual(['total', 'cache', 'handler']);
      expect(headers.get('s'), path).toBeNull();
    }
    const { headers } = await fetch(`${url}/none`);
    expect(namesOf(headers.get('server-timing'))).toStrictEqual(['total', 'handler']);
  });

  it('keeps its own of the response where the head has others, and each of a list', async () => {
    const app = await open(ON, (one) => {
      const route = (url: string, heads: object) =>
        one.get(url, (_request, reply) => {
          reply.hijack();
          reply.raw.setHeader('server-timing', 'own');
          reply.raw.writeHead(200, heads as Record<string, string>).end();
        });
      route('/object', { 'x-a': '1' });
      route('/list', ['x-a', '1']);
      route('/told', ['Server-Timing', 'a', 'server-timing', 'b']);
    });
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const of = async (path: string) =>
      namesOf((await fetch(url + path)).headers.get('server-timing'));
    expect(await of('/object')).toStrictEqual(['own', 'total', 'handler']);
    expect(await of('/list')).toStrictEqual(['own', 'total', 'handler']);
    expect(await of('/told')).toStrictEqual(['a', 'b', 'total', 'handler']);
  });

  it('runs a query that a handler returns once', async () => {
    let runs = 0;
    // As those of Knex and Mongoose: each `then` is a run.
    const query = (fails: boolean) => ({
      // oxlint-disable-next-line unicorn/no-thenable -- what is tested
      then(...given: Parameters<Promise<string>['then']>) {
        runs++;
        return (fails ? Promise.reject(new Error('no')) : Promise.resolve('row')).then(...given);
      },
    });
    const app = await open(ON, (one) => {
      one.get('/', () => query(false));
      one.get('/fails', () => query(true));
    });
    expect((await app.inject('/')).body).toBe('row');
    expect(runs).toBe(1);
    expect((await app.inject('/fails')).json()).toMatchObject({ message: 'no' });
    expect(runs).toBe(2);
  });

  it('comes after what the handler itself has set', async () => {
    const app = await open(ON, (one) => {
      one.get('/', async (_request, reply) => reply.header('Server-Timing', 'own;dur=1').send('x'));
    });
    expect(namesOf(await timingOf(app))).toStrictEqual(['own', 'total', 'handler']);
  });

  it('goes over HTTP/2 as well', async () => {
    const app = Fastify({ http2: true });
    onTestFinished(() => app.close());
    await app.register(monitor, { ...ON, health: false, metrics: false, dashboard: false });
    app.get('/', async () => 'x');
    const client = connect(await app.listen({ port: 0, host: '127.0.0.1' }));
    onTestFinished(() => client.destroy());
    const stream = client.request({ ':path': '/' });
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(namesOf(headers['server-timing'])).toStrictEqual(['total', 'handler']);
    stream.resume();
    await once(stream, 'close');
  });

  it('goes over the wire as one field', async () => {
    const app = await open(ON, (one) => one.get('/', async () => 'x'));
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const reply = await fetch(url);
    expect(namesOf(reply.headers.get('server-timing'))).toStrictEqual(['total', 'handler']);
    expect(await reply.text()).toBe('x');
  });
});

describe('reply.timing', () => {
  it('adds what a handler measured', async () => {
    const app = await open(ON, (one) => {
      one.get('/', async (_request, reply) => {
        reply.timing('db', 12.345, 'two "queries"\r\n');
        reply.timing('flag');
        return 'x';
      });
    });
    expect(await timingOf(app)).toMatch(
      /, handler;dur=[\d.]+, db;desc="two queries";dur=12\.3, flag$/,
    );
  });

  it.each([
    [
      'a b',
      undefined,
      /^expected the name of a timing to be a token of at most 64 characters, got "a b"/,
    ],
    ['', 1, /token/],
    [7 as never, 1, /token/],
    ['db', -1, /^expected the time of a timing to be a duration in ms, got -1/],
    ['db', Number.NaN, /duration/],
  ])('refuses %j with %j (CATZ_MONITOR_OPTION)', async (name, ms, message) => {
    let thrown: unknown;
    const app = await open({ serverTiming: false }, (one) => {
      one.get('/', async (_request, reply) => {
        try {
          reply.timing(name, ms);
        } catch (error) {
          thrown = error;
        }
        return 'x';
      });
    });
    await app.inject('/');
    expect(thrown).toMatchObject({
      code: 'CATZ_MONITOR_OPTION',
      message: expect.stringMatching(message) as string,
    });
  });

  it('keeps the first 32 of a reply', async () => {
    const app = await open(ON, (one) => {
      one.get('/', async (_request, reply) => {
        for (let i = 0; i < 40; i++) reply.timing(`t${i}`);
        return 'x';
      });
    });
    const names = namesOf(await timingOf(app));
    expect(names.slice(2)).toHaveLength(32);
    expect(names.at(-1)).toBe('t31');
  });
});

describe('the option serverTiming', () => {
  const routes = (app: FastifyInstance): void => {
    app.get('/', async (_request, reply: FastifyReply) => {
      reply.timing('db', 1);
      return 'x';
    });
  };

  it('false: no reply has it, and the response is as Node made it', async () => {
    const app = await open({ serverTiming: false }, (one) => {
      routes(one);
      one.get('/own', async (_request, reply) => ({ own: Object.hasOwn(reply.raw, 'writeHead') }));
    });
    expect(await timingOf(app)).toBeUndefined();
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    expect(await (await fetch(`${url}/own`)).json()).toStrictEqual({ own: false });
  });

  it('is true in development and false in production', async () => {
    const development = await open({ mode: 'development' }, routes);
    expect(namesOf(await timingOf(development))).toContain('db');
    const production = await open({ mode: 'production' }, routes);
    expect(await timingOf(production)).toBeUndefined();
  });

  it('a function chooses requests', async () => {
    const serverTiming: MonitorOptions['serverTiming'] = ({ headers }) => headers['x-time'] === '1';
    const app = await open({ serverTiming }, routes);
    expect(await timingOf(app)).toBeUndefined();
    const chosen = await app.inject({ url: '/', headers: { 'x-time': '1' } });
    expect(namesOf(chosen.headers['server-timing'])).toStrictEqual(['total', 'handler', 'db']);
  });

  it.each([
    ['gives a promise', () => Promise.resolve(true) as never],
    ['gives what is merely not nothing', () => 'yes' as never],
    [
      'throws',
      () => {
        throw new Error('no session');
      },
    ],
  ])('a function that %s chooses none, and no request fails', async (_title, serverTiming) => {
    const app = await open({ serverTiming }, routes);
    const { statusCode, headers } = await app.inject('/');
    expect(statusCode).toBe(200);
    expect(headers['server-timing']).toBeUndefined();
  });

  it('counts from before other plugins where watchFirst() was called before them', async () => {
    const app = Fastify();
    onTestFinished(() => app.close());
    const options: MonitorOptions = { ...ON, health: false, metrics: false, dashboard: false };
    watchFirst(app, options);
    app.addHook('onRequest', async (_request, reply) => reply.code(403).send());
    await app.register(monitor, options);
    app.get('/', async () => 'x');
    expect(namesOf(await timingOf(app))).toStrictEqual(['total']);
  });
});
