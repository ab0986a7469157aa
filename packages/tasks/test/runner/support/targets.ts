// The backends that a suite runs on: the embedded one, and a real Redis, started once for a file.
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { redisSkipReason, startRedis } from '@catzilla/bus/testing';
import type { RedisServer } from '@catzilla/bus/testing';
import type { Target } from './bench.ts';

/** Declares a suite for each backend.
 * @param body  gets a function that gives the target, to be called in tests */
export function onEachBackend(title: string, body: (target: () => Target) => void): void {
  describe(`${title} on embedded`, () => body(() => 'embedded'));
  describe(`${title} on redis`, () => {
    const server = useRedis();
    body(() => ({ port: server().port }));
  });
}

/** A server for the tests of a suite; without one they are skipped, with the reason. */
export function useRedis(): () => RedisServer {
  let server: RedisServer | undefined;
  const reason = redisSkipReason();
  beforeAll(async () => {
    if (reason === undefined) server = await startRedis();
  });
  beforeEach((context) => {
    if (reason !== undefined) context.skip(reason);
  });
  afterAll(async () => {
    await server?.stop();
  });
  return () => server!;
}
