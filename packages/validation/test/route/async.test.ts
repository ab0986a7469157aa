// config.validation.async: the route waits for its Standard Schemas, in every part, and the handler sees only what they made.
import { describe, expect, it, vi } from 'vitest';
import * as v from 'valibot';
import { z } from 'zod';
import { VERSIONS, makeApp, postJson } from '../support/apps.ts';

const config = { validation: { async: true } };
const later = z
  .object({ n: z.int() })
  .refine(async ({ n }) => n !== 13, { path: ['n'], error: 'is not allowed' });

describe.each(VERSIONS)('on Fastify %s', (_version, make) => {
  it('every part is awaited, with texts turned', async () => {
    const app = await makeApp({}, make);
    const schema = {
      body: later,
      querystring: later,
      params: later,
      headers: later,
      cookies: later,
    };
    app.post('/:n', { config, schema }, async ({ body, query, params, headers, validCookies }) => ({
      body,
      query,
      params,
      n: (headers as unknown as { n: unknown }).n,
      validCookies,
    }));
    const sent = {
      method: 'POST',
      url: '/1?n=2',
      payload: { n: 3 },
      headers: { n: '4' },
      cookies: { n: '5' },
    } as const;
    expect((await app.inject(sent)).json()).toEqual({
      params: { n: 1 },
      query: { n: 2 },
      body: { n: 3 },
      n: 4,
      validCookies: { n: 5 },
    });
    for (const [part, wrong] of Object.entries({
      params: { url: '/13?n=2' },
      query: { url: '/1?n=13' },
      body: { payload: { n: 13 } },
      headers: { headers: { n: '13' } },
      cookies: { cookies: { n: '13' } },
    })) {
      const reply = await app.inject({ ...sent, ...wrong });
      expect(reply.json()).toMatchObject({
        status: 400,
        code: 'CATZ_VALIDATION_INVALID',
        errors: [{ in: part, pointer: '/n', message: 'is not allowed' }],
      });
    }
  });

  it('a falsy value that a schema makes arrives', async () => {
    const app = await makeApp({}, make);
    const body = z.object({ n: z.number() }).transform(async ({ n }) => n);
    app.post('/', { config, schema: { body } }, async (request) => ({ body: request.body }));
    expect((await app.inject({ method: 'POST', url: '/', payload: { n: 0 } })).json()).toEqual({
      body: 0,
    });
  });

  it('JSON Schema beside it is checked before', async () => {
    const app = await makeApp({}, make);
    const schema = {
      body: later,
      querystring: { type: 'object', properties: { q: { type: 'integer' } } },
    };
    app.post('/', { config, schema }, async (request) => request.query);
    expect((await app.inject({ method: 'POST', url: '/?q=5', payload: { n: 1 } })).json()).toEqual({
      q: 5,
    });
    expect((await app.inject({ method: 'POST', url: '/?q=x', payload: { n: 1 } })).statusCode).toBe(
      400,
    );
  });
});

it('runs before the preHandlers of the route, after those of the scope', async () => {
  const app = await makeApp();
  const seen: string[] = [];
  app.addHook(
    'preHandler',
    async (request) => void seen.push(`scope ${JSON.stringify(request.body)}`),
  );
  const body = z.object({ n: z.string().transform(async (text) => text.length) });
  const note = (name: string) => async (request: { body: unknown }) =>
    void seen.push(`${name} ${JSON.stringify(request.body)}`);
  app.post(
    '/',
    { config, schema: { body }, preHandler: [note('first'), note('second')] },
    async () => 'ok',
  );
  app.post('/one', { config, schema: { body }, preHandler: note('only') }, async () => 'ok');
  await app.inject(postJson('/', '{"n":"abc"}'));
  expect(seen.splice(0)).toEqual(['scope {"n":"abc"}', 'first {"n":3}', 'second {"n":3}']);
  await app.inject(postJson('/one', '{"n":"abc"}'));
  expect(seen).toEqual(['scope {"n":"abc"}', 'only {"n":3}']);
});

