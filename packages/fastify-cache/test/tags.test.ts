// Where the tags of a response come from: options, functions of the request, the handler, fields of the response; and that a
// purge by each of them reaches it.
import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import type { FastifyCacheOptions } from '../src/index.ts';
import { get, makeApp } from './helpers.ts';

async function shop(options: FastifyCacheOptions, own?: unknown): Promise<FastifyInstance> {
  const app = await makeApp({ ttl: 60_000, ...options });
  app.get('/p/:id', { config: { cache: { tags: own as string[] } } }, (request, reply) => {
    reply.cache.tags('by-handler');
    reply.headers({
      'surrogate-key': 'by-key-1 by-key-2',
      'cache-tag': 'by-tag',
      'cache-groups': '"by-group"',
    });
    return request.url;
  });
  return app;
}

describe('tags', () => {
  const byRequest = (request: { url: string }): string[] => [`url:${request.url}`];

  it.each(['by-option', 'url:/p/1', 'by-handler', 'by-key-1', 'by-key-2', 'by-tag'])(
    'a purge by %s reaches the response, whatever it has it from',
    async (tag) => {
      const app = await shop({ tags: ['by-option'] }, byRequest);
      await get(app, '/p/1');
      expect((await get(app, '/p/1')).cache).toContain('hit');
      await app.cache.purgeTags(tag);
      expect((await get(app, '/p/1')).cache).toContain('uri-miss');
    },
  );

  it('a group is one of its origin, and no tag of that name', async () => {
    const app = await shop({});
    await get(app, '/p/1', { host: 'a.example' });
    await app.cache.purgeTags('by-group');
    await app.cache.purgeTags('by-group', { origin: 'http://b.example' });
    expect((await get(app, '/p/1', { host: 'a.example' })).cache).toContain('hit');
    await app.cache.purgeTags('by-group', { origin: 'http://a.example' });
    expect((await get(app, '/p/1', { host: 'a.example' })).cache).toContain('uri-miss');
  });

  it('a function of the options reaches each response by its own tag', async () => {
    const app = await shop({}, byRequest);
    await get(app, '/p/1');
    await get(app, '/p/2');
    await app.cache.purgeTags('url:/p/1');
    expect((await get(app, '/p/2')).cache).toContain('hit');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no database');
      },
      'no database',
    ],
    ['gives no array', () => 'one', 'expected what tags returns to be an array, got "one"'],
    ['gives what is no tag', () => [''], 'expected each tag that tags returns to be'],
  ])(
    'a function that %s keeps its response out, for no purge could find it',
    async (_, tags, said) => {
      const app = await shop({}, tags);
      const answer = await get(app, '/p/1');
      expect([answer.status, answer.body]).toEqual([200, '/p/1']);
      expect(answer.cache).toContain('stored=?0; detail=backend');
      expect(app.cache.health().lastFault).toMatchObject({
        operation: 'tags',
        message: expect.stringContaining(said),
      });
    },
  );
});
