// Replies: what a schema does not know is not sent, what does not fit is an error of the server, and what is no object is left alone.
import { Readable } from 'node:stream';
import { type } from 'arktype';
import { Type } from 'typebox';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ValidationOptions } from '../../src/options.ts';
import { VERSIONS, logTo, makeApp } from '../support/apps.ts';

const USERS: readonly (readonly [string, unknown])[] = [
  [
    'typebox',
    Type.Object({ id: Type.Integer(), tags: Type.Array(Type.Object({ name: Type.String() })) }),
  ],
  ['zod', z.object({ id: z.int(), tags: z.array(z.object({ name: z.string() })) })],
  ['valibot', v.object({ id: v.number(), tags: v.array(v.object({ name: v.string() })) })],
  ['arktype', type({ id: 'number', tags: type({ name: 'string' }).array() })],
  [
    'arktype, reject',
    type({ '+': 'reject', id: 'number', tags: type({ name: 'string' }).array() }),
  ],
];

describe.each(VERSIONS)('on Fastify %s', (_version, make) => {
  it.each(USERS)('%s leaves out what it does not know', async (_library, schema) => {
    const app = await makeApp({}, make);
    const user = { id: 5, password: 'secret', tags: [{ name: 'a', internal: 1 }] };
    app.get('/', { schema: { response: { 200: schema } } }, async () => user);
    app.get('/range', { schema: { response: { '2xx': schema } } }, async (_request, reply) =>
      reply.code(201).send(user),
    );
    app.get(
      '/type',
      { schema: { response: { 200: { content: { 'application/json': { schema } } } } } },
      async (_request, reply) => reply.type('application/json').send(user),
    );
    for (const url of ['/', '/range', '/type']) {
      expect((await app.inject(url)).json()).toEqual({ id: 5, tags: [{ name: 'a' }] });
    }
    expect(user).toEqual({ id: 5, password: 'secret', tags: [{ name: 'a', internal: 1 }] });
  });

  it.each(USERS)(
    '%s makes a reply that does not fit a 500 without details',
    async (library, schema) => {
      const app = await makeApp({ responseValidation: 'always' }, make);
      app.get('/', { schema: { response: { 200: schema } } }, async () => ({
        id: 'secret-canary',
        tags: [],
      }));
      const reply = await app.inject('/');
      expect(reply.json(), library).toMatchObject({
        status: 500,
        code: 'CATZ_VALIDATION_RESPONSE',
      });
      expect(reply.body).not.toMatch(/secret-canary|\/id|errors/);
    },
  );

  it('streams, buffers, texts, nothing, HEAD and 304 are left alone', async () => {
    const app = await makeApp({ responseValidation: 'always' }, make);
    const schema = { response: { 200: z.object({ id: z.int() }), 304: z.object({ id: z.int() }) } };
    app.get('/stream', { schema }, async () => Readable.from(['a stream']));
    app.get('/buffer', { schema }, async () => Buffer.from('a buffer'));
    app.get('/text', { schema }, async () => 'a text');
    app.get('/304', { schema }, async (_request, reply) => reply.code(304).send());
    app.get('/object', { schema }, async () => ({ id: 5 }));
    // As a cache does that has the bytes.
    app.get(
      '/hit',
      {
        schema,
        onRequest: async (_request, reply) =>
          reply.type('application/json').send('{"id":"stored"}'),
      },
      async () => ({ id: 5 }),
    );
    expect((await app.inject('/stream')).body).toBe('a stream');
    expect((await app.inject('/buffer')).body).toBe('a buffer');
    expect((await app.inject('/text')).body).toBe('a text');
    expect((await app.inject('/304')).statusCode).toBe(304);
    expect((await app.inject('/hit')).body).toBe('{"id":"stored"}');
    const head = await app.inject({ method: 'HEAD', url: '/object' });
    expect([head.statusCode, head.body, head.headers['content-length']]).toEqual([200, '', '8']);
  });

  it('an error keeps its form where the route has a schema for it', async () => {
    const app = await makeApp({}, make);
    app.get(
      '/:id',
      {
        schema: {
          params: z.object({ id: z.int() }),
          response: { 400: z.object({ own: z.string() }) },
        },
      },
      async () => 'ok',
    );
    expect((await app.inject('/x')).json()).toMatchObject({
      status: 400,
      code: 'CATZ_VALIDATION_INVALID',
    });
  });
});

it('a Standard Schema makes the reply from its input', async () => {
  const app = await makeApp();
  const at = z.date().transform((date) => date.toISOString().slice(0, 10));
  app.get('/', { schema: { response: { 200: z.object({ at }) } } }, async () => ({
    at: new Date(0),
  }));
  expect((await app.inject('/')).json()).toEqual({ at: '1970-01-01' });
});

