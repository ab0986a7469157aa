// Option noVarySearch: a response that says which parameters make no difference answers other URLs of its path.
import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import type { FastifyCacheOptions } from '../src/index.ts';
import { get, makeApp } from './helpers.ts';

async function app(
  rule: string | undefined,
  options: FastifyCacheOptions = { noVarySearch: true },
): Promise<{ app: FastifyInstance; seen: string[] }> {
  const seen: string[] = [];
  const made = await makeApp({ ttl: 60_000, ...options });
  made.get('/a', (request, reply) => {
    seen.push(request.url);
    if (rule !== undefined) reply.header('no-vary-search', rule);
    return request.url;
  });
  return { app: made, seen };
}

describe('No-Vary-Search', () => {
  it('answers a URL that differs only in parameters which make no difference', async () => {
    const { app: made, seen } = await app('params=("utm")');
    await get(made, '/a?id=1&utm=x');
    const hit = await get(made, '/a?utm=y&id=1');
    expect(hit.cache).toContain('hit');
    expect(hit.body).toBe('/a?id=1&utm=x');
    expect((await get(made, '/a?id=1')).cache).toContain('hit');
    expect(seen).toEqual(['/a?id=1&utm=x']);
  });

  it('does not answer one that differs in another parameter, or on another path or host', async () => {
    const { app: made, seen } = await app('params=("utm")');
    await get(made, '/a?id=1&utm=x');
    expect((await get(made, '/a?id=2&utm=x')).cache).toContain('uri-miss');
    expect((await get(made, '/a?id=1&utm=z', { host: 'other' })).cache).toContain('uri-miss');
    expect(seen).toHaveLength(3);
  });

  it('counts the order of parameters unless key-order is named', async () => {
    const strict = await app('params=("utm")');
    await get(strict.app, '/a?x=1&y=2');
    expect((await get(strict.app, '/a?y=2&x=1')).cache).toContain('uri-miss');
    const loose = await app('key-order');
    await get(loose.app, '/a?x=1&y=2');
    expect((await get(loose.app, '/a?y=2&x=1')).cache).toContain('hit');
  });

  it('does nothing without the option, or for a field that cannot be read', async () => {
    const off = await app('params=("utm")', {});
    await get(off.app, '/a?utm=1');
    expect((await get(off.app, '/a?utm=2')).cache).toContain('uri-miss');
    const broken = await app('params=(');
    await get(broken.app, '/a?utm=1');
    expect((await get(broken.app, '/a?utm=2')).cache).toContain('uri-miss');
  });

  it('keeps each URL its own variant where the response varies', async () => {
    const made = await makeApp({ ttl: 60_000, noVarySearch: true });
    made.get('/a', (request, reply) => {
      reply.header('no-vary-search', 'params').header('vary', 'x-lang');
      return String(request.headers['x-lang']);
    });
    await get(made, '/a?n=1', { 'x-lang': 'de' });
    expect((await get(made, '/a?n=2', { 'x-lang': 'fr' })).body).toBe('fr');
    const hit = await get(made, '/a?n=3', { 'x-lang': 'de' });
    expect([hit.body, hit.cache]).toEqual(['de', expect.stringContaining('hit')]);
  });

  it('a purge of the URL that was stored ends the answers to all', async () => {
    const { app: made } = await app('params');
    await get(made, '/a?n=1');
    expect((await get(made, '/a?n=2')).cache).toContain('hit');
    await made.cache.purge('/a?n=1');
    expect((await get(made, '/a?n=2')).cache).toContain('uri-miss');
  });

  it('a purge of an equivalent URL, and an unsafe request to it, end them too', async () => {
    const { app: made } = await app('params');
    made.post('/a', () => 'changed');
    await get(made, '/a?n=1');
    await made.cache.purge('/a?n=2');
    expect((await get(made, '/a?n=1')).cache).toContain('uri-miss');
    await get(made, '/a?n=1', {}, 'POST');
    expect((await get(made, '/a?n=9')).cache).toContain('uri-miss');
    await get(made, '/a?n=2', {}, 'POST');
    expect((await get(made, '/a?n=9')).cache).toContain('uri-miss');
  });
});
