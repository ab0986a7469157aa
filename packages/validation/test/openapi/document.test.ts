// Documents of routes with schemas of every kind; each is held against the rules of OpenAPI 3.1.
import { group } from '@catzilla/router';
import { type as ark } from 'arktype';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openapi } from '../../src/openapi/plugin.ts';
import { VERSIONS, logTo, tracked } from '../problem/apps.ts';
import type { Make } from '../problem/apps.ts';
import { INFO, documentOf, handler } from './documents.ts';
import type { Json } from './documents.ts';

const bodyOf = (document: Json, path: string): Json =>
  document['paths'][path].post.requestBody.content['application/json'].schema;

describe.each(VERSIONS)('Fastify %s', (_version, make) => {
  const person = {
    type: 'object',
    properties: { name: { type: 'string' }, age: { type: 'integer' } },
    required: ['name'],
  };
  const kinds: [string, unknown, object?][] = [
    ['JSON Schema', person],
    ['TypeBox', Type.Object({ name: Type.String(), age: Type.Optional(Type.Integer()) })],
    [
      'zod',
      z.object({ name: z.string(), age: z.int().optional() }),
      { age: { type: 'integer', minimum: -9007199254740991, maximum: 9007199254740991 } },
    ],
    ['valibot', v.object({ name: v.string(), age: v.optional(v.pipe(v.number(), v.integer())) })],
    ['arktype', ark({ name: 'string', 'age?': 'number.integer' })],
  ];
  test.each(kinds)(
    'a body, a query and a reply of %s are in the document',
    async (_kind, schema, other) => {
      const document = await documentOf(
        (app) => {
          app.post('/people', { schema: { body: schema, response: { 201: schema } } }, handler);
          app.get('/people', { schema: { querystring: schema } }, handler);
        },
        { make },
      );
      const properties = { ...person.properties, ...other };
      expect(document['openapi']).toBe('3.1.0');
      expect(document['paths']['/people'].get.responses).toEqual({ 200: { description: 'OK' } });
      expect(document['info']).toEqual(INFO);
      expect(bodyOf(document, '/people')).toEqual({ ...person, properties });
      const created = document['paths']['/people'].post.responses[201];
      expect(created.content['application/json'].schema).toMatchObject({ properties });
      expect(document['paths']['/people'].get.parameters).toEqual([
        { in: 'query', name: 'name', required: true, schema: properties.name },
        { in: 'query', name: 'age', required: false, schema: properties.age },
      ]);
    },
  );
});

test('operations have names that follow from method and path, each once', async () => {
  const document = await documentOf((app) => {
    app.get('/', handler);
    app.get('/users/:id/posts', handler);
    app.get('/files/*', handler);
    app.get('/a-b', handler);
    app.get('/aB', handler);
    app.get('/at/:hour(^\\d{2})h', handler);
    app.get('/own', { schema: { operationId: 'mine' } as object }, handler);
    app.route({ method: ['PUT', 'DELETE'], url: '/both', handler });
  });
  const ids = Object.entries<Json>(document['paths']).flatMap(([path, item]) =>
    Object.entries<Json>(item).map(([method, { operationId }]) => [
      `${method} ${path}`,
      operationId,
    ]),
  );
  expect(Object.fromEntries(ids)).toEqual({
    'get /': 'getRoot',
    'get /users/{id}/posts': 'getUsersByIdPosts',
    'get /files/{*}': 'getFilesWildcard',
    'get /a-b': 'getAB',
    'get /aB': 'getAB_2',
    'get /at/{hour}h': 'getAtByHourH',
    'get /own': 'mine',
    'put /both': 'putBoth',
    'delete /both': 'deleteBoth',
  });
});

test('an optional parameter is two paths, and path parameters are those of the path', async () => {
  const params = Type.Object({ id: Type.Integer(), other: Type.String() });
  const { paths } = await documentOf((app) => {
    app.post('/users', handler);
    app.get('/users/:id?', { schema: { params } }, handler);
    app.delete('/users', handler);
    app.get('/x/:a/:b', { schema: { params: Type.Object({ a: Type.Integer() }) } }, handler);
  });
  expect(Object.keys(paths).sort()).toEqual(['/users', '/users/{id}', '/x/{a}/{b}']);
  expect(Object.keys(paths['/users']).sort()).toEqual(['delete', 'get', 'post']);
  expect(paths['/users'].get.parameters).toBeUndefined();
  expect(paths['/users/{id}'].get.parameters).toEqual([
    { in: 'path', name: 'id', required: true, schema: { type: 'integer' } },
  ]);
  expect(paths['/x/{a}/{b}'].get.parameters.map(({ schema }: Json) => schema.type)).toEqual([
    'integer',
    'string',
  ]);
});

