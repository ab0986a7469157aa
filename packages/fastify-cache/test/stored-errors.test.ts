// Option errors: replies that came through the error path are refused, or judged like any other.
import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import type { FastifyCacheOptions } from '../src/index.ts';
import { get, makeApp } from './helpers.ts';

async function failing(options: FastifyCacheOptions): Promise<FastifyInstance> {
  const app = await makeApp(options);
  let runs = 0;
  app.setErrorHandler((_error, _request, reply) =>
    reply.code(404).header('cache-control', 'max-age=60').send({ runs: ++runs }),
  );
  app.get('/a', () => {
    throw new Error('there is none');
  });
  return app;
}

describe('a reply that came through the error path', () => {
  it('is not stored by default, whatever it says', async () => {
    const app = await failing({});
    for (const run of [1, 2]) {
      const answer = await get(app, '/a');
      expect([answer.status, answer.body]).toEqual([404, `{"runs":${run}}`]);
      expect(answer.cache).toContain('stored=?0; detail=error');
    }
  });

  it('is judged like any other where the option says so', async () => {
    const app = await failing({ errors: 'store' });
    await get(app, '/a');
    const hit = await get(app, '/a');
    expect([hit.status, hit.body]).toEqual([404, '{"runs":1}']);
    expect(hit.cache).toContain('hit');
  });

  it('is not stored by that where it says nothing, and no ttl covers its status', async () => {
    const app = await makeApp({ ttl: 60_000, errors: 'store' });
    app.get('/a', () => {
      throw new Error('failed');
    });
    expect((await get(app, '/a')).cache).toContain('stored=?0; detail=no-freshness');
  });
});
