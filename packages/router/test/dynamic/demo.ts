// Routes that can be declared to Fastify itself or to a dynamic table, and requests that show whether both do the same.
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest, InjectOptions } from 'fastify';
import type { DynamicRoute } from '../../src/dynamic/route.ts';

type Request = FastifyRequest & { seen: string[] };
type Done = (error?: Error) => void;

function note(request: FastifyRequest, what: string): void {
  (request as Request).seen.push(what);
}

const sync = (what: string) => (request: FastifyRequest, _: FastifyReply, done: Done) => {
  note(request, what);
  done();
};
const async = (what: string) => async (request: FastifyRequest) => {
  await new Promise((resolve) => setImmediate(resolve));
  note(request, what);
};
const whatCame = (request: FastifyRequest) => ({
  params: request.params,
  query: request.query,
  body: request.body,
  header: request.headers['x-count'],
  seen: (request as Request).seen,
});
const string = { type: 'string' };
const integer = { type: 'integer' };
const object = (properties: object, required: string[] = []) => ({
  type: 'object',
  properties,
  required,
});

class Teapot extends Error {
  readonly statusCode = 418;
  readonly extra = 'tea';
}

// Does its work when it is waited for, once for each time, as queries of databases do.
class Lazy {
  runs = 0;
  // oxlint-disable-next-line unicorn/no-thenable -- what is tested
  then(resolve: (value: unknown) => void): void {
    resolve({ runs: ++this.runs });
  }
}

/** The routes; made anew for each application. */
export function demoRoutes(): readonly DynamicRoute[] {
  const hooked = (which: string, hook: unknown): DynamicRoute =>
    ({
      method: 'GET',
      url: `/hook/${which}`,
      [which.split('-')[0]!]: hook,
      handler: whatCame,
    }) as DynamicRoute;
  const all = ['onRequest', 'preValidation', 'preHandler'].flatMap((name) => [
    hooked(`${name}-sync`, sync(name)),
    hooked(`${name}-async`, [async(`${name} 1`), sync(`${name} 2`), async(`${name} 3`)]),
    hooked(`${name}-sends`, [
      (_: FastifyRequest, reply: FastifyReply) => void reply.code(401).send({ who: name }),
      sync('never'),
    ]),
    hooked(`${name}-sends-async`, [
      async (_: FastifyRequest, reply: FastifyReply) => reply.send('early'),
      sync('never'),
    ]),
    hooked(`${name}-throws`, () => {
      throw new Teapot('thrown');
    }),
    hooked(`${name}-rejects`, async () => {
      throw new Teapot('rejected');
    }),
    hooked(`${name}-rejects-nothing`, () => Promise.reject(undefined)),
    hooked(`${name}-fails`, (_: FastifyRequest, __: FastifyReply, done: Done) =>
      done(new Teapot('failed')),
    ),
  ]);
  return [...all, ...validated(), ...answered()];
}

function validated(): readonly DynamicRoute[] {
  return [
    {
      method: 'POST',
      url: '/all/:id',
      schema: {
        params: object({ id: integer }),
        querystring: object({
          n: { ...integer, default: 5 },
          tags: { type: 'array', items: string },
        }),
        headers: object({ 'X-Count': integer }, ['X-Count']),
        body: object({ name: string, age: integer }, ['name']),
      },
      preValidation: sync('preValidation'),
      preHandler: sync('preHandler'),
      handler: whatCame,
    },
    {
      method: 'GET',
      url: '/query',
      schema: { query: object({ n: integer }, ['n']) } as never,
      handler: whatCame,
    },
    {
      method: 'PUT',
      url: '/media',
      schema: {
        body: {
          content: {
            'application/json': { schema: object({ n: integer }, ['n']) },
            'text/plain': { schema: { ...string, minLength: 3 } },
          },
        },
      },
      handler: whatCame,
    },
    { method: 'PATCH', url: '/ref', schema: { body: { $ref: 'shared#' } }, handler: whatCame },
    {
      method: 'POST',
      url: '/before',
      schema: { body: object({ n: integer }, ['n']) },
      // Validation sees what a hook has made of the body.
      preValidation: async (request) => void (request.body = { n: '7' }),
      handler: whatCame,
    },
  ];
}

