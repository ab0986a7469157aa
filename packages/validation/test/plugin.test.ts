// The plugin in an application: options, scopes, the user's own compilers, formatters and handlers.
import Fastify from 'fastify';
import { Type } from 'typebox';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { errors } from '../src/errors.ts';
import type { ValidationOptions } from '../src/options.ts';
import { validation } from '../src/plugin.ts';
import { VERSIONS, makeApp, postJson, tracked } from './support/apps.ts';

const Body = Type.Object({ n: Type.Integer() });

describe('options', () => {
  it.each([
    [
      { coercion: 'loose' },
      'expected options.coercion to be "strict" or "fastify" or "off", got "loose"',
    ],
    [{ invalidStatus: 404 }, 'expected options.invalidStatus to be 400 or 422, got 404'],
    [{ maxErrors: 0 }, 'expected options.maxErrors to be an integer from 1 to 1000, got 0'],
    [{ problemBase: '' }, 'expected options.problemBase to be a non-empty string, got ""'],
    [{ exposeStack: 'yes' }, 'expected options.exposeStack to be true or false, got "yes"'],
    [
      { responseValidation: 0 },
      'expected options.responseValidation to be a number above 0 and up to 1 or "off" or "dev" or "always", got 0',
    ],
    [
      { responseValidation: 2 },
      'expected options.responseValidation to be a number above 0 and up to 1 or "off" or "dev" or "always", got 2',
    ],
    [{ lint: true }, 'expected options.lint to be "warn" or "off" or "error", got true'],
    [
      { limits: { maxDepth: 0 } },
      'expected options.limits.maxDepth to be false or an integer of at least 1, got 0',
    ],
    [
      { limits: { maxQueryLength: -1 } },
      'expected options.limits.maxQueryLength to be false or an integer of at least 1, got -1',
    ],
    [
      { limits: { maxQueryParams: 1.5 } },
      'expected options.limits.maxQueryParams to be false or an integer of at least 1, got 1.5',
    ],
    [
      { limits: { duplicateKeys: false } },
      'expected options.limits.duplicateKeys to be "refuse" or "last", got false',
    ],
    [{ coercions: 'off' }, 'unknown option options.coercions, did you mean coercion?'],
  ])('refuses %j', async (options, message) => {
    const app = tracked(Fastify());
    await expect(app.register(validation, options as ValidationOptions)).rejects.toMatchObject({
      code: 'CATZ_VALIDATION_OPTIONS',
      message,
    });
  });

  it('pass over what is of register()', async () => {
    const app = tracked(Fastify());
    const own = { prefix: '/x', logLevel: 'warn', logSerializers: {} };
    await app.register(validation, own as ValidationOptions);
    expect(app.hasRequestDecorator('validCookies')).toBe(true);
  });

  it('of a route are refused where it is declared', async () => {
    const app = await makeApp();
    expect(() =>
      app.get('/', { config: { validation: { asink: true } as object } }, async () => 'ok'),
    ).toThrow(
      expect.objectContaining({
        code: 'CATZ_VALIDATION_OPTIONS',
        message: 'unknown option config.validation of GET /.asink, known are async',
      }),
    );
  });

  it('invalidStatus is the status of what is not valid, and of nothing else', async () => {
    const app = await makeApp({ invalidStatus: 422 });
    app.post('/', { schema: { body: Body } }, async () => 'ok');
    expect((await app.inject(postJson('/', '{"n":"x"}'))).json()).toMatchObject({
      status: 422,
      code: 'CATZ_VALIDATION_INVALID',
    });
    expect((await app.inject(postJson('/', '{"n":'))).statusCode).toBe(400);
  });

  it('problemBase and exposeStack reach the answers', async () => {
    const app = await makeApp({ problemBase: 'https://example.com/', exposeStack: true });
    app.post('/', { schema: { body: Body } }, async () => 'ok');
    const reply = (await app.inject(postJson('/', '{"n":"x"}'))).json();
    expect(reply.type).toBe('https://example.com/CATZ_VALIDATION_INVALID');
    expect(reply.stack).toContain('body/n must be integer');
  });

  it('lint reaches the schemas', async () => {
    const app = tracked(Fastify());
    await app.register(validation, { lint: 'error' });
    app.post(
      '/',
      {
        schema: {
          body: {
            type: 'object',
            additionalProperties: false,
            properties: { a: { type: 'array' } },
          },
        },
      },
      async () => 'ok',
    );
    await expect(app.ready()).rejects.toMatchObject({ code: 'CATZ_VALIDATION_SCHEMA' });
  });
});