test('query, headers and cookies are parameters, refs and compositions looked through', async () => {
  const { paths, components } = await documentOf((app) => {
    app.addSchema({
      $id: 'page',
      type: 'object',
      properties: { page: { type: 'integer' }, sort: { $ref: '#/definitions/sort' } },
      required: ['page'],
      definitions: { sort: { enum: ['up', 'down'] } },
    });
    const querystring = {
      allOf: [
        { $ref: 'page#' },
        { type: 'object', properties: { q: { type: 'string' } }, required: ['q'] },
        { oneOf: [{ properties: { a: { type: 'string' } }, required: ['a'] }, { properties: {} }] },
      ],
    };
    const headers = Type.Object({ 'x-tenant': Type.String({ description: 'whose' }) });
    const cookies = Type.Object({ session: Type.String() });
    app.get('/', { schema: { querystring, headers, cookies } as object }, handler);
  });
  expect(paths['/'].get.parameters).toEqual([
    { in: 'query', name: 'page', required: true, schema: { type: 'integer' } },
    { in: 'query', name: 'sort', required: false, schema: { $ref: '#/components/schemas/sort' } },
    { in: 'query', name: 'q', required: true, schema: { type: 'string' } },
    { in: 'query', name: 'a', required: false, schema: { type: 'string' } },
    {
      in: 'header',
      name: 'x-tenant',
      required: true,
      description: 'whose',
      schema: { type: 'string', description: 'whose' },
    },
    { in: 'cookie', name: 'session', required: true, schema: { type: 'string' } },
  ]);
  expect(components.schemas).toEqual({ sort: { enum: ['up', 'down'] } });
});

test('schemas of addSchema are components by their name, of the scope that the route is in', async () => {
  const document = await documentOf(async (app) => {
    app.addSchema({ $id: 'Unused', type: 'object' });
    app.addSchema({
      $id: 'User',
      type: 'object',
      properties: { friend: { $ref: 'User#' }, at: { $ref: 'https://x.org/place.json#/$defs/at' } },
    });
    app.addSchema({ $id: 'https://x.org/place.json', $defs: { at: { type: 'string' } } });
    app.post('/root', { schema: { body: { $ref: 'User#' } } }, handler);
    for (const kind of ['string', 'integer']) {
      await app.register(async (child) => {
        child.addSchema({ $id: 'Local', type: kind });
        child.post(`/${kind}`, { schema: { body: { $ref: 'Local' } } }, handler);
      });
    }
  });
  expect(document['components'].schemas).toEqual({
    User: {
      type: 'object',
      properties: {
        friend: { $ref: '#/components/schemas/User' },
        at: { $ref: '#/components/schemas/at' },
      },
    },
    at: { type: 'string' },
    Local: { type: 'string' },
    Local_2: { type: 'integer' },
  });
  expect(bodyOf(document, '/root')).toEqual({ $ref: '#/components/schemas/User' });
  expect(bodyOf(document, '/integer')).toEqual({ $ref: '#/components/schemas/Local_2' });
});

test('two schemas that would have one name are two components, one inside the other too', async () => {
  const document = await documentOf((app) => {
    app.addSchema({
      $id: 'https://a.org/Name',
      type: 'object',
      properties: { b: { $ref: 'https://b.org/Name' } },
    });
    app.addSchema({ $id: 'https://b.org/Name', type: 'string' });
    app.post('/', { schema: { body: { $ref: 'https://a.org/Name' } } }, handler);
  });
  expect(document['components'].schemas).toEqual({
    Name: { type: 'object', properties: { b: { $ref: '#/components/schemas/Name_2' } } },
    Name_2: { type: 'string' },
  });
});

