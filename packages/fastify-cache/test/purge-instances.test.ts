// Purges among instances around one Redis: what one purges, softly or not, no other answers fresh.
import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import { get, until } from './helpers.ts';
import { makeInstance, newName, useRedis } from './support/instances.ts';

const redis = useRedis();

function isFreshHit(cache: string): boolean {
  return /; hit; ttl=[1-9]/.test(cache);
}

async function makePair(): Promise<readonly [FastifyInstance, FastifyInstance]> {
  const name = newName();
  const pair: FastifyInstance[] = [];
  for (const id of [1, 2]) {
    const app = await makeInstance(redis.url, name, { ttl: undefined } as object);
    app.get('/a', { config: { cache: { tags: ['t'] } } }, (_, reply) =>
      reply.header('cache-control', 'max-age=60, stale-while-revalidate=600').send(`${id}`),
    );
    app.get('/v', (_, reply) =>
      reply
        .headers({ vary: 'x-v', 'cache-control': 'max-age=60, stale-while-revalidate=600' })
        .send(`${id}`),
    );
    await app.ready();
    pair.push(app);
  }
  return [pair[0]!, pair[1]!];
}

// Asks, and waits until the server has as many records as it then should.
async function fill(
  from: FastifyInstance,
  url: string,
  records: number,
  headers: Record<string, string> = {},
): Promise<void> {
  await get(from, url, headers);
  await until(async () => {
    let count = 0;
    for await (const _ of from.cache.tiers.keys({ prefix: '1|', tier: 'remote' })) count++;
    return count >= records;
  });
}

describe('a purge of one instance', () => {
  for (const [name, purge] of [
    ['of a URL', (app: FastifyInstance, soft: boolean) => app.cache.purge('/a', { soft })],
    ['by pattern', (app: FastifyInstance, soft: boolean) => app.cache.purgePath('/*', { soft })],
    ['by tag', (app: FastifyInstance, soft: boolean) => app.cache.purgeTags('t', { soft })],
    ['of everything', (app: FastifyInstance, soft: boolean) => app.cache.purgeAll({ soft })],
  ] as const) {
    for (const soft of [true, false]) {
      it(`${soft ? 'softly' : 'hard'} ${name} reaches the other`, async () => {
        const [one, two] = await makePair();
        await fill(one, '/a', 1);
        expect(isFreshHit((await get(two, '/a')).cache)).toBe(true);
        expect(isFreshHit((await get(two, '/a')).cache)).toBe(true);
        expect(await purge(one, soft)).toMatchObject({ ok: true });
        const key = '1|http|http|localhost|/a';
        await until(() => two.cache.tiers.getEntrySync(key)?.stale !== false);
        if (soft) expect(await one.cache.tiers.getEntry(key)).toMatchObject({ stale: true });
        else expect(await one.cache.tiers.getEntry(key)).toBeUndefined();
        expect(isFreshHit((await get(two, '/a')).cache)).toBe(false);
      });
    }
  }

  it('reaches variants that its own index does not list', async () => {
    const [one, two] = await makePair();
    await fill(one, '/v', 2, { 'x-v': '1' });
    await fill(two, '/v', 3, { 'x-v': '2' });
    await fill(one, '/v', 4, { 'x-v': '3' });
    expect(isFreshHit((await get(two, '/v', { 'x-v': '2' })).cache)).toBe(true);
    expect(await one.cache.purge('/v', { soft: true })).toMatchObject({ ok: true });
    const stale = async (v: string): Promise<boolean> =>
      !isFreshHit((await get(two, '/v', { 'x-v': v })).cache);
    const keys: string[] = [];
    for await (const key of two.cache.tiers.keys({ prefix: '1|', tier: 'memory' })) keys.push(key);
    const variants = keys.filter((key) => key.includes('\n'));
    await until(() => variants.every((key) => two.cache.tiers.getEntrySync(key)?.stale !== false));
    for (const v of ['1', '2', '3']) expect(await stale(v), v).toBe(true);
  });

  it('of everything reaches what the other alone has in memory', async () => {
    const name = newName();
    const tiers = ['memory'] as const;
    const one = await makeInstance(redis.url, name, { tiers });
    const two = await makeInstance(redis.url, name, { tiers });
    two.get('/a', () => 'x');
    await get(two, '/a');
    expect(isFreshHit((await get(two, '/a')).cache)).toBe(true);
    expect(await one.cache.purgeAll()).toEqual({ purged: 0, ok: true });
    await until(() => two.cache.tiers.getEntrySync('1|http|http|localhost|/a') === undefined);
    expect((await get(two, '/a')).cache).toContain('fwd=');
  });
});