function answered(): readonly DynamicRoute[] {
  const schema = (response: object) => ({ response });
  const two = object({ n: string }, ['n']);
  const answer = (
    url: string,
    handler: DynamicRoute['handler'],
    rest: Partial<DynamicRoute> = {},
  ) => ({
    method: 'GET',
    url: `/answer/${url}`,
    handler,
    ...rest,
  });
  return [
    answer('object', async () => ({ a: 1 })),
    answer('sync', () => ({ a: 1 })),
    answer('string', async () => 'text'),
    answer('buffer', async () => Buffer.from([0, 255])),
    answer('null', (_, reply) => void reply.send(null)),
    answer('nothing', async () => {}),
    answer('empty', (_, reply) => void reply.code(204).send()),
    answer('callback', (_, reply) => void setImmediate(() => reply.send({ late: true }))),
    answer('reply', async (_, reply) => {
      setImmediate(() => reply.send({ late: true }));
      return reply;
    }),
    answer('thenable', () => new Lazy()),
    answer('stream', async (_, reply) => reply.type('text/plain').send(Readable.from(['a', 'b']))),
    answer('stream-returned', async () => Readable.from(['a', 'b'])),
    answer('stream-fails', (_, reply) => {
      const stream = new Readable({
        read() {
          this.destroy(new Teapot('stream'));
        },
      });
      return reply.send(stream);
    }),
    answer('web-stream', async () => new Blob(['web']).stream() as never),
    answer('throws', () => {
      throw new Teapot('thrown');
    }),
    answer('rejects', async () => {
      throw new Teapot('rejected');
    }),
    answer('rejects-text', () => Promise.reject('text')),
    answer('sends-error', (_, reply) => void reply.code(409).send(new Error('conflict'))),
    answer('not-found', (_, reply) => reply.callNotFound()),
    answer('redirects', (_, reply) => reply.redirect('/elsewhere')),
    answer('headers', (_, reply) =>
      reply.header('x-a', 'b').code(202).type('text/html').send('<p>'),
    ),
    answer('json-text', (_, reply) => reply.type('application/json').send('{"raw":1}')),
    answer('own-serializer', (_, reply) => void reply.serializer(() => 'own').send({ a: 1 })),
    answer('raw', (_, reply) => {
      reply.hijack();
      reply.raw.end('raw');
    }),
    answer('early-hook', async () => 'never', {
      preHandler: async (_, reply) => reply.code(403).send({ no: 1 }),
    }),
    answer('schema-200', async () => ({ n: 1, secret: 2 }), { schema: schema({ 200: two }) }),
    answer('schema-2xx', (_, reply) => reply.code(201).send({ n: 1, secret: 2 }), {
      schema: schema({ '2XX': two }),
    }),
    answer('schema-default', (_, reply) => reply.code(302).send({ n: 1, secret: 2 }), {
      schema: schema({ default: two }),
    }),
    answer('schema-other', async () => ({ n: 1, secret: 2 }), { schema: schema({ 201: two }) }),
    answer('schema-fails', async () => ({ secret: 2 }), { schema: schema({ 200: two }) }),
    answer(
      'schema-error',
      async () => {
        throw new Teapot('with a schema');
      },
      { schema: schema({ 418: object({ statusCode: integer, extra: string }) }) },
    ),
    answer(
      'schema-media',
      (_, reply) => reply.type('application/vnd.a+json').send({ n: 1, secret: 2 }),
      {
        schema: schema({ 200: { content: { 'application/vnd.a+json': { schema: two } } } }),
      },
    ),
    answer('schema-media-other', (_, reply) => reply.send({ n: 1, secret: 2 }), {
      schema: schema({ 200: { content: { 'application/vnd.a+json': { schema: two } } } }),
    }),
    answer('schema-ref', async () => ({ word: 1, secret: 2 }), {
      schema: schema({ 200: { $ref: 'shared#' } }),
    }),
    answer('schema-by-hand', async (request, reply) => ({
      seen: reply.serializeInput({ n: 1, secret: 2 }, two),
      known: typeof reply.getSerializationFunction('200'),
      valid: [request.validateInput({ n: 'a' }, two), request.validateInput({}, two)],
      body: typeof request.getValidationFunction('querystring'),
    })),
    answer(
      'options',
      async (request) => {
        const { method, url, config, schema: own } = request.routeOptions;
        return { method, url, config, schema: own, is404: request.is404 };
      },
      { config: { role: 'admin' }, schema: { querystring: object({}) } },
    ),
    answer('this', async function () {
      return { decorated: (this as unknown as { tool: string }).tool };
    }),
    answer('decorated', async (request, reply) => [
      (request as unknown as { unit: string }).unit,
      typeof reply.send,
    ]),
    answer('params/:a-:b', whatCame),
    answer('params/:year(^\\d{4}$)', whatCame),
    answer('files/*', whatCame),
    answer('maybe/:it?', whatCame),
    { method: 'GET', url: '/', handler: async () => 'root' },
    {
      method: 'HEAD',
      url: '/own-head',
      handler: (_, reply) => void reply.header('content-length', '77').send(),
    },
    { method: 'GET', url: '/own-head', handler: async () => 'got' },
    { method: 'DELETE', url: '/gone', handler: async (request) => ({ body: request.body }) },
    { method: 'OPTIONS', url: '/gone', handler: async () => 'options' },
    { method: 'TRACE', url: '/gone', handler: async () => 'trace' },
  ];
}

