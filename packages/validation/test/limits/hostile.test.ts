// What hostile clients send: answered 4xx, never by the handler, and none of it echoed.
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LIBRARIES, VERSIONS, makeApp, postJson, tracked } from '../support/apps.ts';
import type { Make } from '../support/apps.ts';
import { validation } from '../../src/plugin.ts';

const MEGABYTE = 1_000_000;
const HOSTILE: readonly (readonly [string, string, number])[] = [
  ['half a million levels', '['.repeat(MEGABYTE / 2) + ']'.repeat(MEGABYTE / 2 - 1), 400],
  ['objects in objects', '{"a":'.repeat(65) + '1' + '}'.repeat(65), 400],
  ['lists that are never closed', '['.repeat(MEGABYTE), 400],
  [
    'levels behind a flat beginning',
    `{"flat":"${'x'.repeat(1000)}","deep":${'['.repeat(70)}${']'.repeat(70)}}`,
    400,
  ],
  ['more than bodyLimit', `{"name":"${'x'.repeat(1_100_000)}"}`, 413],
  ['__proto__', '{"n":1,"name":"x","__proto__":{"isAdmin":true}}', 400],
  ['an escaped __proto__', '{"n":1,"name":"x","\\u005f_proto__":{"isAdmin":true}}', 400],
  ['constructor.prototype', '{"n":1,"name":"x","constructor":{"prototype":{"isAdmin":true}}}', 400],
  ['NaN', '{"n":NaN,"name":"x"}', 400],
  ['Infinity', '{"n":Infinity,"name":"x"}', 400],
  ['a number that overflows', '{"n":1e999,"name":"x"}', 400],
  ['a key twice', '{"n":1,"name":"x","n":2}', 400],
  ['a key twice, once escaped', '{"n":1,"name":"x","\\u006e":2}', 400],
  ['a key twice, inside', '{"n":1,"name":"x","deep":[{"a":1},{"a":{"b":1,"b" : 2}}]}', 400],
  ['a comment', '{"n":1,/* */"name":"x"}', 400],
  ['nothing but a quote', '"', 400],
  ['a lone surrogate as a number', '{"n":"\\ud800","name":"x"}', 400],
];

describe.each(VERSIONS)('on Fastify %s', (_version, make) => {
  it.each(HOSTILE)('refuses %s for every library', async (_what, text, status) => {
    const app = await makeApp({}, make);
    const reached: string[] = [];
    for (const [library, schema] of LIBRARIES) {
      app.post(`/${library}`, { schema: { body: schema } }, async () => {
        reached.push(library);
        return 'reached';
      });
    }
    for (const [library] of LIBRARIES) {
      const reply = await app.inject(postJson(`/${encodeURIComponent(library)}`, text));
      expect(reply.statusCode, `${library}: ${reply.body.slice(0, 200)}`).toBe(status);
      expect(reply.body.length).toBeLessThan(1000);
      expect(reply.headers['content-type']).toContain('application/problem+json');
    }
    expect(reached).toEqual([]);
    expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
  });
});

async function echo(limits: object, make: Make = Fastify, options: object = {}) {
  const app = await makeApp({ limits }, make, options);
  app.post('/', async (request) => ({ got: request.body }));
  app.get('/', async (request) => request.query);
  return app;
}

