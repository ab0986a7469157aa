// The plugins of the Fastify project, as createApp() registers them: the defaults of each, and their order.
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApp } from '../../src/index.ts';
import type { AppOptions } from '../../src/index.ts';

async function open(options: AppOptions = {}) {
  const app = await createApp({ env: false, ...options });
  onTestFinished(() => app.close());
  return app;
}

const ORIGIN = 'https://app.example';

describe('cors', () => {
  it('is off unless it is asked for', async () => {
    const app = await open();
    app.get('/', async () => 'x');
    const reply = await app.inject({ url: '/', headers: { origin: ORIGIN } });
    expect(reply.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('allows no origin with true', async () => {
    const app = await open({ builtins: { cors: true } });
    app.get('/', async () => 'x');
    const reply = await app.inject({ url: '/', headers: { origin: ORIGIN } });
    expect(reply.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('allows the origins that are named, with credentials', async () => {
    const app = await open({ builtins: { cors: { origin: [ORIGIN], credentials: true } } });
    app.get('/', async () => 'x');
    const ask = async (origin: string) =>
      (await app.inject({ url: '/', headers: { origin } })).headers['access-control-allow-origin'];
    expect(await ask(ORIGIN)).toBe(ORIGIN);
    expect(await ask('https://evil.example')).toBeUndefined();
  });

  it.each([[true], ['*'], [[ORIGIN, '*']], [/.*/], [[/^https:/]]])(
    'refuses credentials for every origin: %s (CATZ_APP_CORS)',
    async (origin) => {
      const options: AppOptions = { builtins: { cors: { origin, credentials: true } } };
      await expect(open(options)).rejects.toMatchObject({
        code: 'CATZ_APP_CORS',
        message: expect.stringContaining('options.builtins.cors'),
      });
    },
  );

  it.each([[[/\.example$/]], [ORIGIN], [async () => ORIGIN]])(
    'takes credentials for %s',
    async (origin) => {
      await open({ builtins: { cors: { origin, credentials: true } } });
    },
  );
});

describe('rateLimit', () => {
  it('takes 100 requests in a minute with true, and says when to come again', async () => {
    const app = await open({ builtins: { rateLimit: true } });
    app.get('/', async () => 'x');
    let reply = await app.inject('/');
    expect(reply.headers['x-ratelimit-limit']).toBe('100');
    for (let i = 1; i <= 100; i++) reply = await app.inject('/');
    expect(reply.statusCode).toBe(429);
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
    expect((await app.inject('/healthz')).statusCode).toBe(200);
    expect((await app.inject('/readyz')).statusCode).toBe(200);
  });

  it('counts hits of the cache too', async () => {
    const app = await open({ builtins: { rateLimit: { max: 2 } }, cache: { ttl: 60_000 } });
    app.get('/', async () => ({ x: 1 }));
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await app.inject('/')).statusCode);
    expect(statuses).toStrictEqual([200, 200, 429]);
  });
});

describe('cookie, formbody, multipart', () => {
  it('read cookies and forms where they are on', async () => {
    const app = await open({ builtins: { cookie: { secret: 'of the test' }, formbody: true } });
    app.post('/', async (request, reply) => {
      reply.setCookie('seen', 'yes', { signed: true });
      return { cookies: request.cookies, body: request.body };
    });
    const reply = await app.inject({
      method: 'POST',
      url: '/',
      headers: { cookie: 'a=1', 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'b=2',
    });
    expect(reply.json()).toStrictEqual({ cookies: { a: '1' }, body: { b: '2' } });
    expect(reply.headers['set-cookie']).toMatch(/^seen=yes\./);
  });

  it('refuse forms and uploads where they are off', async () => {
    const app = await open();
    app.post('/', async () => 'x');
    for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const headers = { 'content-type': type };
      const reply = await app.inject({ method: 'POST', url: '/', headers, payload: 'a=1' });
      expect(reply.statusCode).toBe(415);
    }
  });

  it('take uploads of at most 10 MiB with true', async () => {
    const app = await open({ builtins: { multipart: true } });
    app.post('/', async (request) => {
      const file = await request.file();
      return { bytes: (await file!.toBuffer()).byteLength };
    });
    const upload = (bytes: number) => {
      const head = '--b\r\nContent-Disposition: form-data; name="f"; filename="f.bin"\r\n\r\n';
      const payload = Buffer.concat([
        Buffer.from(head),
        Buffer.alloc(bytes),
        Buffer.from('\r\n--b--\r\n'),
      ]);
      const headers = { 'content-type': 'multipart/form-data; boundary=b' };
      return app.inject({ method: 'POST', url: '/', headers, payload });
    };
    expect((await upload(1000)).json()).toStrictEqual({ bytes: 1000 });
    expect((await upload(10 * 1024 * 1024 + 1)).statusCode).toBe(413);
  });

  it('keep the limits that are not named', async () => {
    const app = await open({ builtins: { multipart: { limits: { files: 1 } } } });
    app.post('/', async (request) => {
      const seen: string[] = [];
      for await (const part of request.parts()) seen.push(part.fieldname);
      return seen;
    });
    const field = '--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n1\r\n';
    const reply = await app.inject({
      method: 'POST',
      url: '/',
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      payload: `${field.repeat(101)}--b--\r\n`,
    });
    expect(reply.statusCode).toBe(413);
  });
});

describe('compress', () => {
  const text = 'a text that is worth it '.repeat(200);

  it('compresses once, and the cache keeps each encoding', async () => {
    const app = await open({ builtins: { compress: true }, cache: { ttl: 60_000 } });
    let runs = 0;
    app.get('/', async () => ({ runs: ++runs, text }));
    const ask = (encoding: string) =>
      app.inject({ url: '/', headers: { 'accept-encoding': encoding } });
    const first = await ask('gzip');
    const second = await ask('gzip');
    expect(first.headers['content-encoding']).toBe('gzip');
    expect(second.rawPayload).toStrictEqual(first.rawPayload);
    expect(second.headers['cache-status']).toMatch(/^catzilla; hit/);
    expect((await ask('br')).headers['content-encoding']).toBe('br');
    expect((await ask('identity')).json()).toMatchObject({ text });
    expect(second.headers['vary']).toMatch(/accept-encoding/i);
  });

  it('takes no compressed bodies, which could grow beyond every limit', async () => {
    const app = await open({ builtins: { compress: true } });
    app.post('/', async (request) => request.body);
    const reply = await app.inject({
      method: 'POST',
      url: '/',
      headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' },
      payload: gzipSync('{"small":true}'),
    });
    expect(reply.statusCode).toBe(400);
  });
});

describe('the order of the plugins', () => {
  it('lets refusals carry the headers of helmet and cors', async () => {
    const app = await open({
      builtins: { cors: { origin: [ORIGIN] }, rateLimit: { max: 1 } },
    });
    app.get('/', async () => 'x');
    await app.inject('/');
    const refused = await app.inject({ url: '/', headers: { origin: ORIGIN } });
    expect(refused.statusCode).toBe(429);
    expect(refused.headers['x-frame-options']).toBe('SAMEORIGIN');
    expect(refused.headers['access-control-allow-origin']).toBe(ORIGIN);
  });
});
