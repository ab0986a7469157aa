// Redis that is slow, away, or set up so that it loses jobs.
import { freePort, redisSkipReason, startRedis, until } from '@catzilla/bus/testing';
import type { RedisServer } from '@catzilla/bus/testing';
import { createRedisBackend } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TasksOptions } from '../../src/index.ts';
import { echo, keeper, open, start } from './support/open.ts';

let server: RedisServer;
const reason = redisSkipReason();

beforeAll(async () => {
  if (reason === undefined) server = await startRedis();
});
afterAll(() => server?.stop());
beforeEach((context) => {
  if (reason !== undefined) context.skip(reason);
});

function onRedis(more: Partial<TasksOptions> = {}): Partial<TasksOptions> {
  const connection = { host: '127.0.0.1', port: server.port };
  return { backend: createRedisBackend, connection, run: 'off', logger: keeper(), ...more };
}

describe('Redis', () => {
  test('that does not answer makes an enqueue reject after enqueueTimeout', async () => {
    const task = echo();
    const tasks = open([task], onRedis({ enqueueTimeout: 3_000 }));
    const handle = await tasks.enqueue(task, { n: 1 }, { key: 'before' });
    server.pause();
    try {
      await expect(tasks.enqueue(task, { n: 2 })).rejects.toMatchObject({
        code: 'CATZ_TASKS_BACKEND_UNAVAILABLE',
        statusCode: 503,
        message: 'the backend of queue default did not answer within 3000 ms',
      });
      await expect(handle.state()).rejects.toMatchObject({
        code: 'CATZ_TASKS_BACKEND_UNAVAILABLE',
      });
      expect(tasks.health()).toEqual({
        state: 'degraded',
        reasons: ['no answer in time for queue default'],
      });
    } finally {
      server.resume();
    }
    expect((await tasks.enqueue(task, { n: 3 }, { key: 'before' })).id).toBe(handle.id);
    expect(tasks.health()).toEqual({ state: 'ok', reasons: [] });
  });

  test('that is away makes an enqueue reject at once, until it is back', async () => {
    const task = echo();
    const logger = keeper();
    const tasks = open([task], onRedis({ enqueueTimeout: 60_000, logger }));
    await tasks.enqueue(task, { n: 1 });
    await server.kill();
    await until('the connection is lost', () => logger.lines.length > 0);
    await expect(tasks.enqueue(task, { n: 2 })).rejects.toMatchObject({
      code: 'CATZ_TASKS_BACKEND_UNAVAILABLE',
      cause: expect.any(Error) as Error,
    });
    // The end of the connection may be told after the command that it took along.
    await vi.waitFor(() =>
      expect(tasks.health()).toMatchObject({
        state: 'degraded',
        reasons: [expect.stringContaining('default')],
      }),
    );
    await server.restart();
    await until('Redis is back', async () => tasks.enqueue(task, { n: 3 }));
    expect(tasks.health()).toEqual({ state: 'ok', reasons: [] });
  });

  test('that was never there makes start and enqueue reject after enqueueTimeout', async () => {
    const task = echo({ schedule: { every: 60_000, payload: { n: 1 } } });
    const connection = { host: '127.0.0.1', port: await freePort() };
    const tasks = open([task], onRedis({ connection, enqueueTimeout: 50 }));
    await expect(tasks.enqueue(task, { n: 1 })).rejects.toMatchObject({
      code: 'CATZ_TASKS_BACKEND_UNAVAILABLE',
    });
    await expect(tasks.start()).rejects.toMatchObject({ code: 'CATZ_TASKS_BACKEND_UNAVAILABLE' });
  });

  test('that is away keeps nobody from closing', async () => {
    const task = echo();
    const tasks = await start([task], onRedis({ run: 'here' }));
    await (await tasks.enqueue(task, { n: 1 })).result();
    await server.kill();
    expect(await tasks.close({ drainTimeout: 1, abortGrace: 1 })).toMatchObject({ returned: 0 });
    await server.restart();
  });

  test('that may evict keys is warned of at the start', async () => {
    await server.ask('config', 'set', 'maxmemory-policy', 'allkeys-lru');
    const logger = keeper();
    await start([echo()], onRedis({ logger }));
    expect(logger.lines).toEqual([
      [{ policy: 'allkeys-lru' }, expect.stringContaining('noeviction')],
    ]);
    await server.ask('config', 'set', 'maxmemory-policy', 'noeviction');
    const quiet = keeper();
    await start([echo()], onRedis({ logger: quiet }));
    expect(quiet.lines).toEqual([]);
  });

  test('that has no memory left makes an enqueue reject with CATZ_TASKS_QUEUE_FULL', async () => {
    const task = echo();
    const tasks = open([task], onRedis());
    await tasks.enqueue(task, { n: 1 });
    await server.ask('config', 'set', 'maxmemory', '1mb');
    try {
      await expect(tasks.enqueue(task, { n: 2 })).rejects.toMatchObject({
        code: 'CATZ_TASKS_QUEUE_FULL',
        statusCode: 503,
        cause: expect.any(Error) as Error,
      });
    } finally {
      await server.ask('config', 'set', 'maxmemory', '0');
    }
    expect((await tasks.enqueue(task, { n: 3 })).deduplicated).toBe(false);
  });

  test('that lost the next run of a schedule gets it planned anew', async () => {
    await server.ask('flushall');
    const task = echo({ schedule: { cron: '0 3 * * *', payload: { n: 1 } } });
    const tasks = await start([task], onRedis());
    const [queue] = await tasks.queues();
    const [run] = await queue!.getDelayed();
    await server.ask('del', `bull:default:${run!.id}`, 'bull:default:delayed');
    await start([task], onRedis());
    expect((await queue!.getDelayed()).map(({ id }) => id)).toEqual([run!.id]);
  });

  test('gets keys with the prefix that is given', async () => {
    await server.ask('flushall');
    const task = echo();
    await open([task], onRedis({ keyPrefix: 'shop' })).enqueue(task, { n: 1 });
    const keys = (await server.ask('keys', '*')) as string[];
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.every((key) => key.startsWith('shop:default:'))).toBe(true);
  });

  test('takes a client that the application has, and leaves it open', async () => {
    const client = new Redis(server.port, '127.0.0.1', { maxRetriesPerRequest: null });
    try {
      const task = echo();
      const tasks = await start([task], onRedis({ connection: client, run: 'here' }));
      expect(await (await tasks.enqueue(task, { n: 7 })).result()).toBe(7);
      await tasks.close();
      expect(await client.ping()).toBe('PONG');
    } finally {
      client.disconnect();
    }
  });

  test('runs jobs at the default settings of a connection, without complaints', async () => {
    const logger = keeper();
    const task = echo();
    const tasks = await start([task], onRedis({ run: 'here', logger }));
    expect(await (await tasks.enqueue(task, { n: 8 })).result()).toBe(8);
    expect(await tasks.close()).toMatchObject({ aborted: 0, returned: 0 });
    expect(logger.lines).toEqual([]);
  });
});