describe('what is no schema', () => {
  it.each([
    [{ body: 5 }, 'the body of POST /'],
    [{ body: { content: { 'application/json': { schema: 'x' } } } }, 'the body of POST /'],
    [{ querystring: new Map() }, 'the querystring of POST /'],
    [{ query: null }, 'the query of POST /'],
    [{ params: [] }, 'the params of POST /'],
    [{ headers: () => true }, 'the headers of POST /'],
    [{ cookies: 'x' }, 'the cookies of POST /'],
    [{ response: { 200: new Map() } }, 'the response 200 of POST /'],
    [
      { response: { '4xx': { content: { 'text/x': { schema: [] } } } } },
      'the response 4xx of POST /',
    ],
  ])('is refused where the route is declared: %j', async (schema, place) => {
    const app = await makeApp();
    expect(() => app.post('/', { schema: schema as object }, async () => 'ok')).toThrow(
      expect.objectContaining({
        code: 'CATZ_VALIDATION_SCHEMA',
        message: expect.stringContaining(`expected the schema of ${place} to be`),
      }),
    );
  });

  it('is refused at ready for a route that was declared before the plugin had loaded', async () => {
    const app = tracked(Fastify());
    void app.register(validation);
    app.post('/', { schema: { body: new Map() } }, async () => 'reached');
    await expect(app.ready()).rejects.toThrow('expected the schema of the body of POST / to be');
  });
});

it('a route that was declared before the plugin had loaded is checked', async () => {
  const app = tracked(Fastify());
  void app.register(validation, { lint: 'off' });
  app.post(
    '/',
    { schema: { body: z.object({ n: z.int() }), querystring: Body } },
    async () => 'ok',
  );
  expect((await app.inject({ method: 'POST', url: '/?n=5', payload: { n: 5 } })).body).toBe('ok');
  expect((await app.inject({ method: 'POST', url: '/?n=x', payload: { n: 5 } })).statusCode).toBe(
    400,
  );
  expect((await app.inject({ method: 'POST', url: '/?n=5', payload: { n: '5' } })).statusCode).toBe(
    400,
  );
});

it('attachValidation leaves the error, with its issues, to the handler', async () => {
  const app = await makeApp();
  for (const [url, body] of [
    ['/json', Body],
    ['/zod', z.object({ n: z.int() })],
  ] as const) {
    app.post(url, { attachValidation: true, schema: { body } }, async ({ validationError }) => {
      const { code, issues } = validationError as unknown as { code: string; issues: unknown };
      return {
        code,
        issues,
        context: validationError?.validationContext,
        isList: Array.isArray(validationError?.validation),
      };
    });
  }
  for (const url of ['/json', '/zod']) {
    expect((await app.inject(postJson(url, '{"n":"x"}'))).json()).toMatchObject({
      code: 'CATZ_VALIDATION_INVALID',
      issues: [{ in: 'body', pointer: '/n' }],
      context: 'body',
      isList: true,
    });
  }
});

describe('schemaErrorFormatter', () => {
  const own = (name: string) => (entries: readonly { instancePath: string }[], part: string) =>
    new Error(`${name} ${part} ${entries[0]?.instancePath}`);
  const schemas = { body: Body, querystring: z.object({ q: z.int().optional() }) };
  const details = async (app: Awaited<ReturnType<typeof makeApp>>, url = '/') => [
    (await app.inject(postJson(url, '{"n":"x"}'))).json().detail,
    (await app.inject(postJson(`${url}?q=x`, '{"n":1}'))).json().detail,
  ];

  it('of the server wins', async () => {
    const app = await makeApp({}, undefined, { schemaErrorFormatter: own('server') });
    app.post('/', { schema: schemas }, async () => 'ok');
    expect(await details(app)).toEqual(['server body /n', 'server querystring /q']);
  });

  it('of the scope wins, set before or after', async () => {
    const before = tracked(Fastify());
    before.setSchemaErrorFormatter(own('before'));
    await before.register(validation, { lint: 'off' });
    before.post('/', { schema: schemas }, async () => 'ok');
    expect(await details(before)).toEqual(['before body /n', 'before querystring /q']);

    const after = await makeApp();
    await after.register(async (scope) => {
      scope.setSchemaErrorFormatter(own('inside'));
      scope.post('/inside', { schema: schemas }, async () => 'ok');
    });
    after.post('/', { schema: schemas }, async () => 'ok');
    expect(await details(after, '/inside')).toEqual(['inside body /n', 'inside querystring /q']);
    expect(await details(after)).toEqual([
      'body/n must be integer',
      expect.stringContaining('query/q '),
    ]);
  });

  it('of the route wins, for cookies, too', async () => {
    const app = await makeApp();
    app.post(
      '/',
      { schemaErrorFormatter: own('route'), schema: { ...schemas, cookies: Body } },
      async () => 'ok',
    );
    expect((await app.inject(postJson('/', '{"n":1}'))).json().detail).toBe('route cookies ');
  });
});