it('a Standard Schema that is awaited is CATZ_VALIDATION_ASYNC', async () => {
  const app = await makeApp();
  const schema = z.object({ a: z.string().refine(async () => true) });
  app.get('/', { schema: { response: { 200: schema } } }, async () => ({ a: 'x' }));
  expect((await app.inject('/')).json()).toMatchObject({
    status: 500,
    code: 'CATZ_VALIDATION_ASYNC',
  });
});

it('an arktype that is not an object serializes, too', async () => {
  const app = await makeApp();
  app.get('/', { schema: { response: { 200: type('number[]') } } }, async () => [1, 2]);
  expect((await app.inject('/')).json()).toEqual([1, 2]);
  const own = { '~standard': { ...type('number[]')['~standard'], vendor: 'arktype' } };
  const other = await makeApp();
  other.get('/', { schema: { response: { 200: own } } }, async () => [1, 2]);
  expect((await other.inject('/')).json()).toEqual([1, 2]);
});

describe('responseValidation', () => {
  const Reply = Type.Object(
    { n: Type.Integer(), at: Type.Optional(Type.String({ format: 'date-time' })) },
    { additionalProperties: false },
  );

  async function withReply(options: ValidationOptions, reply: unknown) {
    const lines: string[] = [];
    const app = await makeApp(options, undefined, logTo(lines));
    app.get('/', { schema: { response: { 200: Reply } } }, async () => reply);
    return {
      app,
      findings: () => lines.filter((line) => line.includes('does not fit its schema')),
    };
  }

  it('is off: a number is cut as fast-json-stringify does', async () => {
    const { app, findings } = await withReply({}, { n: 1.5 });
    expect((await app.inject('/')).json()).toEqual({ n: 1 });
    expect(findings()).toEqual([]);
  });

  it('in dev logs what does not fit, and sends it', async () => {
    const { app, findings } = await withReply({ responseValidation: 'dev' }, { n: 1.5 });
    expect((await app.inject('/')).json()).toEqual({ n: 1 });
    expect(findings()).toHaveLength(1);
    expect(JSON.parse(findings()[0] as string).err).toMatchObject({
      code: 'CATZ_VALIDATION_RESPONSE',
      issues: [{ in: 'response', pointer: '/n', code: 'type' }],
    });
  });

  it('checks the share it is given', async () => {
    const { app, findings } = await withReply({ responseValidation: 0.25 }, { n: 1.5 });
    for (let asked = 0; asked < 8; asked++) await app.inject('/');
    expect(findings()).toHaveLength(2);
  });

  it('takes what JSON makes of dates and large integers, and what is not known as not sent', async () => {
    const { app } = await withReply(
      { responseValidation: 'always' },
      { n: 5n, at: new Date(0), extra: 1 },
    );
    expect((await app.inject('/')).json()).toEqual({ n: 5, at: '1970-01-01T00:00:00.000Z' });
  });

  it('follows references to added schemas', async () => {
    const app = await makeApp({ responseValidation: 'always' });
    app.addSchema({ $id: 'id', type: 'integer' });
    let n: unknown = 5;
    const schema = { type: 'object', properties: { n: { $ref: 'id#' } } };
    app.get('/', { schema: { response: { 200: schema } } }, async () => ({ n }));
    app.get('/other', { schema: { response: { 200: { $ref: 'id#' } } } }, async () => 5);
    expect((await app.inject('/')).json()).toEqual({ n: 5 });
    expect((await app.inject('/other')).body).toBe('5');
    n = 1.5;
    expect((await app.inject('/')).statusCode).toBe(500);
  });

  it('lists once, in dev, the routes whose replies have no schema', async () => {
    const lines: string[] = [];
    const app = await makeApp({ responseValidation: 'dev' }, undefined, logTo(lines));
    app.get('/with', { schema: { response: { 200: Reply } } }, async () => ({ n: 1 }));
    app.get('/without', async () => ({ n: 1 }));
    await app.ready();
    const [told, ...more] = lines.filter((line) => line.includes('have no schema'));
    expect(more).toEqual([]);
    expect(JSON.parse(told as string).routes).toEqual(['GET /without', 'HEAD /without']);
  });
});

it('a serializer of the user wins, of a route and of a scope', async () => {
  const app = await makeApp({ responseValidation: 'always' });
  const odd = { response: { 200: new Map() } };
  app.get('/route', { schema: odd, serializerCompiler: () => () => 'own' }, async () => ({ a: 1 }));
  await app.register(async (scope) => {
    scope.setSerializerCompiler(() => () => 'of the scope');
    scope.get('/scope', { schema: odd }, async () => ({ a: 1 }));
  });
  expect((await app.inject('/route')).body).toBe('own');
  expect((await app.inject('/scope')).body).toBe('of the scope');
});

it('reply.serializeInput works by a Standard Schema', async () => {
  const app = await makeApp();
  app.get('/', async (_request, reply) =>
    reply
      .type('application/json')
      .send(reply.serializeInput({ a: 1, b: 2 }, z.object({ a: z.int() }) as never)),
  );
  expect((await app.inject('/')).json()).toEqual({ a: 1 });
});
