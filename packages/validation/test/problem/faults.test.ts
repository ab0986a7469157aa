// Errors of Fastify and of the application, as clients see them.
import rateLimit from '@fastify/rate-limit';
import { describe, expect, test } from 'vitest';
import { VERSIONS, logTo, makeApp } from './apps.ts';

interface Ask {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly payload?: string;
  readonly headers?: Record<string, string>;
}

describe.each(VERSIONS)('Fastify %s', (version, make) => {
  const post = (payload: string, type = 'application/json'): Ask => ({
    method: 'POST',
    url: '/',
    payload,
    headers: { 'content-type': type },
  });
  const cases: [string, Ask, number, string, string][] = [
    [
      'a body that is no JSON',
      post('{"a":CANARY'),
      400,
      'FST_ERR_CTP_INVALID_JSON_BODY',
      'the body is not valid JSON',
    ],
    [
      'a body with __proto__',
      post('{"__proto__":{"CANARY":1}}'),
      400,
      'FST_ERR_CTP_INVALID_JSON_BODY',
      'the body is not valid JSON',
    ],
    [
      'an empty body',
      post(''),
      400,
      'FST_ERR_CTP_EMPTY_JSON_BODY',
      'the body is empty, and its Content-Type is JSON',
    ],
    [
      'a body of an unknown type',
      post('x', 'text/CANARY'),
      415,
      'FST_ERR_CTP_INVALID_MEDIA_TYPE',
      'no body of this Content-Type is accepted here',
    ],
    [
      'a body that is too large',
      post(JSON.stringify('CANARY'.repeat(100))),
      413,
      'FST_ERR_CTP_BODY_TOO_LARGE',
      'the body is larger than is accepted here',
    ],
    [
      'a URL without a route',
      { method: 'GET', url: '/CANARY?CANARY=1' },
      404,
      'FST_ERR_NOT_FOUND',
      'no route has this method and URL',
    ],
  ];
  test.each(cases)('%s is a problem', async (_name, ask, status, code, detail) => {
    const app = makeApp(make, {}, { bodyLimit: 200 });
    app.post('/', async () => 'ok');
    const answer = await app.inject(ask);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({ status, code, detail, type: 'about:blank' });
    expect(answer.json().requestId).toBe('req-1');
    expect(answer.body).not.toContain('CANARY');
  });

  test('a body that does not fit its schema is 400 with pointers and without values', async () => {
    const app = makeApp(make);
    const item = { type: 'object', required: ['id'], additionalProperties: false };
    const body = { type: 'object', properties: { items: { type: 'array', items: item } } };
    app.post('/', { schema: { body } }, async () => 'ok');
    const payload = { items: [{ CANARY: 'CANARY' }] };
    const answer = await app.inject({ method: 'POST', url: '/', payload });
    expect(answer.json()).toMatchObject({
      status: 400,
      code: 'FST_ERR_VALIDATION',
      errors: [
        {
          in: 'body',
          pointer: '/items/0/id',
          code: 'required',
          message: "must have required property 'id'",
        },
      ],
    });
    expect(answer.body).not.toContain('CANARY');
  });

  test('invalidStatus is the status of what does not fit a schema, and of nothing else', async () => {
    const app = makeApp(make, { invalidStatus: 422 });
    const querystring = { type: 'object', properties: { page: { type: 'integer' } } };
    app.get('/', { schema: { querystring } }, async () => 'ok');
    app.post('/', async () => 'ok');
    const invalid = await app.inject('/?page=CANARY');
    expect(invalid.statusCode).toBe(422);
    expect(invalid.json()).toMatchObject({
      status: 422,
      title: 'Unprocessable Entity',
      errors: [{ in: 'query', pointer: '/page', code: 'type' }],
    });
    expect((await app.inject(post('{'))).statusCode).toBe(400);
  });

  test('schemaErrorFormatter and attachValidation keep working', async () => {
    const app = makeApp(make);
    const querystring = { type: 'object', required: ['a'] };
    app.get(
      '/formatted',
      { schema: { querystring }, schemaErrorFormatter: () => new Error('say a') },
      async () => 'ok',
    );
    app.get(
      '/attached',
      { schema: { querystring }, attachValidation: true },
      async (request) => `attached: ${request.validationError?.validationContext}`,
    );
    expect((await app.inject('/formatted')).json()).toMatchObject({
      detail: 'say a',
      errors: [{ in: 'query', pointer: '/a' }],
    });
    expect((await app.inject('/attached')).body).toBe('attached: querystring');
  });

  const thrown: [string, unknown, number][] = [
    ['an Error', new Error('CANARY'), 500],
    ['a string', 'CANARY', 500],
    ['undefined', undefined, 500],
    ['null', null, 500],
    ['an object', { message: 'CANARY', toString: () => 'CANARY' }, 500],
    ['an error of 302', Object.assign(new Error('CANARY'), { statusCode: 302 }), 500],
    ['an error of 600', Object.assign(new Error('CANARY'), { statusCode: 600 }), 500],
    ['an error of 502', Object.assign(new Error('CANARY'), { statusCode: 502 }), 502],
    ['an error of status 503', Object.assign(new Error('CANARY'), { status: 503 }), 503],
    ['an error of the system', Object.assign(new Error('CANARY'), { code: 'CANARY' }), 500],
    [
      'an error with issues',
      Object.assign(new Error('CANARY'), {
        issues: [{ in: 'response', pointer: '/CANARY', code: 'type', message: 'CANARY' }],
      }),
      500,
    ],
  ];
  test.each(thrown)('%s is 500 or above without what it says', async (_name, error, status) => {
    const lines: string[] = [];
    const app = makeApp(make, {}, logTo(lines));
    app.get('/async', async () => {
      throw error;
    });
    app.get('/sync', () => {
      throw error;
    });
    for (const url of ['/async', '/sync']) {
      const answer = await app.inject(url);
      expect(answer.statusCode).toBe(status);
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(Object.keys(answer.json())).toEqual(['type', 'title', 'status', 'code', 'requestId']);
      expect(answer.body).not.toContain('CANARY');
    }
    const logged = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 50);
    expect(logged.length).toBe(2);
    if (error instanceof Error) expect(logged[0].err.message).toContain('CANARY');
  });

  test('an error of 4xx that carries its status says what it says, and its code', async () => {
    const app = makeApp(make);
    app.get('/', async () => {
      throw Object.assign(new Error('no such city'), { statusCode: 404, code: 'E_CITY' });
    });
    expect((await app.inject('/')).json()).toMatchObject({
      status: 404,
      code: 'E_CITY',
      detail: 'no such city',
    });
  });

  test('expose opts in above 500, and out below', async () => {
    const app = makeApp(make);
    app.get('/in', async () => {
      throw Object.assign(new Error('the press is being oiled'), { expose: true });
    });
    app.get('/out', async () => {
      throw Object.assign(new Error('CANARY'), { statusCode: 403, expose: false });
    });
    expect((await app.inject('/in')).json().detail).toBe('the press is being oiled');
    const out = await app.inject('/out');
    expect(out.json()).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect(out.body).not.toContain('CANARY');
  });

  test('a status set before the throw counts, and the error then says nothing', async () => {
    const app = makeApp(make);
    app.get('/:status', async (request, reply) => {
      reply.code(Number((request.params as { status: string }).status));
      throw new Error('CANARY');
    });
    for (const [set, got] of [
      [404, 404],
      [503, 503],
      [201, 500],
      [302, 500],
    ]) {
      const answer = await app.inject(`/${set}`);
      expect(answer.statusCode).toBe(got);
      expect(answer.json().status).toBe(got);
      expect(answer.body).not.toContain('CANARY');
    }
  });

  test('fields that described the reply that was given up are gone, others stay', async () => {
    const app = makeApp(make);
    app.get('/', async (_request, reply) => {
      reply.headers({ etag: '"a"', 'content-encoding': 'gzip', 'x-kept': 'yes' });
      reply.type('text/html');
      throw Object.assign(new Error('no'), { statusCode: 403, headers: { 'x-why': 'because' } });
    });
    const { headers } = await app.inject('/');
    expect(headers).toMatchObject({
      'x-kept': 'yes',
      'x-why': 'because',
      'content-type': 'application/problem+json',
    });
    expect(headers.etag).toBeUndefined();
    expect(headers['content-encoding']).toBeUndefined();
  });

  test('of the fields of a hidden error only Retry-After is sent', async () => {
    const app = makeApp(make);
    const headers = { 'retry-after': '3', 'set-cookie': 'CANARY', 'x-power': 'CANARY' };
    app.get('/', async () => {
      throw Object.assign(new Error('CANARY'), { statusCode: 502, headers });
    });
    const answer = await app.inject('/');
    expect(answer.headers['retry-after']).toBe('3');
    expect(JSON.stringify(answer.headers)).not.toContain('CANARY');
  });

  test('fields of an error that HTTP does not allow are left out', async () => {
    const app = makeApp(make);
    app.get('/', async () => {
      const headers = { 'x-bad': 'a\nb', 'a b': 'c', 'x-good': 'yes', 'x-none': undefined };
      throw Object.assign(new Error('no'), { statusCode: 400, headers });
    });
    const answer = await app.inject('/');
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['x-good']).toBe('yes');
    expect(answer.headers['x-bad']).toBeUndefined();
  });

  test('429 of @fastify/rate-limit keeps Retry-After and says when', async () => {
    const app = makeApp(make);
    await app.register(rateLimit, { max: 1, timeWindow: 60_000 });
    app.get('/', async () => 'ok');
    expect((await app.inject('/')).statusCode).toBe(200);
    const answer = await app.inject('/');
    expect(answer.statusCode).toBe(429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({ status: 429, title: 'Too Many Requests' });
    expect(answer.json().detail).toMatch(/retry in/);
  });

  test('a child with its own error handler answers itself, and what it throws on comes here', async () => {
    const app = makeApp(make);
    await app.register(async (child) => {
      child.setErrorHandler((error, request, reply) => {
        if (request.url === '/own') return reply.code(418).send({ own: true });
        throw error;
      });
      child.get('/own', async () => {
        throw new Error('CANARY');
      });
      child.get('/on', async () => {
        throw Object.assign(new Error('no'), { statusCode: 403 });
      });
    });
    const own = await app.inject('/own');
    expect(own.statusCode).toBe(418);
    expect(own.json()).toEqual({ own: true });
    const on = await app.inject('/on');
    expect(on.statusCode).toBe(403);
    expect(on.json()).toMatchObject({ status: 403, detail: 'no' });
  });

  test('a response schema, a serializer and preSerialization hooks of a route leave a problem alone', async () => {
    const app = makeApp(make);
    app.addHook('preSerialization', async (_request, _reply, payload) => ({ wrapped: payload }));
    const response = { '4xx': { type: 'object', properties: { only: { type: 'string' } } } };
    app.get('/schema', { schema: { response } }, async () => {
      throw Object.assign(new Error('no'), { statusCode: 404 });
    });
    app.get('/serializer', async (_request, reply) => {
      reply.serializer(() => 'not this');
      throw Object.assign(new Error('no'), { statusCode: 404 });
    });
    for (const url of ['/schema', '/serializer']) {
      expect((await app.inject(url)).json()).toMatchObject({ status: 404, detail: 'no' });
    }
  });

  test('HEAD has the fields of the problem and no body', async () => {
    const app = makeApp(make);
    app.get('/', async () => {
      throw Object.assign(new Error('no'), { statusCode: 403 });
    });
    for (const [url, status] of [
      ['/', 403],
      ['/nowhere', 404],
    ] as const) {
      const answer = await app.inject({ method: 'HEAD', url });
      expect(answer.statusCode).toBe(status);
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(answer.body).toBe('');
    }
  });

  test('a client that accepts HTML only gets the problem too', async () => {
    const app = makeApp(make);
    const answer = await app.inject({ url: '/nowhere', headers: { accept: 'text/html' } });
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['content-type']).toBe('application/problem+json');
  });

  test('an error in an onSend hook is a problem', async () => {
    const app = makeApp(make);
    let isFirst = true;
    app.addHook('onSend', async () => {
      if (!isFirst) return;
      isFirst = false;
      throw new Error('CANARY');
    });
    app.get('/', async () => 'ok');
    const answer = await app.inject('/');
    expect(answer.json()).toMatchObject({ status: 500, code: 'INTERNAL_SERVER_ERROR' });
    expect(answer.body).not.toContain('CANARY');
  });

  // 5.5 knows no such option.
  if (version !== '5.5.0') {
    test('a handler that takes too long is 503', async () => {
      const app = makeApp(make);
      const slow = { handlerTimeout: 10 } as object;
      app.get('/', slow, (request) => {
        return new Promise((_resolve, reject) => {
          const { signal } = request as unknown as { signal: AbortSignal };
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
      });
      const answer = await app.inject('/');
      expect(answer.statusCode).toBe(503);
      expect(answer.json()).toMatchObject({ status: 503, code: 'FST_ERR_HANDLER_TIMEOUT' });
    });
  }
});

