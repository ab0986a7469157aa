import { connect } from 'node:net';
import { addConstant } from '@catzilla/router';
import helmet from '@fastify/helmet';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApp } from '../../src/index.ts';
import type { BuiltinOptions } from '../../src/index.ts';

type Helmet = Exclude<BuiltinOptions['helmet'], boolean | undefined>;

async function open(options: Helmet | boolean, mode: 'development' | 'production' = 'production') {
  const app = await createApp({
    env: false,
    mode,
    builtins: { helmet: options },
    cache: { ttl: 60_000 },
  });
  onTestFinished(() => app.close());
  return app;
}

/** Headers of helmet by itself. */
async function plain(options: Helmet) {
  const app = Fastify();
  onTestFinished(() => app.close());
  await app.register(helmet, options);
  app.get('/', async () => 'x');
  return headersOf(app);
}

async function headersOf(app: FastifyInstance, url = '/') {
  const { headers } = await app.inject(url);
  const { date: _, 'cache-status': _status, 'content-length': _length, ...rest } = headers;
  return rest;
}

/** Heads of the answers to what is sent one by one, on one connection. */
async function headsOf(port: number, sent: readonly string[], answers = 1): Promise<string[]> {
  const socket = connect(port, '127.0.0.1');
  const chunks = socket.setEncoding('latin1')[Symbol.asyncIterator]();
  const heads: string[] = [];
  let text = '';
  for (const request of sent) {
    socket.write(request);
    const wanted = heads.length + answers;
    while (heads.length < wanted) {
      const head = /HTTP\/1\.1 [^]*?\r\n\r\n/.exec(text);
      if (head === null) text += String((await chunks.next()).value);
      else {
        heads.push(head[0]);
        text = text.slice(head.index + head[0].length);
      }
    }
  }
  socket.destroy();
  return heads;
}

function fieldsOf(head: string): Record<string, string> {
  const lines = head.trimEnd().split('\r\n').slice(1);
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(': ');
      return [line.slice(0, at).toLowerCase(), line.slice(at + 2)];
    }),
  );
}

function securityLines(headers: Record<string, unknown>): Record<string, unknown> {
  const isOurs = (name: string): boolean =>
    /^(x-(?!cache)|content-security|cross-origin|origin-agent|referrer|strict-)/.test(name);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isOurs(name)));
}

