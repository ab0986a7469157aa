// What the cases of the fault matrix share: servers that end with the test, caches that note what they told, the ways to
// reach a server.
import type { RedisLike } from '@catzilla/bus/redis';
import { startProxy, startRedis } from '@catzilla/bus/testing';
import type { Proxy, RedisServer, StartRedisOptions } from '@catzilla/bus/testing';
import { expect, vi } from 'vitest';
import type { Health, RedisTierOptions, TieredCache, TieredOptions } from '../../../src/index.ts';
import { atEnd, open } from '../../cache/support/open.ts';
import { drivers } from '../../support/drivers.ts';

/** How a cache reaches a server. */
export type Way = (port: number) => RedisTierOptions;

/** A client of its own, and clients as applications make them: with the offline queue and the retries of the driver. */
export const ways: readonly (readonly [name: string, way: Way])[] = [
  ['a client of its own', (port) => ({ node: { port } })],
  ...drivers.map(([name, Driver]): readonly [string, Way] => [
    `a given ${name}`,
    (port) => ({ client: given(new Driver({ host: '127.0.0.1', port })) }),
  ]),
];

/** A client of the application's: with a listener for errors, and ended by the application alone. */
export function given(client: RedisLike): RedisLike {
  client.on('error', () => undefined);
  atEnd(() => {
    // Whoever gives a client keeps it: no cache may have ended it.
    expect(client.status).not.toBe('end');
    client.disconnect();
  });
  return client;
}

/** A server that ends with the test. */
export async function server(options: StartRedisOptions = {}): Promise<RedisServer> {
  const started = await startRedis(options);
  atEnd(() => started.stop());
  return started;
}

/** A proxy that ends with the test. */
export async function proxyTo(port: number): Promise<Proxy> {
  const proxy = await startProxy({ port });
  atEnd(() => proxy.stop());
  return proxy;
}

/** A cache, and what it told. */
export interface Watched {
  readonly cache: TieredCache;
  /** States of the remote tier, in order. */
  readonly states: string[];
  /** Reasons of gaps. */
  readonly gaps: string[];
}

/** Of a server that may hang: more than a busy machine needs to answer, little enough to be waited for. */
const DEADLINE = { remote: 500, disk: 10_000 };

let count = 0;

/** A name no other test has. */
export function newName(): string {
  return `prove-${count++}`;
}

/** Opens a cache on an engine of its own, as if in a process of its own. */
export function watched(options: TieredOptions): Watched {
  const cache = open({ deadline: DEADLINE, ...options });
  const states: string[] = [];
  const gaps: string[] = [];
  cache.on('state', ({ tier, state }) => {
    if (tier === 'remote') states.push(state);
  });
  cache.on('gap', ({ reason }) => gaps.push(reason));
  return { cache, states, gaps };
}

/** Two of them of one name, each with options of its own. */
export function pairOf(options: () => TieredOptions): readonly [a: Watched, b: Watched] {
  const name = newName();
  return [watched({ name, ...options() }), watched({ name, ...options() })];
}

/** Waits until a cache and all its parts are well. */
export async function well(...caches: readonly TieredCache[]): Promise<void> {
  for (const cache of caches) {
    await vi.waitFor(async () => expect(wellness(await cache.health())).toEqual(WELL), {
      timeout: 40_000,
      interval: 10,
    });
  }
}

const WELL = { status: 'ok', remote: 'ready', bus: 'live', recovery: 0 };

function wellness({ status, remote, bus, queues }: Health): object {
  return { status, remote: remote.state, bus: bus?.state ?? 'live', recovery: queues.recovery };
}

/** Asks for keys one after the other; each must give what its factory gives. @returns how often factories ran */
export async function serves(cache: TieredCache, prefix: string, times: number): Promise<number> {
  let calls = 0;
  const before = cache.stats();
  for (let i = 0; i < times; i++) {
    const value = await cache.getOrSet(`${prefix}${i}`, () => {
      calls++;
      return i;
    });
    expect(value).toBe(i);
  }
  const { requests, hits, misses, factoryErrors } = cache.stats();
  expect(requests - before.requests).toBe(times);
  expect(hits + misses).toBe(requests);
  expect(factoryErrors).toBe(0);
  return calls;
}

/** What a server says of itself: a number of INFO. */
export async function infoOf(redis: RedisServer, section: string, field: string): Promise<number> {
  const info = String(await redis.ask('INFO', section));
  return Number(new RegExp(`^${field}:(?:calls=)?(\\d+)`, 'm').exec(info)?.[1] ?? 0);
}
