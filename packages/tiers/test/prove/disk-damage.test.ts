// Damage from outside: files on disk whose bits, pages or ends are lost while nobody has them open, and values in Redis
// that somebody else wrote over. Never a wrong value; what is damaged is a miss, and the process goes on.
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRedis } from '@catzilla/bus/testing';
import type { RedisServer } from '@catzilla/bus/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TieredCache } from '../../src/index.ts';
import { makeFolder, open, PATIENT, until } from '../cache/support/open.ts';
import { startChild } from './support/child.ts';
import { randomOf } from './support/racer.mjs';

const seed = 1 + Math.floor(Math.random() * 1e9);
beforeAll(() => console.log(`disk-damage.test.ts: seed ${seed}`));

type Damage = (bytes: Buffer, random: () => number) => Buffer;
const damages: readonly (readonly [string, Damage])[] = [
  [
    'bits that flipped',
    (bytes, random) => {
      for (let i = 0; i < 200; i++) {
        const at = Math.floor(random() * bytes.length);
        bytes[at] = bytes[at]! ^ (1 << Math.floor(random() * 8));
      }
      return bytes;
    },
  ],
  ['an end that is missing', (bytes, random) => bytes.subarray(0, random() * bytes.length)],
  ['the beginning zeroed', (bytes) => bytes.fill(0, 0, Math.min(8192, bytes.length))],
  [
    'pages zeroed',
    (bytes, random) => {
      for (let i = 0; i < 8; i++) {
        const at = Math.floor((random() * bytes.length) / 4096) * 4096;
        bytes.fill(0, at, Math.min(at + 4096, bytes.length));
      }
      return bytes;
    },
  ],
  ['nothing left', () => Buffer.alloc(0)],
];

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile() && statSync(file).size > 0);
}

describe.each(['lmdb', 'fs'])('files of backend %s', (backend) => {
  it.each(damages)('with %s give no wrong value, and the cache goes on', async (_, damage) => {
    const dir = makeFolder();
    const disk = { dir, backend, minFree: 0, maxBytes: 32 * 2 ** 20 };
    const options = { disk, write: { disk: 'through' }, deadline: PATIENT };
    expect((await startChild('disk-user.mjs', { options, work: 'fill' }).ended).code).toBe(0);
    const random = randomOf(seed);
    for (const file of filesIn(dir)) {
      // Of files of one record each, a part.
      if (backend === 'fs' && random() < 0.7) continue;
      const damaged = damage(readFileSync(file), random);
      if (damaged.length === 0) truncateSync(file);
      else writeFileSync(file, damaged);
    }
    const child = startChild('disk-user.mjs', { options, work: 'survive' });
    const { before, after } =
      await child.next<Record<'before' | 'after', Record<string, number>>>();
    for (const version of Object.keys(before)) expect(['1', 'none']).toContain(version);
    // What is written after it is there, whole.
    expect(after).toEqual({ 2: 200 });
    expect(await child.ended).toEqual({ code: 0, signal: null, output: '' });
  });
});

describe('a value in Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  /** A value that only Redis has, and its key there. */
  async function stored(name: string): Promise<readonly [cache: TieredCache, key: string]> {
    const cache = open({ name, remote: { url: redis.url } });
    await cache.ready({ timeout: 30_000 });
    await cache.set('k', 'x'.repeat(100), { tiers: ['remote'] });
    return [cache, `cz1:${name}::{k}`];
  }

  it('with any one bit flipped is a miss; damaged it is counted and deleted', async () => {
    const [cache, key] = await stored('flipped');
    const bits = 8 * Number(await redis.ask('STRLEN', key));
    const random = randomOf(seed);
    let corrupt = 0;
    let foreign = 0;
    for (let i = 0; i < 60; i++) {
      await cache.set('k', `value ${i} ${'x'.repeat(100)}`, { tiers: ['remote'] });
      const bit = String(i < 32 ? i : Math.floor(random() * bits));
      const was = Number(await redis.ask('GETBIT', key, bit));
      await redis.ask('SETBIT', key, bit, String(1 - was));
      expect(await cache.get('k'), `bit ${bit}`).toBeUndefined();
      const { remote } = cache.stats();
      if (remote.corrupt > corrupt) {
        await until(async () => (await redis.ask('EXISTS', key)) === 0);
      } else {
        // Its first bytes say that another release, or another program, has written it: that is kept.
        expect(remote.foreign, `bit ${bit}`).toBe(foreign + 1);
        expect(Number(bit)).toBeLessThan(8 * 8);
        expect(await redis.ask('EXISTS', key)).toBe(1);
      }
      ({ corrupt, foreign } = remote);
    }
    expect(corrupt).toBeGreaterThan(20);
    expect(foreign).toBeGreaterThan(0);
  });

  it('cut short, or longer than it was, is counted and deleted', async () => {
    for (const damage of ['SETRANGE', 'APPEND'] as const) {
      const [cache, key] = await stored(`cut-${damage.toLowerCase()}`);
      if (damage === 'APPEND') await redis.ask('APPEND', key, 'more');
      else await redis.ask('SETRANGE', key, '60', 'over');
      expect(await cache.get('k')).toBeUndefined();
      expect(cache.stats().remote.corrupt).toBe(1);
      await until(async () => (await redis.ask('EXISTS', key)) === 0);
      expect(await cache.getOrSet('k', () => 'new')).toBe('new');
    }
  });

  it('of another program, or of another type, is a miss and stays', async () => {
    const [cache, key] = await stored('foreign');
    await redis.ask('SET', key, 'a text of somebody else, long enough to be read as a head');
    expect(await cache.get('k')).toBeUndefined();
    expect(cache.stats().remote).toMatchObject({ foreign: 1, corrupt: 0 });
    expect(await redis.ask('TYPE', key)).toBe('string');

    await redis.ask('DEL', key);
    await redis.ask('RPUSH', key, 'a', 'b');
    expect(await cache.get('k')).toBeUndefined();
    expect(await cache.getMany(['k', 'other'])).toEqual([undefined, undefined]);
    expect(await redis.ask('LRANGE', key, '0', '-1')).toEqual(['a', 'b']);
    // Neither a load nor its fill is in its way.
    expect(await cache.getOrSet('k', () => 'new')).toBe('new');
    expect(await redis.ask('TYPE', key)).toBe('list');
    expect((await cache.health()).remote.breaker).toEqual({ read: 'closed', write: 'closed' });
  });
});