describe('maxDepth', () => {
  it('counts objects and lists alike, and takes what it says', async () => {
    const app = await echo({ maxDepth: 3 });
    for (const text of [
      '[[[1]]]',
      '{"a":{"b":{"c":"[[[["}}}',
      '[[{}],[{}]]',
      '"[[[["',
      '[{"a":[]},"\\"[[[["]',
    ]) {
      expect((await app.inject(postJson('/', text))).json()).toEqual({ got: JSON.parse(text) });
    }
    for (const text of ['[[[[]]]]', '{"a":{"b":{"c":{}}}}', '[1,[2,[3,[4]]]]', '["]]]]",[[[]]]]']) {
      const reply = await app.inject(postJson('/', text));
      expect(reply.json()).toMatchObject({
        status: 400,
        code: 'CATZ_VALIDATION_LIMIT',
        detail: 'expected a body of at most 3 levels (limits.maxDepth)',
        errors: [{ in: 'body', pointer: '', code: 'maxDepth' }],
      });
    }
  });

  it('is off with false', async () => {
    const app = await echo({ maxDepth: false });
    const text = '['.repeat(1000) + ']'.repeat(1000);
    expect((await app.inject(postJson('/', text))).statusCode).toBe(200);
  });

  it('holds without the count of keys', async () => {
    const app = await echo({ maxDepth: 2, duplicateKeys: 'last' });
    expect((await app.inject(postJson('/', '{"a":1,"a":2}'))).json()).toEqual({ got: { a: 2 } });
    expect((await app.inject(postJson('/', '[[[1]]]'))).statusCode).toBe(400);
  });
});

describe('duplicateKeys', () => {
  it.each([
    ['{"a":1,"a":1}', '/a'],
    ['[0,{"b":[{"c":1},{"d":1,"c":2,"c":3}]}]', '/1/b/1/c'],
    ['{"x":{"a/b~c" :1 ,\n"a/b~c"\t:2}}', '/x/a~1b~0c'],
    ['{"":1,"":2}', '/'],
    ['{"__pr":1,"a":"\\":","a":2}', '/a'],
    ['{"a":{"a":1},"a":2}', '/a'],
  ])('says which key of %s is there twice', async (text, pointer) => {
    const app = await echo({});
    expect((await app.inject(postJson('/', text))).json()).toMatchObject({
      status: 400,
      code: 'CATZ_VALIDATION_LIMIT',
      errors: [{ in: 'body', pointer, code: 'duplicateKeys', message: 'must not be there twice' }],
    });
  });

  it.each([
    '{"a":{"a":1},"b":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '{"a":"\\":","b":"x\\" : ","c":[":","\\\\"]}',
    '{"at":"12:30:00","url":"http://x:80/"}',
    ' { "a" : 1 , "b" :2} ',
    '"a:b"',
    'null',
  ])('takes %s', async (text) => {
    const app = await echo({});
    expect((await app.inject(postJson('/', text))).json()).toEqual({ got: JSON.parse(text) });
  });

  it('are no affair of keys that onProtoPoisoning takes out', async () => {
    const options = { onProtoPoisoning: 'remove', onConstructorPoisoning: 'remove' };
    const app = await echo({}, Fastify, options);
    expect((await app.inject(postJson('/', '{"a":1,"__proto__":{"b":1}}'))).json()).toEqual({
      got: { a: 1 },
    });
    expect((await app.inject(postJson('/', '{"a":1,"__proto__":{"b":1},"a":2}'))).statusCode).toBe(
      400,
    );
  });

  it('cuts a key that is long', async () => {
    const app = await echo({});
    const key = 'k'.repeat(500);
    const { errors } = (await app.inject(postJson('/', `{"${key}":1,"${key}":2}`))).json();
    expect(errors[0].pointer).toBe(`/${'k'.repeat(100)}…`);
  });
});

