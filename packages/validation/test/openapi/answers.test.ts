// What the document says beside the schemas of routes: problems by what covers a route, and the fields of the cache.
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import { documentOf, handler } from './documents.ts';
import type { Json } from './documents.ts';

const statusesOf = (document: Json, path: string, method = 'get'): string[] =>
  Object.keys(document['paths'][path][method].responses);
const thing = Type.Object({ a: Type.String() });

describe('problems', () => {
  test('follow from the schemas of the request', async () => {
    const document = await documentOf(
      (app) => {
        app.get('/plain', handler);
        app.get('/query', { schema: { querystring: thing } }, handler);
        app.get('/:id', { schema: { params: Type.Object({ id: Type.Integer() }) } }, handler);
        app.post('/body', { schema: { body: thing } }, handler);
      },
      { problems: {} },
    );
    expect(statusesOf(document, '/plain')).toEqual(['200', '500']);
    expect(statusesOf(document, '/query')).toEqual(['200', '400', '500']);
    expect(statusesOf(document, '/{id}')).toEqual(['200', '400', '500']);
    expect(statusesOf(document, '/body', 'post')).toEqual(['200', '400', '413', '415', '500']);
    expect(document['paths']['/plain'].get.responses['500']).toEqual({
      description: 'Internal Server Error',
      content: {
        'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemDetails' } },
      },
    });
    expect(document['components'].schemas.ProblemDetails.required).toContain('requestId');
  });

  test('with invalidStatus 422, a body is 400 too, for it may be no JSON', async () => {
    const document = await documentOf(
      (app) => {
        app.get('/query', { schema: { querystring: thing } }, handler);
        app.post('/body', { schema: { body: thing } }, handler);
      },
      { problems: { invalidStatus: 422 } },
    );
    expect(statusesOf(document, '/query')).toEqual(['200', '422', '500']);
    expect(statusesOf(document, '/body', 'post')).toEqual([
      '200',
      '400',
      '413',
      '415',
      '422',
      '500',
    ]);
  });

  test('are not documented where they are not installed', async () => {
    const document = await documentOf((app) => app.post('/', { schema: { body: thing } }, handler));
    expect(statusesOf(document, '/', 'post')).toEqual(['200']);
    expect(document['components'].schemas).toEqual({});
  });

  test('config.problems adds the statuses of the handler, and false leaves all out', async () => {
    const document = await documentOf(
      (app) => {
        app.get('/adds', { config: { problems: [404, 409] } }, handler);
        app.get('/none', { config: { problems: false } }, handler);
      },
      { problems: {} },
    );
    expect(statusesOf(document, '/adds')).toEqual(['200', '404', '409', '500']);
    expect(statusesOf(document, '/none')).toEqual(['200']);
  });

  test('a response that the route declares stays, for a status, a class or by default', async () => {
    const own = { description: 'own', ...Type.Object({ why: Type.String() }) };
    const routes: Record<string, object> = {
      status: { 400: own },
      class: { '5xx': own, '4XX': own },
      default: { default: own },
    };
    const document = await documentOf(
      (app) => {
        for (const [name, response] of Object.entries(routes)) {
          app.get(`/${name}`, { schema: { querystring: thing, response } }, handler);
        }
      },
      { problems: {} },
    );
    expect(document['paths']['/status'].get.responses['400'].description).toBe('own');
    expect(statusesOf(document, '/status')).toEqual(['400', '500']);
    expect(statusesOf(document, '/class')).toEqual(['5XX', '4XX']);
    expect(statusesOf(document, '/default')).toEqual(['default']);
  });

  test('security is 401, unless nothing is needed', async () => {
    const securitySchemes = { key: { type: 'apiKey', in: 'header', name: 'x-key' } };
    const document = await documentOf(
      (app) => {
        app.get('/inherits', handler);
        app.get('/open', { schema: { security: [] } as object }, handler);
        app.get('/optional', { schema: { security: [{}] } as object }, handler);
      },
      { problems: {}, securitySchemes, security: [{ key: [] }] },
    );
    expect(statusesOf(document, '/inherits')).toEqual(['200', '401', '500']);
    expect(statusesOf(document, '/open')).toEqual(['200', '500']);
    expect(statusesOf(document, '/optional')).toEqual(['200', '500']);
  });

  test('429 and 503 are where their plugins are, with Retry-After', async () => {
    const pressure = fp(async () => undefined, { name: '@fastify/under-pressure' });
    const document = await documentOf(
      async (app) => {
        await app.register(rateLimit, { max: 10 });
        app.get('/limited', handler);
        app.get('/free', { config: { rateLimit: false } }, handler);
        await app.register(async (child) => {
          await child.register(pressure);
          child.get('/pressed', handler);
        });
        app.get('/timed', { handlerTimeout: 1_000 } as object, handler);
      },
      { problems: {} },
    );
    expect(statusesOf(document, '/limited')).toEqual(['200', '429', '500']);
    expect(statusesOf(document, '/free')).toEqual(['200', '500']);
    expect(statusesOf(document, '/pressed')).toEqual(['200', '429', '500', '503']);
    expect(statusesOf(document, '/timed')).toEqual(['200', '429', '500', '503']);
    expect(document['paths']['/limited'].get.responses['429'].headers).toEqual({
      'Retry-After': { $ref: '#/components/headers/Retry-After' },
    });
  });

  test('a schema of the application that is called ProblemDetails keeps its name', async () => {
    const document = await documentOf(
      (app) => {
        const body = { $id: 'ProblemDetails', type: 'string' };
        app.post('/', { schema: { body } }, handler);
      },
      { problems: {} },
    );
    expect(document['components'].schemas.ProblemDetails).toEqual({ type: 'string' });
    expect(document['components'].schemas.ProblemDetails_2.required).toContain('requestId');
  });
});