test('recursive and named schemas of libraries are components, once for all routes', async () => {
  const Tree = z.object({
    value: z.string(),
    get children() {
      return z.array(Tree);
    },
  });
  const Money = z.object({ cents: z.int() }).meta({ id: 'Money' });
  const node = Type.Object({ next: Type.Optional(Type.Ref('Node')) });
  const document = await documentOf((app) => {
    app.post('/tree', { schema: { body: Tree } }, handler);
    app.post('/price', { schema: { body: z.object({ price: Money, old: Money }) } }, handler);
    app.post('/cost', { schema: { body: z.object({ cost: Money, note: z.string() }) } }, handler);
    app.post('/list', { schema: { body: Type.Cyclic({ Node: node }, 'Node') } }, handler);
    app.post('/named', { schema: { body: Type.String({ $id: 'Named' }) } }, handler);
  });
  const money = { $ref: '#/components/schemas/Money' };
  expect(Object.keys(document['components'].schemas)).toEqual([
    'Money',
    'Named',
    'Node',
    'postTreeBody',
  ]);
  expect(bodyOf(document, '/price').properties).toEqual({ price: money, old: money });
  expect(bodyOf(document, '/cost').properties.cost).toEqual(money);
  expect(bodyOf(document, '/list')).toEqual({ $ref: '#/components/schemas/Node' });
  expect(bodyOf(document, '/named')).toEqual({ $ref: '#/components/schemas/Named' });
  expect(bodyOf(document, '/tree').properties.children.items).toEqual({
    $ref: '#/components/schemas/postTreeBody',
  });
});

test('draft 7 is written as 2020-12, and nothing else is changed or lost', async () => {
  const body = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    patternProperties: { '^x-': { type: 'string' }, '^y-': { type: 'integer' } },
    properties: {
      kind: { const: 'a' },
      maybe: { type: 'string', nullable: true, default: null },
      pair: {
        type: 'array',
        items: [{ type: 'string' }, { type: 'integer' }],
        additionalItems: false,
      },
      $ref: { type: 'string' },
      any: true,
      never: false,
      listed: { enum: [{ $id: 'kept' }], examples: [{ $id: 'kept' }] },
    },
    dependencies: { kind: ['pair'], pair: { required: ['kind'] } },
    if: { required: ['kind'] },
    else: { required: ['pair'] },
  };
  const before = structuredClone(body);
  const document = await documentOf((app) => app.post('/', { schema: { body } }, handler));
  expect(bodyOf(document, '/')).toEqual({
    type: 'object',
    patternProperties: body.patternProperties,
    properties: {
      kind: { const: 'a' },
      maybe: { type: ['string', 'null'], default: null },
      pair: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }], items: false },
      $ref: { type: 'string' },
      any: {},
      never: false,
      listed: { enum: [{ $id: 'kept' }], examples: [{ $id: 'kept' }] },
    },
    dependentRequired: { kind: ['pair'] },
    dependentSchemas: { pair: { required: ['kind'] } },
    if: { required: ['kind'] },
    else: { required: ['pair'] },
  });
  expect(body).toEqual(before);
});

test('a part that JSON Schema cannot say is open, and named in the log', async () => {
  const lines: string[] = [];
  const make = (() => Fastify(logTo(lines))) as unknown as Make;
  const document = await documentOf(
    (app) => {
      app.post('/date', { schema: { body: z.object({ at: z.date(), a: z.string() }) } }, handler);
      app.post('/own', { schema: { body: plainStandard() } }, handler);
    },
    { make },
  );
  const warnings = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 40);
  expect(warnings).toHaveLength(1);
  expect(warnings[0].parts).toEqual([
    expect.stringMatching(/^POST \/date body: .*[Dd]ate/),
    expect.stringMatching(/^POST \/own body: own does not say/),
  ]);
  expect(bodyOf(document, '/date').properties).toEqual({ at: {}, a: { type: 'string' } });
  expect(bodyOf(document, '/own')).toEqual({});
});

test('bodies and replies by content type keep their types, descriptions and fields', async () => {
  const { paths } = await documentOf((app) => {
    const content = (schema: unknown) => ({ content: { 'application/xml': { schema } } });
    app.post(
      '/',
      {
        schema: {
          body: content(Type.String()),
          response: {
            200: { description: 'the page', ...content(z.object({ a: z.string() })) },
            201: {
              type: 'object',
              description: 'made',
              headers: { location: { type: 'string', description: 'where' } },
            },
            204: { type: 'null', description: 'nothing' },
            '4xx': Type.Object({ why: Type.String() }),
          },
        },
      },
      handler,
    );
  });
  const { requestBody, responses } = paths['/'].post;
  expect(requestBody.content).toEqual({ 'application/xml': { schema: { type: 'string' } } });
  expect(responses['200']).toMatchObject({
    description: 'the page',
    content: { 'application/xml': { schema: { properties: { a: { type: 'string' } } } } },
  });
  expect(responses['201'].headers.location).toEqual({
    description: 'where',
    schema: { type: 'string' },
  });
  expect(responses['201'].content['application/json'].schema).toEqual({
    type: 'object',
    description: 'made',
  });
  expect(responses['204']).toEqual({ description: 'nothing' });
  expect(responses['4XX'].description).toBe('Status 4XX');
});