describe('parsers of the application', () => {
  it('are used instead, when they were there before', async () => {
    const app = tracked(Fastify());
    app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) =>
      done(null, { own: body }),
    );
    await app.register(validation, { lint: 'off' });
    app.post('/', async (request) => request.body);
    expect((await app.inject(postJson('/', '{"a":1,"a":2}'))).json()).toEqual({
      own: '{"a":1,"a":2}',
    });
  });

  it.each(VERSIONS)(
    'are used instead, when they are added later, on Fastify %s',
    async (_version, make) => {
      const app = await makeApp({}, make);
      app.post('/limited', async (request) => request.body);
      await app.register(async (scope) => {
        scope.addContentTypeParser(
          'application/json',
          { parseAs: 'buffer' },
          (_request, body, done) => done(null, { own: String(body) }),
        );
        scope.post('/own', async (request) => request.body);
      });
      expect((await app.inject(postJson('/own', '{"a":1,"a":2}'))).json()).toEqual({
        own: '{"a":1,"a":2}',
      });
      expect((await app.inject(postJson('/limited', '{"a":1,"a":2}'))).statusCode).toBe(400);
    },
  );

  it('for other types stay', async () => {
    const app = await makeApp();
    app.post('/', async (request) => ({ got: request.body }));
    const sent = { method: 'POST', url: '/', payload: '{"a":1,"a":2}' } as const;
    const text = await app.inject({ ...sent, headers: { 'content-type': 'text/plain' } });
    expect(text.json()).toEqual({ got: '{"a":1,"a":2}' });
    for (const type of ['application/json5', 'application/jsonp', 'application/x']) {
      expect((await app.inject({ ...sent, headers: { 'content-type': type } })).statusCode).toBe(
        415,
      );
    }
  });

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'Application/JSON',
  ])('are ours for %s', async (type) => {
    const app = await makeApp();
    app.post('/', async (request) => request.body);
    const sent = { method: 'POST', url: '/', headers: { 'content-type': type } } as const;
    expect((await app.inject({ ...sent, payload: '{"a":1,"a":2}' })).statusCode).toBe(400);
    expect((await app.inject({ ...sent, payload: '{"a":1}' })).json()).toEqual({ a: 1 });
  });

  it('are as before without limits', async () => {
    const app = await makeApp({ limits: { maxDepth: false, duplicateKeys: 'last' } });
    expect(app.hasContentTypeParser('application/json')).toBe(true);
  });
});

describe('the query string', () => {
  it('has a length, answered 414', async () => {
    const app = await echo({ maxQueryLength: 10 });
    expect((await app.inject('/?a=12345678')).statusCode).toBe(200);
    const reply = await app.inject('/?a=123456789');
    expect(reply.json()).toMatchObject({ status: 414, code: 'CATZ_VALIDATION_LIMIT' });
    expect((await app.inject('/missing?a=123456789')).statusCode).toBe(414);
  });

  it('has a number of parameters, answered 400', async () => {
    const app = await echo({ maxQueryParams: 3 });
    expect((await app.inject('/?a=1&a=2&b=3')).json()).toEqual({ a: ['1', '2'], b: '3' });
    expect((await app.inject('/?a=1&a=2&b=3&c')).json()).toMatchObject({
      status: 400,
      code: 'CATZ_VALIDATION_LIMIT',
    });
    expect((await app.inject('/?a&&&')).statusCode).toBe(400);
  });

  it('has no limits with false', async () => {
    const app = await echo({ maxQueryLength: false, maxQueryParams: false });
    expect((await app.inject(`/?${'a=1&'.repeat(3000)}`)).statusCode).toBe(200);
    const one = await echo({ maxQueryLength: false });
    expect((await one.inject(`/?a=${'x'.repeat(10_000)}`)).statusCode).toBe(200);
    const other = await echo({ maxQueryParams: false });
    expect((await other.inject(`/?${'a&'.repeat(1000)}`)).statusCode).toBe(200);
  });

  it('begins at a semicolon where the router says so', async () => {
    for (const options of [
      { useSemicolonDelimiter: true },
      { routerOptions: { useSemicolonDelimiter: true } },
    ]) {
      const app = await echo({ maxQueryLength: 3 }, Fastify, options);
      expect((await app.inject('/;a=12')).statusCode).toBe(414);
    }
    const plain = await echo({ maxQueryLength: 3 });
    expect((await plain.inject('/;a=12')).statusCode).toBe(404);
  });

  it('cannot reach a prototype', async () => {
    const app = await makeApp();
    app.get(
      '/',
      { schema: { querystring: z.object({ n: z.int().optional() }) } },
      async (request) => request.query,
    );
    const reply = await app.inject('/?__proto__[n]=5&__proto__=5&constructor=1&n=5');
    expect(reply.json()).toEqual({ n: 5 });
    expect(({} as { n?: unknown }).n).toBeUndefined();
  });
});
