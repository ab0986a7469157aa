// post: headers and payloads, what it may return, and the second pass that Fastify makes when an onSend hook has failed.
import { Readable } from 'node:stream';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { describe, expect, test } from 'vitest';
import { middleware } from '../../src/index.ts';
import type { Middleware } from '../../src/index.ts';
import { makeApp } from '../constant/apps.ts';
import { VERSIONS } from '../fastify/versions.ts';
import { define } from './support.ts';
import type { Loose } from './support.ts';

type Post = (request: unknown, reply: FastifyReply, ctx: unknown, payload: unknown) => unknown;

/** A middleware that has a post alone; of a list, the first is the first to run. */
const posts = (name: string, post: Post, more: Loose = {}): Middleware =>
  define({ name, post, ...more });

async function appOf(
  use: readonly Middleware[],
  make?: () => FastifyInstance,
  plain?: (app: FastifyInstance) => unknown,
): Promise<FastifyInstance> {
  const app = makeApp(make);
  await app.register(middleware, { use });
  plain?.(app);
  app.get('/', async () => ({ hello: 'world' }));
  return app;
}

describe.each(VERSIONS)('with Fastify %s', (_version, make) => {
  test('sets headers, and sees the payload', async () => {
    const seen: unknown[] = [];
    const app = await appOf(
      [
        posts('a', (_request, reply, _ctx, payload) => {
          seen.push(payload);
          reply.header('x-a', '1');
        }),
        posts(
          'b',
          async (_request, reply) => void reply.header('x-b', String(reply.getHeader('x-a'))),
        ),
        // Arrow functions give back what they call.
        posts('c', (_request, reply) => reply.header('x-c', '3')),
      ],
      make,
    );
    const { headers, body } = await app.inject('/');
    expect([headers['x-a'], headers['x-b'], headers['x-c']]).toEqual(['1', '1', '3']);
    expect(seen).toEqual(['{"hello":"world"}']);
    expect(body).toBe('{"hello":"world"}');
  });

  test('with transforms gives another payload, at once or later, to the next and to the client', async () => {
    const wrap = (name: string) => (payload: unknown) => `${name}(${String(payload)})`;
    const app = await appOf(
      [
        posts('a', (_request, _reply, _ctx, payload) => wrap('a')(payload), { transforms: true }),
        posts('b', async (_request, _reply, _ctx, payload) => wrap('b')(payload), {
          transforms: true,
        }),
        posts('c', () => undefined, { transforms: true }),
        posts('d', async () => undefined, { transforms: true }),
      ],
      make,
    );
    expect((await app.inject('/')).body).toBe('b(a({"hello":"world"}))');
  });

  test('with transforms may give null, a Buffer, or a stream', async () => {
    for (const [payload, body] of [
      [null, ''],
      [Buffer.from('bytes'), 'bytes'],
      [Readable.from(['str', 'eam']), 'stream'],
    ] as const) {
      const app = await appOf([posts('a', () => payload, { transforms: true })], make);
      expect((await app.inject('/')).body).toBe(body);
    }
  });

  test('in the pass of an error, transforms run again, others once, and those that were left', async () => {
    const ran: string[] = [];
    let fails = true;
    const app = await appOf(
      [
        posts('once', () => void ran.push('once')),
        posts(
          'wrap',
          (_request, _reply, _ctx, payload) => {
            ran.push('wrap');
            return `(${String(payload)})`;
          },
          { transforms: true },
        ),
        posts('fails', () => {
          ran.push('fails');
          if (fails) throw new Error('post failed');
        }),
        posts('left', () => void ran.push('left')),
      ],
      make,
    );
    const failed = await app.inject('/');
    expect(failed.statusCode).toBe(500);
    expect(failed.body).toMatch(/^\(\{.*"message":"post failed".*\}\)$/);
    expect(ran).toEqual(['once', 'wrap', 'fails', 'wrap', 'left']);
    ran.length = 0;
    fails = false;
    expect((await app.inject('/')).body).toBe('({"hello":"world"})');
    expect(ran).toEqual(['once', 'wrap', 'fails', 'left']);
  });

  test('a transform that fails again and again leaves the client an error', async () => {
    const app = await appOf(
      [
        posts(
          'bad',
          async () => {
            throw new Error('always');
          },
          { transforms: true },
        ),
      ],
      make,
    );
    expect((await app.inject('/')).statusCode).toBe(500);
  });

  test('where an onSend hook of somebody else fails, posts are not run again', async () => {
    const ran: string[] = [];
    let count = 0;
    const app = await appOf(
      [define({ name: 'a', post: () => void ran.push('a') })],
      make,
      (made) => {
        made.addHook('onSend', async () => {
          if (count++ === 0) throw new Error('theirs');
        });
      },
    );
    expect((await app.inject('/')).json()).toMatchObject({ message: 'theirs' });
    expect(ran).toEqual(['a']);
  });
});

test.each<[string, Post]>([
  [
    'throws',
    () => {
      throw new Error('mine');
    },
  ],
  [
    'rejects',
    async () => {
      throw new Error('mine');
    },
  ],
])('a post that %s is logged under its name', async (_what, post) => {
  const logged: { middleware?: string; msg: string; err?: { message: string } }[] = [];
  const stream = { write: (line: string) => void logged.push(JSON.parse(line)) };
  const app = await appOf([posts('mine', post)], () =>
    Fastify({ logger: { level: 'error', stream } }),
  );
  await app.inject('/');
  expect(logged[0]).toMatchObject({
    middleware: 'mine',
    msg: 'post of a middleware failed',
    err: { message: 'mine' },
  });
});

test.each<[string, Post, Loose, string]>([
  ['a payload without transforms', () => 'other', {}, 'got "other"'],
  ['a payload later without transforms', async () => 'other', {}, 'got "other"'],
  ['null without transforms', () => null, {}, 'got null'],
  [
    'a promise with perRequest',
    (() => Promise.reject(new Error('x'))) as Post,
    { perRequest: true },
    'got a Promise',
  ],
])('a post that returns %s is CATZ_MIDDLEWARE_RETURN', async (_what, post, more, message) => {
  const app = await appOf([posts('a', post, more)]);
  const { statusCode, body } = await app.inject('/');
  expect(statusCode).toBe(500);
  expect(JSON.parse(body)).toMatchObject({
    code: 'CATZ_MIDDLEWARE_RETURN',
    message: expect.stringContaining(message) as string,
  });
});