it('waits by media type of the body', async () => {
  const app = await makeApp();
  app.addContentTypeParser('application/x-own', { parseAs: 'string' }, (_request, text, done) =>
    done(null, { n: Number(text) }),
  );
  const content = {
    'application/json': { schema: later },
    'application/x-own': {
      schema: v.objectAsync({
        n: v.pipeAsync(
          v.number(),
          v.checkAsync(async (n) => n < 5),
        ),
      }),
    },
  };
  app.post('/', { config, schema: { body: { content } } }, async (request) => request.body);
  const own = async (payload: string) =>
    app.inject({
      method: 'POST',
      url: '/',
      payload,
      headers: { 'content-type': 'Application/X-Own; v=1' },
    });
  expect((await app.inject(postJson('/', '{"n":7}'))).json()).toEqual({ n: 7 });
  expect((await app.inject(postJson('/', '{"n":13}'))).statusCode).toBe(400);
  expect((await own('3')).json()).toEqual({ n: 3 });
  expect((await own('7')).statusCode).toBe(400);
});

it('takes absent bodies, and null, as without it', async () => {
  const app = await makeApp();
  app.post('/optional', { config, schema: { body: later.optional() } }, async (request) => ({
    isThere: request.body !== undefined,
  }));
  app.post('/null', { config, schema: { body: z.null() } }, async (request) => ({
    body: request.body,
  }));
  app.post('/', { config, schema: { body: later } }, async () => 'reached');
  expect((await app.inject({ method: 'POST', url: '/optional' })).json()).toEqual({
    isThere: false,
  });
  expect((await app.inject(postJson('/null', 'null'))).json()).toEqual({ body: null });
  expect((await app.inject({ method: 'POST', url: '/' })).statusCode).toBe(400);
  expect((await app.inject(postJson('/', 'null'))).statusCode).toBe(400);
});

it('attachValidation leaves the error to the handler, and the part as it came', async () => {
  const app = await makeApp();
  app.post('/', { config, attachValidation: true, schema: { body: later } }, async (request) => ({
    body: request.body,
    error: (request.validationError as unknown as { issues: unknown }).issues,
    context: request.validationError?.validationContext,
  }));
  expect((await app.inject(postJson('/', '{"n":"x"}'))).json()).toMatchObject({
    body: { n: 'x' },
    error: [{ in: 'body', pointer: '/n' }],
    context: 'body',
  });
});

it('the schemaErrorFormatter of the route makes the error', async () => {
  const app = await makeApp();
  const schemaErrorFormatter = vi.fn(
    (errors: { instancePath: string }[], part: string) =>
      new Error(`own ${part} ${errors[0]?.instancePath}`),
  );
  app.get('/', { config, schemaErrorFormatter, schema: { querystring: later } }, async () => 'ok');
  const reply = await app.inject('/?n=x');
  expect(reply.json()).toMatchObject({ status: 400, detail: 'own querystring /n' });
});

it('a rule that rejects is a 500 that says nothing', async () => {
  const app = await makeApp();
  const body = z.object({}).refine(async () => {
    throw Object.assign(new Error('secret-canary'), { statusCode: 404 });
  });
  app.post('/', { config, schema: { body } }, async () => 'reached');
  const reply = await app.inject(postJson('/', '{}'));
  expect(reply.statusCode).toBe(500);
  expect(reply.body).not.toContain('secret-canary');
});

it('the automatic HEAD route waits, too', async () => {
  const app = await makeApp();
  app.get('/', { config, schema: { querystring: later } }, async () => 'ok');
  expect((await app.inject({ method: 'HEAD', url: '/?n=13' })).statusCode).toBe(400);
  expect((await app.inject({ method: 'HEAD', url: '/?n=1' })).statusCode).toBe(200);
});

it('another version of the route that does not wait does not pass', async () => {
  const app = await makeApp();
  app.post(
    '/',
    { config, schema: { body: later }, constraints: { version: '1.0.0' } },
    async () => 'waited',
  );
  app.post(
    '/',
    { schema: { body: later }, constraints: { version: '2.0.0' } },
    async () => 'reached',
  );
  const ask = async (version: string) =>
    app.inject({
      method: 'POST',
      url: '/',
      payload: { n: 1 },
      headers: { 'accept-version': version },
    });
  expect((await ask('1.x')).body).toBe('waited');
  expect((await ask('2.x')).json()).toMatchObject({ code: 'CATZ_VALIDATION_ASYNC' });
});

it('texts stay texts with coercion off', async () => {
  const app = await makeApp({ coercion: 'off' });
  app.get('/', { config, schema: { querystring: later } }, async () => 'ok');
  expect((await app.inject('/?n=5')).statusCode).toBe(400);
});

it('a rule of zod runs once', async () => {
  const app = await makeApp();
  const rule = vi.fn(async () => true);
  app.post('/', { config, schema: { body: z.object({}).refine(rule) } }, async () => 'ok');
  await app.inject(postJson('/', '{}'));
  expect(rule).toHaveBeenCalledTimes(1);
});