/** Gives a scope what its routes shall have. */
export function furnish(scope: FastifyInstance): void {
  scope.decorateRequest('seen');
  scope.decorateRequest('unit', 'kg');
  scope.decorate('tool', 'hammer');
  scope.addSchema({ $id: 'shared', ...object({ word: { ...string, minLength: 2 } }, ['word']) });
  scope.addHook('onRequest', async (request) => {
    (request as Request).seen = ['onRequest of the scope'];
  });
  scope.addHook('preParsing', async (request) => note(request, 'preParsing of the scope'));
  scope.addHook('preValidation', async (request) => note(request, 'preValidation of the scope'));
  scope.addHook('preHandler', sync('preHandler of the scope'));
  scope.addHook('preSerialization', async (request, _, payload: unknown) => {
    note(request, 'preSerialization of the scope');
    return payload;
  });
  scope.addHook('onError', async (request, _, error) => note(request, `onError ${error?.message}`));
  scope.addHook('onSend', async (request, reply, payload) => {
    reply.header('x-seen', (request as Request).seen.join(', '));
    return payload;
  });
}

const GETS = [
  ...demoRoutes()
    .filter(({ method, url }) => method === 'GET' && !/[*:?]/.test(url))
    .map(({ url }) => url),
  '/answer/params/a-b',
  '/answer/params/2024',
  '/answer/params/24',
  '/answer/files/a/b%2Fc',
  '/answer/files/',
  '/answer/maybe',
  '/answer/maybe/',
  '/answer/maybe/7',
  '',
  '/',
  '/query?n=5',
  '/query?n=a',
  '/nothing',
  '/ANSWER/object',
  '/answer/object/',
  '/answer//object',
  '/answer/%6Fbject',
  `/answer/files/${'x'.repeat(200)}`,
];
const ALL = {
  url: '/all/1?tags=a',
  headers: { 'x-count': '3' },
  payload: { name: 'a', age: '4', more: 1 },
};

/** The requests, below the prefix. */
export const REQUESTS: readonly (InjectOptions & { url: string })[] = [
  ...GETS.flatMap((url) => [
    { method: 'GET' as const, url },
    { method: 'HEAD' as const, url },
  ]),
  { method: 'POST', ...ALL },
  { method: 'POST', ...ALL, url: '/all/a' },
  { method: 'POST', ...ALL, url: '/all/1?n=x' },
  { method: 'POST', ...ALL, headers: {} },
  { method: 'POST', ...ALL, headers: { 'x-count': 'x' } },
  { method: 'POST', ...ALL, payload: { age: 1 } },
  {
    method: 'POST',
    ...ALL,
    payload: '{"broken' as never,
    headers: { 'content-type': 'application/json' },
  },
  {
    method: 'POST',
    ...ALL,
    payload: 'a=b',
    headers: { 'content-type': 'text/xml', 'x-count': '1' },
  },
  { method: 'POST', url: '/before', payload: {} },
  { method: 'PUT', url: '/media', payload: { n: 1 } },
  { method: 'PUT', url: '/media', payload: { n: 'x' } },
  { method: 'PUT', url: '/media', payload: 'ab', headers: { 'content-type': 'text/plain' } },
  { method: 'PUT', url: '/media', payload: 'abc', headers: { 'content-type': 'text/plain' } },
  { method: 'PATCH', url: '/ref', payload: { word: 'a' } },
  { method: 'PATCH', url: '/ref', payload: { word: 'ab' } },
  { method: 'PATCH', url: '/ref' },
  { method: 'DELETE', url: '/gone', payload: { a: 1 } },
  { method: 'DELETE', url: '/gone' },
  { method: 'OPTIONS', url: '/gone' },
  { method: 'TRACE' as 'GET', url: '/gone' },
  { method: 'PUT', url: '/gone' },
  { method: 'POST', url: '/answer/object' },
];
