// Statistics and health while Redis is away: they say so, and nothing hangs or throws.
import { redisSkipReason, startRedis } from '@catzilla/bus/testing';
import { createRedisBackend } from 'bullmq';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { defineTask } from '../../src/define/define-task.ts';
import { createTasks } from '../../src/tasks.ts';

test('health follows the connection, and statistics leave out what they cannot know', async (context) => {
  const reason = redisSkipReason();
  if (reason !== undefined) return context.skip(reason);
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const mail = defineTask({ name: 'mail', schema: z.object({}), handler: async () => 'sent' });
  const tasks = createTasks({
    tasks: [mail],
    run: 'off',
    backend: createRedisBackend,
    connection: { host: '127.0.0.1', port: redis.port, retryStrategy: () => 20 },
  });
  onTestFinished(async () => void (await tasks.close()));
  await tasks.start();
  await tasks.enqueue(mail, {});
  expect(tasks.health()).toEqual({ state: 'ok', reasons: [] });
  expect(await tasks.stats()).toMatchObject({
    backend: 'redis',
    store: undefined,
    queues: [{ queue: 'default', counts: { waiting: 1 }, waitingByPriority: { normal: 1 } }],
  });

  await redis.kill();
  await vi.waitFor(() => expect(tasks.health().state).toBe('degraded'));
  expect(tasks.health().reasons).toEqual(['no connection for queue default, default.dead']);
  await expect(tasks.enqueue(mail, {})).rejects.toMatchObject({
    code: 'CATZ_TASKS_BACKEND_UNAVAILABLE',
  });
  const { queues, tasks: list } = await tasks.stats();
  expect(queues[0]).toMatchObject({ counts: undefined, isPaused: undefined, dead: undefined });
  expect(list[0]).toMatchObject({ counts: undefined, totals: { enqueued: 1 } });

  await redis.restart();
  await vi.waitFor(() => expect(tasks.health().state).toBe('ok'));
});
