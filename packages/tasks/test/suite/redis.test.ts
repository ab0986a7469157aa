import { redisSkipReason, startRedis } from '@catzilla/bus/testing';
import type { RedisServer } from '@catzilla/bus/testing';
import { createRedisBackend } from 'bullmq';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { programSuite } from './support/program.ts';

let server: RedisServer | undefined;
const reason = redisSkipReason();

beforeAll(async () => {
  if (reason === undefined) server = await startRedis();
});
afterAll(() => server?.stop());
beforeEach((context) => {
  if (reason !== undefined) context.skip(reason);
});

programSuite('Redis', () => ({
  backend: createRedisBackend,
  connection: { host: '127.0.0.1', port: server!.port },
}));