test('exposeStack sends the stack, and nothing else does', async () => {
  for (const exposeStack of [true, false]) {
    const app = makeApp(undefined, { exposeStack });
    app.get('/', async () => {
      throw new Error('why');
    });
    const { stack } = (await app.inject('/')).json();
    if (exposeStack) expect(stack).toMatch(/^Error: why\n\s+at/);
    else expect(stack).toBeUndefined();
  }
});

test('errors stop at maxErrors and say so', async () => {
  const app = makeApp(undefined, { maxErrors: 2 });
  const issue = { in: 'body', pointer: '', code: 'c', message: 'm' };
  app.get('/:count', async (request) => {
    const count = Number((request.params as { count: string }).count);
    const issues = Array.from({ length: count }, () => issue);
    throw Object.assign(new Error('no'), { statusCode: 400, issues });
  });
  app.get('/more', async () => {
    throw Object.assign(new Error('no'), { statusCode: 400, issues: [issue], truncated: true });
  });
  expect((await app.inject('/2')).json()).toMatchObject({ errors: [issue, issue] });
  expect((await app.inject('/2')).json().truncated).toBeUndefined();
  const three = (await app.inject('/3')).json();
  expect(three.errors).toHaveLength(2);
  expect(three.truncated).toBe(true);
  expect((await app.inject('/more')).json().truncated).toBe(true);
});

