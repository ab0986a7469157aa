// A process that has closed its caches ends by itself; one with memory and disk alone ends without closing them. Open
// connections to Redis keep a process alive, as those of the driver do anywhere: such a cache must be closed.
import { startRedis } from '@catzilla/bus/testing';
import type { RedisServer } from '@catzilla/bus/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TieredOptions } from '../../src/index.ts';
import { makeFolder, PATIENT } from '../cache/support/open.ts';
import { startChild } from './support/child.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const kinds: Readonly<Record<string, () => TieredOptions>> = {
  memory: () => ({}),
  'memory and disk': () => ({ disk: { dir: makeFolder(), minFree: 0 } }),
  'memory and files': () => ({ disk: { dir: makeFolder(), backend: 'fs', minFree: 0 } }),
  'memory, to be demoted from': () => ({
    disk: { dir: makeFolder(), minFree: 0 },
    write: { disk: 'victim' },
  }),
  'memory and Redis': () => ({ remote: { url: redis.url } }),
  'Redis with tracking': () => ({ remote: { url: redis.url, tracking: true }, memory: {} }),
  'all three': () => ({ remote: { url: redis.url }, disk: { dir: makeFolder(), minFree: 0 } }),
};

function optionsOf(kind: string): TieredOptions {
  return { ...kinds[kind]!(), deadline: PATIENT };
}

describe('a process that closes its cache ends by itself, with', () => {
  it.each(Object.keys(kinds))('%s', async (kind) => {
    const child = startChild('idle.mjs', { options: optionsOf(kind), isClosed: true });
    expect(await child.next()).toEqual({ status: 'ok' });
    expect(await child.ended).toEqual({ code: 0, signal: null, output: '' });
  });
});

describe('a process that does not close it ends by itself, with', () => {
  const local = Object.keys(kinds).filter((kind) => !/Redis|three/.test(kind));
  it.each(local)('%s', async (kind) => {
    const child = startChild('idle.mjs', { options: optionsOf(kind), isClosed: false });
    expect(await child.next()).toEqual({ status: 'ok' });
    expect(await child.ended).toEqual({ code: 0, signal: null, output: '' });
  });
});