describe('helmet', () => {
  it.each<Helmet>([
    {},
    { contentSecurityPolicy: false, hsts: false },
    { contentSecurityPolicy: { directives: { scriptSrc: ["'self'", 'cdn.example'] } } },
    { global: false },
  ])('sends what the plugin alone sends, with %j', async (options) => {
    const app = await open(options);
    app.get('/', { config: { cache: false } }, async () => 'x');
    expect(await headersOf(app)).toStrictEqual(await plain(options));
  });

  it('sends its headers with errors, 404 and hits of the cache', async () => {
    const app = await open(true);
    app.get('/', async () => ({ x: 1 }));
    app.get('/fails', async () => {
      throw new Error('on purpose');
    });
    for (const url of ['/', '/', '/fails', '/nowhere']) {
      expect((await app.inject(url)).headers['x-content-type-options'], url).toBe('nosniff');
    }
  });

  it('lets hits be answered by one write', async () => {
    const app = await open(true);
    app.get('/', async () => ({ x: 1 }));
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    for (let i = 0; i < 3; i++) {
      const reply = await fetch(url);
      expect(reply.headers.get('x-frame-options')).toBe('SAMEORIGIN');
      await reply.arrayBuffer();
    }
    expect(app.cache.stats().answers).toMatchObject({ raw: 2, head: 0, send: 0 });
  });

  it('sends the same headers with 304, HEAD and constants, pipelined or not', async () => {
    const app = await open(true);
    app.get('/', async (_request, reply) => reply.header('etag', '"1"').send('x'));
    await app.register(async (scope) => addConstant(scope, '/constant', { x: 1 }));
    const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }));
    const ask = (line: string, more = ''): string => `${line} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
    const asked = [
      ask('GET /'),
      ask('GET /'),
      ask('GET /', 'If-None-Match: "1"\r\n'),
      ask('HEAD /'),
      ask('GET /constant'),
      ask('GET /nowhere'),
    ];
    const heads = await headsOf(Number(port), asked);
    expect(heads.map((head) => head.slice(9, 12))).toEqual([
      '200',
      '200',
      '304',
      '200',
      '200',
      '404',
    ]);
    const alone = securityLines(await plain({}));
    for (const head of heads) expect(securityLines(fieldsOf(head))).toStrictEqual(alone);
    const together = await headsOf(Number(port), [asked.join('')], asked.length);
    for (const head of together) expect(securityLines(fieldsOf(head))).toStrictEqual(alone);
  });

  it.each<Parameters<FastifyReply['helmet']>>([
    [undefined],
    [{ xFrameOptions: { action: 'deny' }, contentSecurityPolicy: false }],
  ])('has reply.helmet() set what it would alone, with %j', async (own) => {
    const app = await open(true);
    const alone = Fastify();
    onTestFinished(() => alone.close());
    await alone.register(helmet);
    for (const each of [app, alone] as FastifyInstance[]) {
      each.get('/', { config: { cache: false } }, async (_request, reply) => {
        reply.helmet(own);
        return 'x';
      });
    }
    const { headers } = await app.inject('/');
    expect(securityLines(headers)).toStrictEqual(securityLines((await alone.inject('/')).headers));
  });

  it('is known to Fastify by the name of the plugin', async () => {
    expect((await open(true)).hasPlugin('@fastify/helmet')).toBe(true);
  });

  it('does not change the headers of other replies with those of one', async () => {
    const app = await open(true);
    app.get('/', { config: { cache: false } }, async (_request, reply) => {
      reply.header('x-frame-options', 'DENY').removeHeader('referrer-policy');
      return 'x';
    });
    app.get('/other', { config: { cache: false } }, async () => 'x');
    expect((await app.inject('/')).headers['referrer-policy']).toBeUndefined();
    expect(await headersOf(app, '/other')).toStrictEqual(await plain({}));
  });

  it('answers with an error where the options of a route are no options', async () => {
    const app = await open(true);
    app.get('/bad', { helmet: { frameguard: { action: 'nonsense' as 'deny' } } }, async () => 'x');
    expect((await app.inject('/bad')).statusCode).toBe(500);
  });

  it('heeds what routes say', async () => {
    const app = await open(true);
    app.get('/off', { helmet: false }, async () => 'x');
    app.get('/own', { helmet: { frameguard: { action: 'deny' } } }, async () => 'x');
    const off = await headersOf(app, '/off');
    expect(off['x-frame-options']).toBeUndefined();
    expect(off['content-security-policy']).toBeUndefined();
    expect((await headersOf(app, '/own'))['x-frame-options']).toBe('DENY');
  });

  it('makes nonces anew for each request', async () => {
    const app = await open({ enableCSPNonces: true });
    app.get('/', { config: { cache: false } }, async (_request, reply) => reply.cspNonce.script);
    const replies = [await app.inject('/'), await app.inject('/')];
    for (const { body, headers } of replies) {
      expect(headers['content-security-policy']).toContain(`'nonce-${body}'`);
    }
    expect(replies[0]!.body).not.toBe(replies[1]!.body);
  });

  it('asks functions among the directives on each request', async () => {
    let runs = 0;
    const app = await open({
      contentSecurityPolicy: { directives: { scriptSrc: ["'self'", () => `s${++runs}.example`] } },
    });
    app.get('/', { config: { cache: false } }, async () => 'x');
    const before = runs;
    await app.inject('/');
    await app.inject('/');
    expect(runs).toBe(before + 2);
  });

  it('upgrades no requests in development, unless it is told to', async () => {
    const policy = async (options: Helmet, mode: 'development' | 'production') => {
      const app = await open(options, mode);
      app.get('/', async () => 'x');
      return (await headersOf(app))['content-security-policy'];
    };
    const directives = { upgradeInsecureRequests: [] };
    expect(await policy({}, 'production')).toContain('upgrade-insecure-requests');
    expect(await policy({}, 'development')).not.toContain('upgrade-insecure-requests');
    expect(await policy({}, 'development')).toContain("default-src 'self'");
    expect(await policy({ contentSecurityPolicy: { directives } }, 'development')).toContain(
      'upgrade-insecure-requests',
    );
    expect(await policy({ contentSecurityPolicy: false }, 'development')).toBeUndefined();
  });
});
