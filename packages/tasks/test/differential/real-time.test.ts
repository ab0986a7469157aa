// What Redis counts by its own clock, and the embedded engine by the process's: windows that end. Each case runs on both, with short
// windows, and must say the same before and after.
import { createRedisBackend } from 'bullmq';
import type { BackendFactory } from 'bullmq';
import { redisSkipReason, startRedis, until } from '@catzilla/bus/testing';
import type { RedisServer } from '@catzilla/bus/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { embeddedBackend } from '../../src/embedded/index.ts';
import { openSide } from './support/side.ts';
import type { Lane, WorkerLimits } from './support/side.ts';

const SKIP = redisSkipReason();

let server: RedisServer | undefined;
beforeAll(async () => {
  if (SKIP === undefined) server = await startRedis();
});
afterAll(async () => {
  await server?.stop();
});

describe.each(['redis', 'embedded'])('on %s', (name) => {
  beforeEach((context) => {
    if (name === 'redis' && SKIP !== undefined) context.skip(SKIP);
  });

  async function laneOf(limits: WorkerLimits = { limiter: undefined }): Promise<Lane> {
    await server?.ask('FLUSHALL');
    const isRedis = name === 'redis';
    const factory: BackendFactory = isRedis
      ? createRedisBackend
      : (embeddedBackend() as BackendFactory);
    const connection = isRedis ? { host: '127.0.0.1', port: server?.port } : {};
    const side = await openSide(name, factory, connection, limits);
    onTestFinished(() => side.close());
    return side.lanes.alpha;
  }

  test('a deduplication id is free when its time is over', async () => {
    const { queue } = await laneOf();
    const opts = { deduplication: { id: 'd', ttl: 200 } };
    await queue.add('a', {}, opts);
    expect((await queue.add('a', {}, opts)).id).toBe('1');
    await until(
      'the end of the window',
      async () => (await queue.getDeduplicationJobId('d')) === null,
    );
    expect((await queue.add('a', {}, opts)).id).toBe('3');
  });

  test('a deduplication id outlives its job until its time is over', async () => {
    const { queue, worker } = await laneOf();
    const opts = { deduplication: { id: 'd', ttl: 300 } };
    await queue.add('a', {}, opts);
    const job = await worker.getNextJob('token', { block: false });
    await job?.moveToCompleted(1, 'token', false);
    expect((await queue.add('a', {}, opts)).id).toBe('1');
    await until(
      'the end of the window',
      async () => (await queue.getDeduplicationJobId('d')) === null,
    );
    expect((await queue.add('a', {}, opts)).id).toBe('3');
  });

  test('a rate limit lets so many jobs go in its window, and more in the next', async () => {
    const { queue, worker, backend } = await laneOf({ limiter: { max: 2, duration: 250 } });
    await queue.addBulk([1, 2, 3].map((n) => ({ name: 'a', data: n })));
    await backend.waitUntilReady();
    const next = () => worker.getNextJob('token', { block: false });
    expect((await next())?.id).toBe('1');
    expect((await next())?.id).toBe('2');
    expect(await next()).toBeUndefined();
    expect(await queue.getRateLimitTtl(2)).toBeGreaterThan(0);
    await until('the end of the window', async () => (await queue.getRateLimitTtl(2)) <= 0);
    let third = await next();
    await until('the end of the window', async () => (third ??= await next()) !== undefined);
    expect(third?.id).toBe('3');
  });

  test('a queue that was told to pause for a while goes on by itself', async () => {
    const { queue, worker } = await laneOf({ limiter: { max: 100, duration: 1_000 } });
    await queue.add('a', {});
    await queue.rateLimit(150);
    expect(await worker.getNextJob('token', { block: false })).toBeUndefined();
    await until('the end of the window', async () => (await queue.getRateLimitTtl()) <= 0);
    let job = await worker.getNextJob('token', { block: false });
    await until(
      'the job',
      async () => (job ??= await worker.getNextJob('token', { block: false })) !== undefined,
    );
    expect(job?.id).toBe('1');
  });
});
