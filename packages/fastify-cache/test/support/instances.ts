// Instances of one application: each with a memory of its own, around one Redis. A name of its own keeps tests apart.
import { startRedis } from '@catzilla/bus/testing';
import type { RedisServer } from '@catzilla/bus/testing';
import { openCache } from '@catzilla/cache-core';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll } from 'vitest';
import type { FastifyCacheOptions, TieredCacheOptions } from '../../src/index.ts';
import { atEnd, makeApp } from '../helpers.ts';

/** Starts a server for the tests of a file. */
export function useRedis(): { readonly url: string; readonly server: RedisServer } {
  let server: RedisServer | undefined;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    await server?.stop();
  });
  const running = (): RedisServer => {
    if (server === undefined) throw new Error('the server runs only while tests do');
    return server;
  };
  return {
    get url() {
      return running().url;
    },
    get server() {
      return running();
    },
  };
}

/** Deadlines that no busy machine exceeds: for tests in which every tier is to answer. */
export const PATIENT = { remote: 10_000, disk: 10_000 } as const;

let names = 0;

/** A name that no other test has. */
export function newName(): string {
  return `test-${process.pid}-${++names}`;
}

/** One instance, its bus listening. */
export async function makeInstance(
  url: string,
  name: string,
  options: FastifyCacheOptions = {},
  cache: TieredCacheOptions = {},
): Promise<FastifyInstance> {
  const memory = openCache({ maxBytes: 16 * 2 ** 20 });
  atEnd(() => memory.close());
  const app = await makeApp({
    ttl: 60_000,
    cache: { name, memory, remote: { url }, deadline: PATIENT, ...cache },
    ...options,
  });
  await app.cache.tiers.ready({ timeout: 30_000 });
  return app;
}
