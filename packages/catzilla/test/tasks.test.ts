// Background tasks as a part of an application: where they stand among the others, and what health and the command line say.
import { Type } from 'typebox';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { checkTasks } from '../src/cli/doctor/tasks.ts';
import { loadQuietly } from '../src/cli/app/load-quietly.ts';
import {
  createApp,
  defineContainer,
  defineTask,
  embeddedBackend,
  inject,
  token,
} from '../src/index.ts';
import type { AppOptions } from '../src/index.ts';
import { folder } from './cli/support/run.ts';

async function open(options: AppOptions = {}) {
  const app = await createApp({ env: false, ...options });
  onTestFinished(() => app.close());
  return app;
}

function mailer() {
  const sent: string[] = [];
  const task = defineTask({
    name: 'mail',
    schema: z.object({ to: z.string().min(2) }),
    handler: async ({ to }) => void sent.push(to),
  });
  return { task, sent };
}

describe('the part `tasks`', () => {
  it('is off by default, and imports nothing', async () => {
    const app = await open();
    expect(app.config.tasks).toBe(false);
    expect(app.hasDecorator('tasks')).toBe(false);
  });

  it('gives app.tasks and request.enqueue', async () => {
    const { task, sent } = mailer();
    const app = await open({ tasks: { tasks: [task] } });
    app.post('/:to', async (request, reply) => {
      await request.enqueue(task, { to: (request.params as { to: string }).to });
      return reply.code(202).send();
    });
    await app.inject({ method: 'POST', url: '/ada' });
    await (await app.tasks.enqueue(task, { to: 'grace' })).result();
    await vi.waitFor(() => expect(sent.sort()).toStrictEqual(['ada', 'grace']));
  });

  it('answers a payload that does not fit as a problem, without its values', async () => {
    const { task } = mailer();
    const app = await open({ tasks: { tasks: [task] } });
    app.post('/', async (request) => request.enqueue(task, { to: 'x' }));
    const response = await app.inject({ method: 'POST', url: '/' });
    expect(response.statusCode).toBe(400);
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(response.json()).toMatchObject({ status: 400, code: 'CATZ_TASKS_PAYLOAD' });
  });

  it('takes schemas of TypeBox, as routes do', async () => {
    const seen: unknown[] = [];
    const task = defineTask({
      name: 'count',
      schema: Type.Object({ n: Type.Integer() }),
      handler: async (payload) => void seen.push(payload),
    });
    const app = await open({ tasks: { tasks: [task] } });
    await app.ready();
    await (await app.tasks.enqueue(task, { n: 1 } as never)).result();
    expect(seen).toStrictEqual([{ n: 1 }]);
    await expect(app.tasks.enqueue(task, { n: 'no' } as never)).rejects.toMatchObject({
      code: 'CATZ_TASKS_PAYLOAD',
    });
  });

  it('runs jobs with services, and drains them while services and cache are there', async () => {
    const Store = token<{ save(text: string): void }>('store');
    const seen: string[] = [];
    const container = defineContainer().singleton(
      Store,
      [],
      () => ({ save: (text) => void seen.push(text) }),
      { dispose: () => void seen.push('disposed') },
    );
    let begun: () => void = () => {};
    const running = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let finish: () => void = () => {};
    const app = await open({
      di: { container },
      cache: { ttl: 60_000 },
      tasks: {
        tasks: [
          defineTask({
            name: 'late',
            schema: z.object({}),
            handler: async (_payload, { scope }) => {
              begun();
              await new Promise<void>((resolve) => {
                finish = resolve;
              });
              await app.cache.purgeTags(['x']);
              scope!.get(Store).save('saved');
            },
          }),
        ],
      },
    });
    app.get(
      '/',
      inject([Store], async () => 'ok'),
    );
    await app.ready();
    const [late] = app.tasks.registry.tasks;
    await app.tasks.enqueue(late! as never, {} as never);
    await running;
    const stopped = app.lifecycle.stop();
    await vi.waitFor(() =>
      expect(app.tasks.prepare(late! as never, {} as never)).rejects.toMatchObject({
        code: 'CATZ_TASKS_CLOSING',
      }),
    );
    finish();
    const { ok, steps } = await stopped;
    expect(ok).toBe(true);
    expect(seen).toStrictEqual(['saved', 'disposed']);
    const names = steps.map(({ name }) => name);
    expect(names.indexOf('monitor')).toBeLessThan(names.indexOf('tasks'));
    expect(names.indexOf('tasks')).toBeLessThan(names.indexOf('cache'));
  });

  it('takes options from the environment', async () => {
    const { task } = mailer();
    const tasks = { tasks: [task] };
    const app = await open({ tasks, env: { CATZILLA__TASKS__RUN: 'off' } });
    expect(app.config.tasks).toMatchObject({ run: 'off' });
    await expect(open({ tasks, env: { CATZILLA__TASKS__RUN: 'there' } })).rejects.toMatchObject({
      code: 'CATZ_APP_ENV',
      message: expect.stringContaining('CATZILLA__TASKS__RUN') as string,
    });
  });

  it('needs a list of tasks', async () => {
    await expect(open({ tasks: {} as never })).rejects.toMatchObject({
      code: 'CATZ_TASKS_OPTIONS',
    });
  });
});