test('names in pointers are cut at 100 characters, and so are request ids', async () => {
  const app = makeApp(undefined, {}, { requestIdHeader: 'x-id' });
  const long = 'n'.repeat(500);
  app.get('/', async () => {
    const issues = [{ in: 'body', pointer: `/a/${long}`, code: long, message: long }];
    throw Object.assign(new Error(long.repeat(3)), { statusCode: 400, issues });
  });
  const answer = await app.inject({ url: '/', headers: { 'x-id': long } });
  const body = answer.json();
  expect(body.errors[0].pointer).toBe(`/a/${'n'.repeat(100)}…`);
  expect(body.errors[0].code).toBe(`${'n'.repeat(100)}…`);
  expect(body.errors[0].message).toBe(`${'n'.repeat(300)}…`);
  expect(body.detail).toBe(`${'n'.repeat(500)}…`);
  expect(body.requestId).toBe(`${'n'.repeat(100)}…`);
});

test('a cut does not tear a character apart', async () => {
  const app = makeApp();
  app.get('/', async () => {
    throw Object.assign(new Error(`${'n'.repeat(499)}😀😀`), { statusCode: 400 });
  });
  expect((await app.inject('/')).json().detail).toBe(`${'n'.repeat(499)}…`);
});

test('what a validator of the application leaves cannot break the answer', async () => {
  const app = makeApp();
  const validation = [
    null,
    1,
    { instancePath: 7 },
    { message: 'is odd' },
    { keyword: 'k', instancePath: '/a' },
  ];
  app.get('/', async () => {
    throw Object.assign(new Error('no'), { statusCode: 400, validation, validationContext: 'up' });
  });
  const answer = await app.inject('/');
  expect(answer.statusCode).toBe(400);
  for (const one of answer.json().errors ?? []) {
    expect(['body', 'query', 'params', 'headers']).toContain(one.in);
  }
});

