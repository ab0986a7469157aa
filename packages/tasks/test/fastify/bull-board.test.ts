// bull-board as it is installed, on the embedded backend: what its pages ask for is answered.
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { defineTask } from '../../src/define/define-task.ts';
import { tasks } from '../../src/fastify/plugin.ts';
import { bullBoard } from '../../src/monitor/bull-board.ts';

const BASE = '/admin/tasks';

async function program(options: { readonly readOnlyMode?: boolean } = {}) {
  const mail = defineTask({
    name: 'mail',
    schema: z.object({ to: z.string() }),
    handler: async () => 'sent',
  });
  const broken = defineTask({
    name: 'broken',
    schema: z.object({}),
    retry: false,
    handler: async () => {
      throw new Error('it broke');
    },
  });
  const app = Fastify();
  onTestFinished(() => app.close());
  await app.register(tasks, { tasks: [mail, broken] });
  const board = new FastifyAdapter().setBasePath(BASE);
  createBullBoard({
    queues: await bullBoard(app.tasks, BullMQAdapter, options),
    serverAdapter: board,
  });
  await app.register(board.registerPlugin(), { prefix: BASE });
  app.get('/metrics', async () => app.tasks.prometheusText());
  await app.ready();
  const id = (await app.tasks.enqueue(mail, { to: 'ada' })).id;
  const delayed = (await app.tasks.enqueue(mail, { to: 'grace' }, { delay: 3_600_000 })).id;
  const failed = (await app.tasks.enqueue(broken, {})).id;
  for (const each of [id, failed]) {
    const handle = await app.tasks.get(each);
    await handle!.result().catch(() => undefined);
  }
  return { app, id, delayed, failed };
}

async function json(app: FastifyInstance, url: string, method: 'GET' | 'PUT' | 'POST' = 'GET') {
  const response = await app.inject({ method, url: `${BASE}/api${url}` });
  expect([200, 204], `${method} ${url}: ${response.body}`).toContain(response.statusCode);
  return response.body === '' ? undefined : (response.json() as unknown);
}

test('its page and its list of queues are there', async () => {
  const { app } = await program();
  const page = await app.inject(BASE);
  expect(page.statusCode).toBe(200);
  expect(page.headers['content-type']).toContain('text/html');
  const { queues } = (await json(app, '/queues?activeQueue=default&status=completed')) as {
    queues: { name: string; counts: Record<string, number>; jobs: { id: string }[] }[];
  };
  expect(queues.map(({ name }) => name).sort()).toEqual(['default', 'default.dead']);
  const own = queues.find(({ name }) => name === 'default')!;
  expect(own.counts).toMatchObject({ completed: 1, delayed: 1, failed: 1 });
});

test('jobs can be looked at, with their logs', async () => {
  const { app, id, failed } = await program();
  expect(await json(app, `/queues/default/${id}`)).toMatchObject({
    job: { id, name: 'mail', data: { payload: { to: 'ada' } }, returnValue: 'sent' },
    status: 'completed',
  });
  expect(await json(app, `/queues/default/${failed}`)).toMatchObject({
    job: { failedReason: expect.stringContaining('it broke') },
    status: 'failed',
  });
  expect(await json(app, `/queues/default/${id}/logs`)).toEqual([]);
});

test('jobs can be promoted and queues paused', async () => {
  const { app, delayed } = await program();
  await json(app, `/queues/default/${delayed}/promote`, 'PUT');
  expect(await (await app.tasks.get(delayed))!.result()).toBe('sent');
  await json(app, '/queues/default/pause', 'PUT');
  expect((await app.tasks.stats()).queues[0]!.isPaused).toBe(true);
  await json(app, '/queues/default/resume', 'PUT');
  expect((await app.tasks.stats()).queues[0]!.isPaused).toBe(false);
});

test('options reach the adapter', async () => {
  const { app, delayed } = await program({ readOnlyMode: true });
  const url = `${BASE}/api/queues/default/${delayed}/promote`;
  expect((await app.inject({ method: 'PUT', url })).statusCode).toBe(405);
});

test('it shadows no route of the application', async () => {
  const { app } = await program();
  const { body, statusCode } = await app.inject('/metrics');
  expect(statusCode).toBe(200);
  expect(body).toContain('catzilla_tasks_completed_total{task="mail",queue="default"} 1');
});