describe('health', () => {
  it('is degraded by tasks, and failing when only a restart helps', async () => {
    const app = await open({ tasks: { tasks: [] } });
    await app.ready();
    expect(app.health.snapshot()).toMatchObject({
      state: 'ready',
      parts: { tasks: { state: 'ok', reason: undefined } },
    });
    let told = { state: 'degraded', reasons: ['the disk is full', 'no room'] };
    const tasks = { health: () => told };
    Object.defineProperty(app, 'tasks', { value: tasks });
    expect(app.health.snapshot()).toMatchObject({
      state: 'degraded',
      ready: true,
      parts: { tasks: { reason: 'the disk is full; no room' } },
    });
    told = { state: 'failed', reasons: ['the log'] };
    expect(app.health.snapshot()).toMatchObject({ state: 'failing', ready: false });
    expect((await app.inject('/readyz')).statusCode).toBe(503);
  });
});

describe('the command line', () => {
  const findings = async (options: AppOptions) => checkTasks(await open(options));

  it('says backend, durability and where jobs run', async () => {
    const { task } = mailer();
    expect(await findings({})).toStrictEqual([]);
    expect(await findings({ tasks: { tasks: [task] } })).toMatchObject([
      { level: 'ok', text: expect.stringContaining('1 task in 1 queue, run here') as string },
    ]);
    const off = { tasks: [task], run: 'off', backend: embeddedBackend() } as const;
    expect(await findings({ mode: 'production', tasks: off })).toMatchObject([
      {
        level: 'warn',
        text: expect.stringMatching(/run elsewhere; backend embedded, in memory/) as string,
      },
    ]);
    const dir = `${await folder({})}/tasks`;
    const durable = { tasks: [task], backend: embeddedBackend({ dir }) };
    expect(await findings({ mode: 'production', tasks: durable })).toMatchObject([
      { level: 'ok', text: expect.stringContaining('embedded, every-write') as string },
    ]);
    // Every factory that does not say what it is stands for a backend over the network.
    const backend = (() => {
      throw new Error('nothing is opened');
    }) as never;
    const redis = { tasks: [task], backend, run: 'off', autoStart: false } as const;
    expect(await findings({ tasks: redis })).toMatchObject([
      { level: 'ok', text: expect.stringContaining('backend redis') as string },
    ]);
  });

  it('looks at an application without running its jobs', async () => {
    const cwd = await folder({
      'app.mjs': `
import { defineTask } from ${JSON.stringify(import.meta.resolve('@catzilla/tasks'))};
const validate = (value) => ({ value });
const schema = { '~standard': { version: 1, vendor: 'test', validate } };
const handler = async () => { globalThis.ranInDoctor = true; };
const task = defineTask({ name: 'mail', schema, handler });
export const config = { env: false, tasks: { tasks: [task] } };
export default async (app) => { await app.tasks.enqueue(task, {}); };`,
    });
    const { app } = await loadQuietly({ cwd, env: {} } as never, 'app.mjs');
    onTestFinished(() => app.close());
    expect((await app.tasks.stats()).queues[0]).toMatchObject({
      counts: { waiting: 1 },
      concurrency: undefined,
    });
    expect(globalThis).not.toHaveProperty('ranInDoctor');
  });
});