test('an error whose properties throw is 500', async () => {
  const app = makeApp();
  app.get('/', async () => {
    throw Object.defineProperty(new Error('x'), 'expose', {
      get() {
        throw new Error('CANARY');
      },
    });
  });
  const answer = await app.inject('/');
  expect(answer.statusCode).toBe(500);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.body).not.toContain('CANARY');
});

test('a SyntaxError of a parser of the application does not quote the body', async () => {
  const app = makeApp();
  app.addContentTypeParser('application/x', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, JSON.parse(String(body)));
    } catch (error) {
      done(Object.assign(error as Error, { statusCode: 400 }));
    }
  });
  app.post('/', async () => 'ok');
  const headers = { 'content-type': 'application/x' };
  const answer = await app.inject({ method: 'POST', url: '/', payload: 'CANARY', headers });
  expect(answer.json()).toMatchObject({ status: 400, code: 'FST_ERR_CTP_INVALID_JSON_BODY' });
  expect(answer.body).not.toContain('CANARY');
});

test('a status without a name has a title all the same', async () => {
  const app = makeApp();
  app.get('/:status', async (request) => {
    const status = Number((request.params as { status: string }).status);
    throw Object.assign(new Error('no'), { statusCode: status });
  });
  expect((await app.inject('/499')).json()).toMatchObject({
    title: 'Client Error',
    code: 'CLIENT_ERROR',
  });
  expect((await app.inject('/599')).json()).toMatchObject({
    title: 'Server Error',
    code: 'SERVER_ERROR',
  });
});

