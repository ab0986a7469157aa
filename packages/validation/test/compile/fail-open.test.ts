// A part that nobody has checked never reaches a handler: promises where nothing waits, rules that throw, and what transforms
// make of a part, on every Fastify.
import { describe, expect, it, vi } from 'vitest';
import * as v from 'valibot';
import { z } from 'zod';
import { VERSIONS, makeApp } from '../support/apps.ts';

const later = z.object({
  a: z.string().refine(async (text) => text === 'right', 'is not the one'),
});
const laterValibot = v.objectAsync({
  a: v.pipeAsync(
    v.string(),
    v.checkAsync(async (text) => text === 'right'),
  ),
});
const PARTS = [
  ['body', { method: 'POST', url: '/', payload: { a: 'right' } }],
  ['querystring', { method: 'POST', url: '/?a=right' }],
  ['headers', { method: 'POST', url: '/', headers: { a: 'right' } }],
  ['cookies', { method: 'POST', url: '/', cookies: { a: 'right' } }],
] as const;

describe.each(VERSIONS)('on Fastify %s', (_version, make) => {
  it.each(PARTS)('a promise for %s is CATZ_VALIDATION_ASYNC, not a pass', async (part, request) => {
    const handler = vi.fn(async () => 'reached');
    for (const schema of [later, laterValibot]) {
      const app = await makeApp({}, make);
      app.post('/', { schema: { [part]: schema } }, handler);
      const reply = await app.inject(request as object);
      expect(reply.json()).toMatchObject({ status: 500, code: 'CATZ_VALIDATION_ASYNC' });
    }
    expect(handler).not.toHaveBeenCalled();
  });

  it('a promise that rejects does not end the process', async () => {
    const app = await makeApp({}, make);
    const schema = {
      '~standard': { version: 1, vendor: 'own', validate: () => Promise.reject(new Error('late')) },
    };
    app.post('/', { schema: { body: schema } }, async () => 'reached');
    const reply = await app.inject({ method: 'POST', url: '/', payload: {} });
    expect(reply.json()).toMatchObject({ status: 500, code: 'CATZ_VALIDATION_ASYNC' });
    await new Promise((resolve) => setImmediate(resolve));
  });

  it.each([
    ['an error', Object.assign(new Error('secret-canary'), { statusCode: 200, code: 'OWN' })],
    ['a text', 'secret-canary'],
    ['nothing', undefined],
  ])('%s that a rule throws is a 500 that says nothing', async (_what, thrown) => {
    const handler = vi.fn(async () => 'reached');
    const app = await makeApp({}, make);
    app.addHook('preValidation', async () => undefined);
    const body = z.object({}).refine(() => {
      throw thrown;
    });
    app.post('/', { schema: { body } }, handler);
    const reply = await app.inject({ method: 'POST', url: '/', payload: {} });
    expect(reply.json()).toMatchObject({ status: 500, code: 'CATZ_VALIDATION_SCHEMA' });
    expect(reply.body).not.toContain('secret-canary');
    expect(handler).not.toHaveBeenCalled();
  });

  it('a falsy value that a schema makes arrives, or is refused', async () => {
    const app = await makeApp({}, make);
    const body = z.object({ n: z.number() }).transform(({ n }) => n);
    app.post('/', { schema: { body } }, async (request) => ({ body: request.body }));
    const one = await app.inject({ method: 'POST', url: '/', payload: { n: 1 } });
    expect(one.json()).toEqual({ body: 1 });
    const zero = await app.inject({ method: 'POST', url: '/', payload: { n: 0 } });
    if (app.version === '5.5.0')
      expect(zero.json()).toMatchObject({ status: 500, code: 'CATZ_VALIDATION_SCHEMA' });
    else expect(zero.json()).toEqual({ body: 0 });
  });

  it('a body that may be absent is undefined', async () => {
    const app = await makeApp({}, make);
    const seen: unknown[] = [];
    const body = z.object({ a: z.string() }).optional();
    app.post('/', { schema: { body } }, async (request) => {
      seen.push(request.body);
      return 'ok';
    });
    app.post(
      '/default',
      { schema: { body: z.object({ a: z.string() }).default({ a: 'x' }) } },
      async (request) => request.body,
    );
    app.post('/null', { schema: { body: z.null() } }, async () => 'null');
    expect((await app.inject({ method: 'POST', url: '/' })).body).toBe('ok');
    expect(seen).toEqual([undefined]);
    expect((await app.inject({ method: 'POST', url: '/default' })).json()).toEqual({ a: 'x' });
    expect(
      (
        await app.inject({
          method: 'POST',
          url: '/null',
          payload: 'null',
          headers: { 'content-type': 'application/json' },
        })
      ).body,
    ).toBe('null');
    expect((await app.inject({ method: 'POST', url: '/', payload: { a: 5 } })).statusCode).toBe(
      400,
    );
  });

  it('what a schema does not know is not in the part', async () => {
    const app = await makeApp({}, make);
    app.post(
      '/',
      { schema: { body: z.object({ a: z.string() }) } },
      async (request) => request.body,
    );
    expect(
      (await app.inject({ method: 'POST', url: '/', payload: { a: 'x', isAdmin: true } })).json(),
    ).toEqual({ a: 'x' });
  });
});

it('a result that is none is an error of the server', async () => {
  for (const result of [undefined, null, 5, {}, { issues: null }]) {
    const app = await makeApp();
    const schema = { '~standard': { version: 1, vendor: 'own', validate: () => result } };
    app.post('/', { schema: { body: schema } }, async () => 'reached');
    app.post(
      '/later',
      { schema: { body: schema }, config: { validation: { async: true } } },
      async () => 'reached',
    );
    for (const url of ['/', '/later']) {
      expect((await app.inject({ method: 'POST', url, payload: {} })).statusCode).toBe(500);
    }
  }
});
