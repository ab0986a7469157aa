// Cookies, forms and field names: what Fastify's slots do not do by themselves.
import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import multipart from '@fastify/multipart';
import Fastify from 'fastify';
import type { LightMyRequestResponse } from 'fastify';
import { Type } from 'typebox';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Coercion } from '../../src/options.ts';
import { validation } from '../../src/plugin.ts';
import { VERSIONS, logTo, makeApp, tracked } from '../support/apps.ts';

describe('cookies', () => {
  const Cookies = z.object({ visits: z.int().default(0), theme: z.enum(['dark', 'light']) });

  it('are valid in request.validCookies, and as they came in request.cookies', async () => {
    const app = await makeApp();
    app.get('/', { schema: { cookies: Cookies } }, async ({ cookies, validCookies }) => ({
      cookies,
      validCookies,
    }));
    const reply = await app.inject({
      url: '/',
      cookies: { visits: '5', theme: 'dark', other: 'x' },
    });
    expect(reply.json()).toEqual({
      cookies: { visits: '5', theme: 'dark', other: 'x' },
      validCookies: { visits: 5, theme: 'dark' },
    });
  });

  it('are undefined in request.validCookies without a schema', async () => {
    const app = await makeApp();
    app.get('/', async ({ validCookies }) => ({ isThere: validCookies !== undefined }));
    expect((await app.inject({ url: '/', cookies: { a: 'x' } })).json()).toEqual({
      isThere: false,
    });
  });

  it('by JSON Schema may name added schemas', async () => {
    const app = await makeApp();
    app.addSchema({ $id: 'visits', type: 'integer', maximum: 9 });
    app.get(
      '/',
      { schema: { cookies: { type: 'object', properties: { visits: { $ref: 'visits#' } } } } },
      async ({ validCookies }) => validCookies,
    );
    expect((await app.inject({ url: '/', cookies: { visits: '5' } })).json()).toEqual({
      visits: 5,
    });
    expect((await app.inject({ url: '/', cookies: { visits: '10' } })).json()).toMatchObject({
      status: 400,
      errors: [{ in: 'cookies', pointer: '/visits', code: 'maximum' }],
    });
  });

  it('are left to the handler with attachValidation', async () => {
    const app = await makeApp();
    app.get('/', { attachValidation: true, schema: { cookies: Cookies } }, async (request) => ({
      message: request.validationError?.message,
    }));
    expect((await app.inject('/')).json().message).toContain('cookies/theme');
  });

  it('need @fastify/cookie: the application does not start without', async () => {
    const app = tracked(Fastify());
    await app.register(validation);
    app.get('/', { schema: { cookies: Cookies } }, async () => 'ok');
    await expect(app.ready()).rejects.toMatchObject({
      code: 'CATZ_VALIDATION_SCHEMA',
      message:
        'the schema of the cookies of GET / needs @fastify/cookie in its scope: npm install @fastify/cookie',
    });
  });

  it('may be read by a scope inside', async () => {
    const app = tracked(Fastify());
    await app.register(validation);
    await app.register(async (scope) => {
      await scope.register(cookie);
      scope.get('/', { schema: { cookies: Cookies } }, async ({ validCookies }) => validCookies);
    });
    expect((await app.inject({ url: '/', cookies: { theme: 'dark' } })).json()).toEqual({
      visits: 0,
      theme: 'dark',
    });
  });

  it('that nobody has read are an error of the server', async () => {
    const app = tracked(Fastify());
    app.decorateRequest('cookies', null as never);
    await app.register(validation);
    app.get('/', { schema: { cookies: Cookies } }, async () => 'reached');
    expect((await app.inject('/')).json()).toMatchObject({
      status: 500,
      code: 'CATZ_VALIDATION_SCHEMA',
    });
  });
});