test('faults above 500 are logged where requests are not, others are not', async () => {
  const lines: string[] = [];
  const app = makeApp(undefined, {}, { ...logTo(lines), disableRequestLogging: true });
  app.get('/:status', async (request) => {
    const status = Number((request.params as { status: string }).status);
    throw Object.assign(new Error('logged'), { statusCode: status });
  });
  await app.inject('/404');
  expect(lines).toEqual([]);
  await app.inject('/500');
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['logged']);
});

test('canaries of fields, query, params and body come back from no status', async () => {
  const app = makeApp();
  const part = { type: 'object', properties: { n: { type: 'integer' } } };
  const schema = { body: part, querystring: part, params: part, headers: part };
  app.post('/typed/:n', { schema }, async () => 'ok');
  app.post('/fails/:n', async (request) => {
    throw new Error(JSON.stringify([request.body, request.query, request.params, request.headers]));
  });
  let tried = 0;
  for (const url of ['/typed/CANARY', '/typed/1', '/fails/1', '/CANARY']) {
    for (const query of ['?n=CANARY', '?CANARY=1', '']) {
      for (const payload of ['{"n":"CANARY"}', 'CANARY', '{"CANARY":1}', '[[["CANARY"]]]']) {
        const headers = { 'content-type': 'application/json', n: 'CANARY', cookie: 'a=CANARY' };
        const answer = await app.inject({ method: 'POST', url: url + query, payload, headers });
        expect(answer.statusCode).toBeGreaterThanOrEqual(400);
        expect(answer.body + JSON.stringify(answer.headers)).not.toContain('CANARY');
        tried++;
      }
    }
  }
  expect(tried).toBe(48);
});
