// The 405 handler in an application, as requests see it.
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import cors from '@fastify/cors';
import { afterEach, expect, test } from 'vitest';
import type { Router } from '../../src/find-my-way/router.ts';
import { makeCapture } from '../../src/fastify/capture.ts';
import { notAllowedHandler } from '../../src/introspect/not-allowed.ts';
import type { NotAllowedOptions } from '../../src/introspect/not-allowed.ts';

let app: FastifyInstance | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function serve(
  declare: (app: FastifyInstance) => void,
  options: NotAllowedOptions = {},
  server: object = {},
): Promise<FastifyInstance> {
  const capture = makeCapture();
  const made = Fastify({
    ...server,
    routerOptions: { buildPrettyMeta: capture.hook(undefined) } as object,
  });
  app = made;
  const known: { router?: Router | undefined } = {};
  made.setNotFoundHandler(notAllowedHandler(() => known.router, options));
  declare(made);
  await made.ready();
  known.router = capture.read(made).router;
  return made;
}

function declareUsers(it: FastifyInstance): void {
  it.get('/users/:id', async () => 'user');
  it.put('/users/:id', async () => 'changed');
  it.post('/users', async () => 'made');
  it.get('/plain', { exposeHeadRoute: false }, async () => 'plain');
}

test('another method answers 405 with Allow and an error as Fastify writes them', async () => {
  const it = await serve(declareUsers);
  const answer = await it.inject({ method: 'DELETE', url: '/users/7?x=1' });
  expect(answer.statusCode).toBe(405);
  expect(answer.headers['allow']).toBe('GET, HEAD, PUT');
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(answer.json()).toEqual({
    statusCode: 405,
    error: 'Method Not Allowed',
    message: 'Route DELETE:/users/7?x=1 not found, allowed: GET, HEAD, PUT',
  });
});

test('a URL without a route answers as Fastify does without a handler', async () => {
  const it = await serve(declareUsers);
  const plain = Fastify();
  declareUsers(plain);
  for (const url of ['/nothing', '/users/7/8', '/users?x=1']) {
    const [ours, theirs] = await Promise.all([it.inject(url), plain.inject(url)]);
    expect([url, ours.statusCode, theirs.statusCode]).toEqual([
      url,
      url === '/users?x=1' ? 405 : 404,
      404,
    ]);
    if (ours.statusCode === 404) {
      expect(ours.body).toBe(theirs.body);
      expect(ours.headers['content-type']).toBe(theirs.headers['content-type']);
    }
  }
  await plain.close();
});

test('HEAD is not allowed where Fastify does not expose it, and OPTIONS is a method as any other', async () => {
  const it = await serve(declareUsers);
  const head = await it.inject({ method: 'HEAD', url: '/plain' });
  expect([head.statusCode, head.headers['allow']]).toEqual([405, 'GET']);
  const options = await it.inject({ method: 'OPTIONS', url: '/users' });
  expect([options.statusCode, options.headers['allow']]).toEqual([405, 'POST']);
  expect((await it.inject({ method: 'OPTIONS', url: '/nothing' })).statusCode).toBe(404);
});

test('@fastify/cors, which takes OPTIONS of any URL, does not make a 404 a 405', async () => {
  const it = await serve((declared) => {
    declared.register(cors);
    declareUsers(declared);
  });
  expect((await it.inject('/nothing')).statusCode).toBe(404);
  const answer = await it.inject({ method: 'DELETE', url: '/users/7' });
  expect([answer.statusCode, answer.headers['allow']]).toEqual([405, 'GET, HEAD, PUT']);
});

test('a handler that calls callNotFound gets 404, for its method was allowed', async () => {
  const it = await serve((declared) => {
    declared.get('/users/:id', (_, reply) => reply.callNotFound());
    declared.put('/users/:id', async () => 'changed');
  });
  expect((await it.inject('/users/7')).statusCode).toBe(404);
  expect((await it.inject({ method: 'POST', url: '/users/7' })).statusCode).toBe(405);
});

test('the fallback answers what is no 405, on the instance of the handler', async () => {
  const seen: unknown[] = [];
  const it = await serve(declareUsers, {
    fallback(request, reply) {
      seen.push(this, request.raw.url);
      return reply.code(404).send('gone');
    },
  });
  expect((await it.inject('/nothing')).body).toBe('gone');
  expect(seen).toEqual([it, '/nothing']);
  expect((await it.inject({ method: 'DELETE', url: '/users/7' })).statusCode).toBe(405);
  expect(seen).toHaveLength(2);
});

test('constrained routes count for requests that have their values', async () => {
  const it = await serve((declared) => {
    declared.get('/a', { constraints: { host: 'a.example' } }, async () => 'a');
    declared.get('/v', { constraints: { version: '1.2.0' } }, async () => 'v');
  });
  const ask = async (url: string, headers: Record<string, string>): Promise<number> =>
    (await it.inject({ method: 'POST', url, headers })).statusCode;
  expect(await ask('/a', { host: 'a.example' })).toBe(405);
  expect(await ask('/a', { host: 'b.example' })).toBe(404);
  expect(await ask('/v', { 'accept-version': '1.x' })).toBe(405);
  expect(await ask('/v', { 'accept-version': '2.x' })).toBe(404);
});

test('while the router is not known a URL is not found', async () => {
  const it = Fastify();
  app = it;
  it.setNotFoundHandler(notAllowedHandler(() => undefined));
  it.post('/a', async () => 'a');
  expect((await it.inject('/a')).statusCode).toBe(404);
});

test('a 404 is logged as Fastify logs it, and not where request logging is off', async () => {
  for (const disableRequestLogging of [false, true]) {
    const lines: string[] = [];
    const stream = { write: (line: string) => void lines.push(line) };
    const it = await serve(declareUsers, {}, { logger: { stream }, disableRequestLogging });
    await it.inject('/nothing');
    const logged = lines.some((line) => line.includes('Route GET:/nothing not found'));
    expect(logged).toBe(!disableRequestLogging);
    await it.close();
  }
});