describe.each(VERSIONS)('forms on Fastify %s', (_version, make) => {
  const FORM = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const Json = Type.Object({
    n: Type.Integer(),
    on: Type.Optional(Type.Boolean()),
    tags: Type.Optional(Type.Array(Type.Integer())),
  });
  const Zod = z.object({
    n: z.int(),
    on: z.boolean().optional(),
    tags: z.array(z.int()).optional(),
  });

  it.each([
    ['typebox', Json],
    ['zod', Zod],
  ])('have their texts turned for %s, and JSON not', async (_library, body) => {
    const app = await makeApp({}, make);
    await app.register(formbody);
    app.post('/', { schema: { body } }, async (request) => request.body);
    const send = async (payload: string, headers: Record<string, string> = FORM) =>
      app.inject({ method: 'POST', url: '/', payload, headers });
    expect((await send('n=5&on=true&tags=1&tags=2')).json()).toEqual({
      n: 5,
      on: true,
      tags: [1, 2],
    });
    expect((await send('n=5&tags=1')).json()).toEqual({ n: 5, tags: [1] });
    expect((await send('n=x')).json()).toMatchObject({
      status: 400,
      errors: [{ in: 'body', pointer: '/n' }],
    });
    expect((await send('{"n":"5"}', { 'content-type': 'application/json' })).statusCode).toBe(400);
    expect(
      (
        await send('{"n":"5"}', {
          'content-type': 'application/json; x=application/x-www-form-urlencoded',
        })
      ).statusCode,
    ).toBe(400);
  });

  it('may come in parts, with files', async () => {
    const app = await makeApp({}, make);
    await app.register(multipart, { attachFieldsToBody: 'keyValues' });
    const body = {
      type: 'object',
      properties: { n: { type: 'integer' }, file: {} },
      required: ['n', 'file'],
    };
    app.post('/', { schema: { body } }, async (request) => {
      const { n, file } = request.body as { n: unknown; file: unknown };
      return { n, isBuffer: Buffer.isBuffer(file) };
    });
    const boundary = 'x-boundary';
    const part = (head: string, text: string) =>
      `--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${text}\r\n`;
    const payload = `${part('name="n"', '5')}${part('name="file"; filename="a.bin"\r\nContent-Type: application/octet-stream', 'bytes')}--${boundary}--\r\n`;
    const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
    expect((await app.inject({ method: 'POST', url: '/', payload, headers })).json()).toEqual({
      n: 5,
      isBuffer: true,
    });
  });

  it('have schemas by media type', async () => {
    const app = await makeApp({}, make);
    await app.register(formbody);
    const content = {
      'application/x-www-form-urlencoded': { schema: Json },
      'application/json': { schema: Zod },
    };
    app.post('/', { schema: { body: { content } } }, async (request) => request.body);
    expect(
      (await app.inject({ method: 'POST', url: '/', payload: 'n=5', headers: FORM })).json(),
    ).toEqual({ n: 5 });
    expect((await app.inject({ method: 'POST', url: '/', payload: { n: '5' } })).statusCode).toBe(
      400,
    );
  });

  it('are turned before a schema is awaited', async () => {
    const app = await makeApp({}, make);
    await app.register(formbody);
    const body = Zod.refine(async () => true);
    app.post(
      '/',
      { config: { validation: { async: true } }, schema: { body } },
      async (request) => request.body,
    );
    expect(
      (await app.inject({ method: 'POST', url: '/', payload: 'n=5', headers: FORM })).json(),
    ).toEqual({ n: 5 });
  });
});