describe('the cache', () => {
  // As @catzilla/fastify-cache, which is of a higher floor, publishes the routes that it counts.
  const cacheOf = (...routes: { method: string; url: string }[]) =>
    fp(async (app: FastifyInstance) => {
      app.decorate('cache', { routeStats: () => routes } as never);
    });

  test('adds its fields to what a cached route answers, and 304', async () => {
    const document = await documentOf(async (app) => {
      await app.register(
        cacheOf({ method: 'GET', url: '/in/:id' }, { method: 'GET,POST', url: '/both' }),
      );
      const response = {
        200: { ...thing, headers: { etag: { type: 'string' }, age: { type: 'string' } } },
        404: thing,
      };
      app.get('/in/:id', { schema: { response } }, handler);
      app.route({ method: ['GET', 'POST'], url: '/both', handler });
      app.get('/out', handler);
    });
    const { responses } = document['paths']['/in/{id}'].get;
    expect(Object.keys(responses)).toEqual(['200', '304', '404']);
    expect(Object.keys(responses['200'].headers)).toEqual(
      expect.arrayContaining(['Cache-Status', 'Age', 'ETag', 'Cache-Control', 'etag', 'age']),
    );
    expect(responses['404'].headers).toBeUndefined();
    expect(responses['304']).toMatchObject({ description: 'Not Modified' });
    expect(responses['304'].headers.ETag).toEqual({ $ref: '#/components/headers/ETag' });
    expect(statusesOf(document, '/both')).toEqual(['200', '304']);
    expect(statusesOf(document, '/both', 'post')).toEqual(['200']);
    expect(statusesOf(document, '/out')).toEqual(['200']);
    expect(Object.keys(document['components'].headers)).toHaveLength(4);
  });

  test('is asked in the scope of the route, and what is no such cache is passed over', async () => {
    const document = await documentOf(async (app) => {
      app.decorate('cache', { own: true } as never);
      app.get('/root', handler);
      await app.register(
        async (child) => {
          Object.defineProperty(child, 'cache', {
            value: { routeStats: () => [{ method: 'GET', url: '/child/a' }] },
          });
          child.get('/a', handler);
        },
        { prefix: '/child' },
      );
    });
    expect(statusesOf(document, '/child/a')).toEqual(['200', '304']);
    expect(statusesOf(document, '/root')).toEqual(['200']);
  });
});
