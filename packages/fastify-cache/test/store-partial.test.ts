// Option storePartial: parts are stored, joined under one strong validator, and answer ranges inside them.
import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import type { FastifyCacheOptions } from '../src/index.ts';
import { get, makeApp } from './helpers.ts';

const WHOLE = 'abcdefghijklmnopqrstuvwxyz';

async function app(
  etag: () => string = () => '"v1"',
  options: FastifyCacheOptions = {},
): Promise<{
  app: FastifyInstance;
  seen: (string | undefined)[];
}> {
  const seen: (string | undefined)[] = [];
  const made = await makeApp({ storePartial: true, ...options });
  made.get('/a', (request, reply) => {
    const { range } = request.headers;
    seen.push(range);
    reply.header('cache-control', 'max-age=60').header('etag', etag()).type('text/plain');
    const match = /^bytes=(\d+)-(\d+)$/.exec(range ?? '');
    if (match === null) return WHOLE;
    const [start, end] = [Number(match[1]), Number(match[2])];
    reply.code(206).header('content-range', `bytes ${start}-${end}/${WHOLE.length}`);
    return WHOLE.slice(start, end + 1);
  });
  return { app: made, seen };
}

describe('parts', () => {
  it('answer a range inside them, with its own Content-Range', async () => {
    const { app: made, seen } = await app();
    await get(made, '/a', { range: 'bytes=2-9' });
    const hit = await get(made, '/a', { range: 'bytes=4-6' });
    expect([hit.status, hit.body]).toEqual([206, 'efg']);
    expect(hit.headers['content-range']).toBe('bytes 4-6/26');
    expect(hit.headers['content-length']).toBe('3');
    expect(hit.cache).toContain('hit');
    expect(seen).toHaveLength(1);
  });

  it('never answer the whole, nor a range that goes beyond them', async () => {
    const { app: made, seen } = await app();
    await get(made, '/a', { range: 'bytes=2-9' });
    expect((await get(made, '/a', { range: 'bytes=8-12' })).body).toBe(WHOLE.slice(8, 13));
    expect((await get(made, '/a', { range: 'bytes=-2' })).status).toBe(200);
    const whole = await get(made, '/a');
    expect([whole.status, whole.body]).toEqual([200, WHOLE]);
    expect(seen).toHaveLength(3);
  });

  it('are joined where they meet, and then answer across the seam', async () => {
    const { app: made, seen } = await app();
    await get(made, '/a', { range: 'bytes=0-9' });
    await get(made, '/a', { range: 'bytes=10-15' });
    expect((await get(made, '/a', { range: 'bytes=5-12' })).body).toBe(WHOLE.slice(5, 13));
    expect(seen).toEqual(['bytes=0-9', 'bytes=10-15']);
  });

  it('are not joined across a gap, or under another strong tag: the newer part is kept', async () => {
    let tag = '"v1"';
    const { app: made, seen } = await app(() => tag);
    await get(made, '/a', { range: 'bytes=0-3' });
    await get(made, '/a', { range: 'bytes=8-9' });
    await get(made, '/a', { range: 'bytes=0-3' });
    tag = '"v2"';
    await get(made, '/a', { range: 'bytes=4-7' });
    await get(made, '/a', { range: 'bytes=2-5' });
    expect(seen).toHaveLength(5);
  });

  it('that are complete answer as a whole', async () => {
    const { app: made, seen } = await app();
    await get(made, '/a', { range: 'bytes=0-12' });
    await get(made, '/a', { range: 'bytes=13-25' });
    const whole = await get(made, '/a');
    expect([whole.status, whole.body]).toEqual([200, WHOLE]);
    expect(whole.headers['content-range']).toBeUndefined();
    expect(whole.headers['content-length']).toBe('26');
    expect(whole.cache).toContain('hit');
    expect(seen).toHaveLength(2);
  });

  it('are not joined to more than maxBodyBytes: the newer part is kept', async () => {
    const { app: made, seen } = await app(undefined, { maxBodyBytes: 10 });
    await get(made, '/a', { range: 'bytes=0-7' });
    await get(made, '/a', { range: 'bytes=8-12' });
    expect((await get(made, '/a', { range: 'bytes=8-12' })).cache).toContain('hit');
    await get(made, '/a', { range: 'bytes=0-7' });
    expect(seen).toHaveLength(3);
  });

  it('are not stored under a weak tag', async () => {
    const { app: made, seen } = await app(() => 'W/"v1"');
    await get(made, '/a', { range: 'bytes=0-9' });
    expect((await get(made, '/a', { range: 'bytes=0-9' })).cache).toContain('stored=?0');
    expect(seen).toHaveLength(2);
  });

  it('are not used for an If-Range that names another representation', async () => {
    const { app: made, seen } = await app();
    await get(made, '/a', { range: 'bytes=0-9' });
    await get(made, '/a', { range: 'bytes=0-3', 'if-range': '"v0"' });
    expect(seen).toHaveLength(2);
    const hit = await get(made, '/a', { range: 'bytes=0-3', 'if-range': '"v1"' });
    expect([hit.status, hit.body]).toEqual([206, 'abcd']);
    expect(seen).toHaveLength(2);
  });

  it('go with a purge of their URL', async () => {
    const { app: made, seen } = await app();
    await get(made, '/a', { range: 'bytes=0-9' });
    await made.cache.purge('/a');
    await get(made, '/a', { range: 'bytes=0-3' });
    expect(seen).toHaveLength(2);
  });

  it('are not kept without the option', async () => {
    const made = await makeApp();
    made.get('/a', (_, reply) =>
      reply
        .code(206)
        .headers({ 'cache-control': 'max-age=60', etag: '"a"', 'content-range': 'bytes 0-0/3' })
        .send('a'),
    );
    expect((await get(made, '/a', { range: 'bytes=0-0' })).cache).toContain('detail=status');
  });
});