test('callbacks keep the schemas that they refer to', async () => {
  const document = await documentOf((app) => {
    app.addSchema({ $id: 'Event', type: 'object', properties: { of: { $ref: 'Kind#' } } });
    app.addSchema({ $id: 'Kind', type: 'string' });
    app.addSchema({ $id: 'Unused', type: 'string' });
    const post = {
      requestBody: { content: { 'application/json': { schema: { $ref: 'Event#' } } } },
      responses: { '2XX': { description: 'taken' } },
    };
    const callbacks = { onEvent: { '{$request.body#/url}': { post } } };
    app.post('/', { schema: { callbacks } as object }, handler);
  });
  const { schemas } = document['components'];
  expect(Object.values<Json>(schemas).map(({ title }) => title)).toEqual(['Event', 'Kind']);
  const [name] = Object.keys(schemas);
  expect(
    document['paths']['/'].post.callbacks.onEvent['{$request.body#/url}'].post.requestBody.content[
      'application/json'
    ].schema,
  ).toEqual({ $ref: `#/components/schemas/${name}` });
});

test('tags, descriptions and security of groups are in the document', async () => {
  const admin = group({ prefix: '/admin', tags: ['admin'], security: [{ key: [] }] });
  admin.get('/users', { schema: { tags: ['users'], summary: 'All' } as object }, handler);
  const document = await documentOf((app) => app.register(admin.plugin), {
    securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'x-key' } },
    tags: [{ name: 'admin', description: 'For us' }],
    servers: [{ url: 'https://example.com' }],
    externalDocs: { url: 'https://example.com/docs' },
    security: [],
  });
  expect(document['paths']['/admin/users'].get).toMatchObject({
    tags: ['admin', 'users'],
    summary: 'All',
    security: [{ key: [] }],
  });
  expect(document['tags']).toEqual([{ name: 'admin', description: 'For us' }]);
  expect(document['servers']).toEqual([{ url: 'https://example.com' }]);
  expect(document['security']).toEqual([]);
  expect(document['externalDocs']).toEqual({ url: 'https://example.com/docs' });
  expect(Object.keys(document['components'].securitySchemes)).toEqual(['key']);
});

test('hidden routes, HEAD and methods that OpenAPI 3.1 does not have are left out', async () => {
  const declare = (app: FastifyInstance): void => {
    app.get('/seen', { schema: { tags: ['a'] } as object }, handler);
    app.get('/plain', handler);
    const schema = { hide: true, body: { $id: 'Hidden', type: 'object' } };
    app.post('/hidden', { schema }, handler);
    app.get('/tagged', { schema: { tags: ['X-HIDDEN'] } as object }, handler);
    app.addHttpMethod('PROPFIND');
    app.route({ method: 'PROPFIND', url: '/dav', handler });
  };
  const document = await documentOf(declare);
  expect(Object.keys(document['paths'])).toEqual(['/seen', '/plain']);
  expect(Object.keys(document['paths']['/seen'])).toEqual(['get']);
  expect(document['components'].schemas).toEqual({});
  const tagged = await documentOf(declare, { hideUntagged: true });
  expect(Object.keys(tagged['paths'])).toEqual(['/seen']);
});

test('a security scheme that there is none of is CATZ_VALIDATION_OPENAPI at ready', async () => {
  const app = tracked(Fastify());
  await app.register(openapi, { info: INFO, ui: false, securitySchemes: {} });
  app.get('/', { schema: { security: [{ key: [] }] } as object }, handler);
  await expect(app.ready()).rejects.toMatchObject({
    code: 'CATZ_VALIDATION_OPENAPI',
    message: expect.stringMatching(
      /GET \/ to name one of securitySchemes \(there are none\), got key/,
    ),
  });
});

test('documents of the same routes are the same', async () => {
  const declare = (app: FastifyInstance): void => {
    app.post('/a', { schema: { body: z.object({ a: z.string() }) } }, handler);
    app.get('/b/:id', { schema: { params: Type.Object({ id: Type.Integer() }) } }, handler);
  };
  expect(await documentOf(declare, { problems: {} })).toEqual(
    await documentOf(declare, { problems: {} }),
  );
});

function plainStandard(): object {
  const validate = (value: unknown): { value: unknown } => ({ value });
  return { '~standard': { version: 1, vendor: 'own', validate } };
}