describe('coercion', () => {
  const Query = Type.Object({
    n: Type.Optional(Type.Integer()),
    on: Type.Optional(Type.Boolean()),
  });
  async function ask(
    coercion: Coercion,
    schema: object,
    query: string,
    payload?: object,
  ): Promise<LightMyRequestResponse> {
    const app = await makeApp({ coercion });
    app.post('/', { schema }, async (request) => ({ query: request.query, body: request.body }));
    return app.inject({ method: 'POST', url: `/${query}`, ...(payload && { payload }) });
  }

  it("'off' turns nothing", async () => {
    expect((await ask('off', { querystring: Query }, '?n=5')).statusCode).toBe(400);
    expect((await ask('off', { querystring: z.object({ n: z.int() }) }, '?n=5')).statusCode).toBe(
      400,
    );
    expect(
      (await ask('off', { querystring: z.object({ n: z.coerce.number() }) }, '?n=5')).json().query,
    ).toEqual({ n: 5 });
  });

  it("'fastify' turns as ajv does, in bodies, too, and Standard Schemas strictly", async () => {
    expect((await ask('fastify', { querystring: Query }, '?n=0x10')).json().query).toEqual({
      n: 16,
    });
    const body = await ask('fastify', { body: Query }, '', { n: '5', on: 'true' });
    expect(body.json().body).toEqual({ n: 5, on: true });
    const Standard = { querystring: z.object({ n: z.int() }) };
    expect((await ask('fastify', Standard, '?n=5')).json().query).toEqual({ n: 5 });
    expect((await ask('fastify', Standard, '?n=0x10')).statusCode).toBe(400);
  });

  it("'strict' is the default, whatever ajv was told", async () => {
    const app = await makeApp({}, undefined, { ajv: { customOptions: { coerceTypes: 'array' } } });
    app.get('/', { schema: { querystring: Query } }, async (request) => request.query);
    expect((await app.inject('/?n=5&on=false')).json()).toEqual({ n: 5, on: false });
    for (const query of ['n=0x10', 'n=%205', 'on=1', 'n=', 'n=1&n=2'])
      expect((await app.inject(`/?${query}`)).statusCode, query).toBe(400);
  });

  it('works for JTD, as far as its types have the same names', async () => {
    const app = await makeApp({}, undefined, { ajv: { mode: 'JTD', customOptions: {} } });
    app.get(
      '/',
      { schema: { querystring: { properties: { on: { type: 'boolean' } } } } },
      async (request) => request.query,
    );
    expect((await app.inject('/?on=true')).json()).toEqual({ on: true });
    expect((await app.inject('/?on=x')).statusCode).toBe(400);
  });

  it('says at the start which parts it cannot turn', async () => {
    const lines: string[] = [];
    const app = await makeApp({}, undefined, logTo(lines));
    const own = {
      '~standard': { version: 1, vendor: 'own', validate: (value: unknown) => ({ value }) },
    };
    app.get('/', { schema: { querystring: own, headers: own } }, async (request) => request.query);
    expect((await app.inject('/?n=5')).json()).toEqual({ n: '5' });
    const told = lines.filter((line) => line.includes('stay texts'));
    expect(told).toHaveLength(1);
    expect(JSON.parse(told[0] as string).schemas).toContain(
      'the querystring of GET /: own does not say what its schemas are in JSON Schema',
    );
  });
});

describe('headers', () => {
  it('of JSON Schema may be written in any case', async () => {
    const app = await makeApp();
    app.get(
      '/',
      { schema: { headers: Type.Object({ 'X-Count': Type.Integer() }) } },
      async (request) => ({ n: request.headers['x-count'] }),
    );
    expect((await app.inject({ url: '/', headers: { 'X-COUNT': '5' } })).json()).toEqual({ n: 5 });
    expect((await app.inject('/')).statusCode).toBe(400);
  });

  it.each([
    ['zod', z.object({ 'X-Count': z.int() })],
    ['valibot', v.object({ 'X-Count': v.number() })],
    [
      'a library without JSON Schema',
      {
        entries: { 'X-Count': 1 },
        '~standard': { version: 1, vendor: 'own', validate: () => ({ value: 1 }) },
      },
    ],
  ])('of %s must be written in lower case', async (_library, headers) => {
    const app = await makeApp();
    expect(() => app.get('/', { schema: { headers } }, async () => 'ok')).toThrow(
      expect.objectContaining({
        code: 'CATZ_VALIDATION_SCHEMA',
        message:
          'expected the schema of the headers of GET / to have names in lower case, as fields arrive, got X-Count',
      }),
    );
  });

  it('that a schema does not know are still there', async () => {
    const app = await makeApp();
    app.get('/', { schema: { headers: z.object({ a: z.int() }) } }, async ({ headers }) => ({
      a: headers['a'],
      b: headers['b'],
    }));
    expect((await app.inject({ url: '/', headers: { a: '5', b: 'x' } })).json()).toEqual({
      a: 5,
      b: 'x',
    });
  });
});

it('query is another name for querystring', async () => {
  const app = await makeApp();
  app.get(
    '/',
    { schema: { query: z.object({ n: z.int() }) } as object },
    async (request) => request.query,
  );
  app.get(
    '/later',
    {
      config: { validation: { async: true } },
      schema: { query: z.object({ n: z.int() }).refine(async () => true) } as object,
    },
    async (request) => request.query,
  );
  for (const url of ['/', '/later']) {
    expect((await app.inject(`${url}?n=5`)).json()).toEqual({ n: 5 });
    expect((await app.inject(`${url}?n=x`)).json()).toMatchObject({ errors: [{ in: 'query' }] });
  }
});