describe.each(VERSIONS)("the user's compilers on Fastify %s", (_version, make) => {
  const odd = { body: new Map() };
  const compiler = (value: unknown) => () => () => ({ value });

  it('win for a route', async () => {
    const app = await makeApp({}, make);
    app.post('/', { schema: odd, validatorCompiler: compiler('route') }, async (request) => ({
      body: request.body,
    }));
    expect((await app.inject(postJson('/', '{}'))).json()).toEqual({ body: 'route' });
  });

  it('win for a scope inside, and stay there', async () => {
    const app = await makeApp({}, make);
    await app.register(async (scope) => {
      scope.setValidatorCompiler(compiler('scope'));
      scope.post('/inside', { schema: odd }, async (request) => ({ body: request.body }));
    });
    app.post('/', { schema: { body: Body } }, async () => 'ok');
    expect((await app.inject(postJson('/inside', '{}'))).json()).toEqual({ body: 'scope' });
    expect((await app.inject(postJson('/', '{}'))).statusCode).toBe(400);
  });

  it('win for the scope, set before, with schemas added later', async () => {
    const app = tracked(make());
    app.setValidatorCompiler(compiler('before'));
    app.setSerializerCompiler(() => (data) => JSON.stringify({ before: data }));
    await app.register(validation, { lint: 'off' });
    app.addSchema({ $id: 'later', type: 'string' });
    app.post('/', { schema: { ...odd, response: { 200: odd } } }, async (request) => ({
      body: request.body,
    }));
    expect((await app.inject(postJson('/', '{}'))).json()).toEqual({ before: { body: 'before' } });
  });
});

describe('scopes', () => {
  it('may have a registration of their own, inside of another', async () => {
    const app = await makeApp({ invalidStatus: 422, limits: { maxDepth: 2 } });
    const query = { querystring: Body };
    await app.register(async (scope) => {
      await scope.register(validation, { lint: 'off', coercion: 'off', limits: { maxDepth: 3 } });
      scope.get('/inside', { schema: query }, async () => 'ok');
      scope.post('/inside', async () => 'ok');
    });
    app.get('/', { schema: query }, async () => 'ok');
    app.post('/', async () => 'ok');
    expect((await app.inject('/?n=5')).statusCode).toBe(200);
    expect((await app.inject('/?n=x')).statusCode).toBe(422);
    expect((await app.inject('/inside?n=5')).statusCode).toBe(400);
    expect((await app.inject(postJson('/', '[[[1]]]'))).statusCode).toBe(400);
    expect((await app.inject(postJson('/inside', '[[[1]]]'))).body).toBe('ok');
    expect((await app.inject(postJson('/inside', '[[[[1]]]]'))).statusCode).toBe(400);
  });

  it('have one each', async () => {
    const app = await makeApp();
    await expect(app.register(validation)).rejects.toMatchObject({
      code: 'CATZ_VALIDATION_REGISTERED_TWICE',
    });
  });

  it('outside are left alone', async () => {
    const app = tracked(Fastify());
    await app.register(async (scope) => {
      await scope.register(validation, { lint: 'off' });
      scope.post('/inside', async () => 'ok');
    });
    app.post('/', async () => 'ok');
    expect((await app.inject(postJson('/', '{"a":1,"a":2}'))).body).toBe('ok');
    expect((await app.inject(postJson('/inside', '{"a":1,"a":2}'))).statusCode).toBe(400);
  });

  it('see the schemas that were added to them', async () => {
    const app = await makeApp();
    app.addSchema({ $id: 'shared', type: 'integer' });
    const schema = (id: string) => ({
      querystring: { type: 'object', properties: { n: { $ref: `${id}#` } } },
    });
    await app.register(async (scope) => {
      scope.addSchema({ $id: 'own', type: 'boolean' });
      scope.get('/own', { schema: schema('own') }, async (request) => request.query);
      scope.get('/shared', { schema: schema('shared') }, async (request) => request.query);
    });
    app.get('/', { schema: schema('shared') }, async (request) => request.query);
    expect((await app.inject('/?n=5')).json()).toEqual({ n: 5 });
    expect((await app.inject('/own?n=true')).json()).toEqual({ n: true });
    expect((await app.inject('/own?n=5')).statusCode).toBe(400);
    expect((await app.inject('/shared?n=5')).json()).toEqual({ n: 5 });
  });

  it('share one ajv where their schemas are the same', async () => {
    const onCreate = vi.fn();
    const app = await makeApp({}, undefined, { ajv: { onCreate } });
    app.addSchema({ $id: 'shared', type: 'integer' });
    for (let at = 0; at < 20; at++)
      app.get(
        `/${at}`,
        { schema: { querystring: { type: 'object', properties: { n: { $ref: 'shared#' } } } } },
        async () => 'ok',
      );
    await app.register(
      async (scope) =>
        void scope.get('/inside', { schema: { querystring: Body } }, async () => 'ok'),
    );
    await app.ready();
    expect(onCreate).toHaveBeenCalledTimes(1);
  });
});

it('names each error once', () => {
  expect(errors.$table.map(({ code }) => code)).toEqual([
    'CATZ_VALIDATION_ASYNC',
    'CATZ_VALIDATION_INVALID',
    'CATZ_VALIDATION_LIMIT',
    'CATZ_VALIDATION_OPENAPI',
    'CATZ_VALIDATION_OPTIONS',
    'CATZ_VALIDATION_PROBLEM',
    'CATZ_VALIDATION_REGISTERED_TWICE',
    'CATZ_VALIDATION_RESPONSE',
    'CATZ_VALIDATION_SCHEMA',
  ]);
});
