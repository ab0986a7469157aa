import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineContainer, di, token } from '@catzilla/di';
import type { Scope } from '@catzilla/di';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { defineTask } from '../../src/define/define-task.ts';
import type { AnyTask } from '../../src/define/types.ts';
import { embeddedBackend } from '../../src/embedded/index.ts';
import { tasks } from '../../src/fastify/plugin.ts';
import type { TasksPluginOptions } from '../../src/fastify/plugin.ts';

interface Program {
  readonly app: FastifyInstance;
  /** Lines of the log, parsed. */
  readonly lines: Record<string, unknown>[];
}

async function program(
  list: readonly AnyTask[],
  options: Omit<TasksPluginOptions, 'tasks'> = {},
): Promise<Program> {
  const lines: Record<string, unknown>[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as never) };
  const app = Fastify({ logger: { level: 'info', stream }, forceCloseConnections: true });
  onTestFinished(() => app.close());
  await app.register(tasks, { tasks: list, ...options });
  return { app, lines };
}

const schema = z.object({ to: z.string().min(2) });

/** A task that notes what it is given. */
function mailer(name = 'mail') {
  const sent: string[] = [];
  const task = defineTask({
    name,
    schema,
    retry: false,
    handler: async ({ to }) => {
      sent.push(to);
      return { length: to.length };
    },
  });
  return { task, sent };
}

test('a job of a request runs after its reply', async () => {
  const { task, sent } = mailer();
  const { app } = await program([task]);
  app.post('/mails/:to', async (request, reply) => {
    await request.enqueue(task, { to: (request.params as { to: string }).to });
    expect(sent).toEqual([]);
    return reply.code(202).send();
  });
  expect((await app.inject({ method: 'POST', url: '/mails/ada' })).statusCode).toBe(202);
  await vi.waitFor(() => expect(sent).toEqual(['ada']));
});

test('a payload that does not fit its schema is a 400 that names no value', async () => {
  const { task, sent } = mailer();
  const { app } = await program([task]);
  app.post('/', async (request) => request.enqueue(task, request.body as never));
  const response = await app.inject({ method: 'POST', url: '/', payload: { to: 'x' } });
  expect(response.statusCode).toBe(400);
  expect(response.json()).toMatchObject({ code: 'CATZ_TASKS_PAYLOAD' });
  expect(response.body).toContain('/to');
  expect(sent).toEqual([]);
});

test('app.tasks.enqueue gives a handle whose result can be waited for', async () => {
  const { task } = mailer();
  const { app } = await program([task]);
  app.get('/', async () => (await app.tasks.enqueue(task, { to: 'grace' })).result());
  expect((await app.inject('/')).json()).toEqual({ length: 5 });
});

test('a second registration in a context is an error', async () => {
  const { app } = await program([]);
  await expect(app.register(tasks, { tasks: [] })).rejects.toMatchObject({
    code: 'CATZ_TASKS_OPTIONS',
    message: expect.stringContaining('once in a context'),
  });
});

test('a context within has tasks of its own', async () => {
  const outer = mailer('outer');
  const inner = mailer('inner');
  const { app } = await program([outer.task]);
  app.get('/outer', async (request) => void (await request.enqueue(outer.task, { to: 'out' })));
  await app.register(async (scope) => {
    await scope.register(tasks, { tasks: [inner.task] });
    scope.get('/inner', async (request) => void (await request.enqueue(inner.task, { to: 'in' })));
  });
  await app.inject('/outer');
  await app.inject('/inner');
  await vi.waitFor(() => expect([...outer.sent, ...inner.sent]).toEqual(['out', 'in']));
  expect(app.tasks.registry.has('inner')).toBe(false);
});

test('options are checked when it is registered', async () => {
  const app = Fastify();
  onTestFinished(() => app.close());
  const wrong = { tasks: [], drainTimeOut: 1 } as unknown as TasksPluginOptions;
  await expect(app.register(tasks, wrong)).rejects.toMatchObject({
    code: 'CATZ_TASKS_OPTIONS',
    message: expect.stringContaining('drainTimeout'),
  });
});

test('with autoStart: false nothing runs until start() is called', async () => {
  const { task, sent } = mailer();
  const { app } = await program([task], { autoStart: false });
  await app.ready();
  const handle = await app.tasks.enqueue(task, { to: 'ada' });
  expect(await handle.state()).toBe('waiting');
  expect(sent).toEqual([]);
  await app.tasks.start();
  await handle.result();
  expect(sent).toEqual(['ada']);
  const wrong = { tasks: [], autoStart: 'no' } as unknown as TasksPluginOptions;
  await expect(Fastify().register(tasks, wrong)).rejects.toMatchObject({
    message: expect.stringContaining('autoStart'),
  });
});

test("options of register() itself are not the plugin's", async () => {
  const app = Fastify();
  onTestFinished(() => app.close());
  await app.register(tasks, { tasks: [], prefix: '/x', logLevel: 'warn' } as never);
  await expect(app.ready()).resolves.toBeDefined();
});

test('jobs run in a scope of the container, wherever that was registered', async () => {
  const Mailer = token<{ send(to: string): void }>('mailer');
  const sent: string[] = [];
  const kinds: string[] = [];
  let disposed = 0;
  const container = defineContainer().scoped(Mailer, [], () => ({ send: (to) => sent.push(to) }), {
    dispose: () => {
      disposed += 1;
    },
  });
  const task = defineTask({
    name: 'mail',
    schema,
    handler: async ({ to }, { scope, signal }) => {
      const own = scope as unknown as Scope;
      kinds.push(`${own.kind} ${own.label} ${own.signal === signal}`);
      own.get(Mailer).send(to);
    },
  });
  const { app } = await program([task]);
  await app.register(di, { container });
  await app.ready();
  for (const to of ['ada', 'grace']) {
    await (await app.tasks.enqueue(task, { to })).result();
  }
  expect(sent).toEqual(['ada', 'grace']);
  expect(kinds).toEqual(['task mail true', 'task mail true']);
  await vi.waitFor(() => expect(disposed).toBe(2));
});

test('without a container there is no scope', async () => {
  const scopes: unknown[] = [];
  const task = defineTask({
    name: 'mail',
    schema,
    handler: async (_payload, { scope }) => void scopes.push(scope),
  });
  const { app } = await program([task]);
  await app.ready();
  await (await app.tasks.enqueue(task, { to: 'ada' })).result();
  expect(scopes).toEqual([undefined]);
});

test("with run: 'off' jobs are enqueued and left to other processes", async () => {
  const { task, sent } = mailer();
  const { app } = await program([task], { run: 'off' });
  await app.ready();
  const handle = await app.tasks.enqueue(task, { to: 'ada' });
  expect(await handle.state()).toBe('waiting');
  const { queues } = await app.tasks.stats();
  expect(queues[0]).toMatchObject({ counts: { waiting: 1 }, concurrency: undefined });
  expect(sent).toEqual([]);
});

test('jobs that run are ended before the application is closed', async () => {
  let begun: () => void = () => {};
  const running = new Promise<void>((resolve) => {
    begun = resolve;
  });
  let finish: () => void = () => {};
  const ended: string[] = [];
  const task = defineTask({
    name: 'mail',
    schema,
    handler: async () => {
      begun();
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      ended.push('job');
    },
  });
  const { app, lines } = await program([task]);
  await app.ready();
  await app.tasks.enqueue(task, { to: 'ada' });
  await running;
  const closed = app.close().then(() => ended.push('application'));
  await vi.waitFor(() =>
    expect(app.tasks.prepare(task, { to: 'late' })).rejects.toMatchObject({
      code: 'CATZ_TASKS_CLOSING',
    }),
  );
  finish();
  await closed;
  expect(ended).toEqual(['job', 'application']);
  expect(lines).toContainEqual(
    expect.objectContaining({ msg: 'tasks are drained', completed: 1, aborted: 0, returned: 0 }),
  );
  await expect(app.tasks.enqueue(task, { to: 'late' })).rejects.toMatchObject({
    code: 'CATZ_TASKS_CLOSING',
    statusCode: 503,
  });
});

test('drainTimeout and abortGrace bound how long handlers hold the end up', async () => {
  const reasons: unknown[] = [];
  let begun: () => void = () => {};
  const running = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const task = defineTask({
    name: 'mail',
    schema,
    handler: async (_payload, { signal }) => {
      begun();
      await once(signal, 'abort');
      reasons.push((signal.reason as { code?: unknown }).code);
      throw signal.reason;
    },
  });
  const { app, lines } = await program([task], { drainTimeout: 5, abortGrace: 2_000 });
  await app.ready();
  await app.tasks.enqueue(task, { to: 'ada' });
  await running;
  await app.close();
  expect(reasons).toEqual(['CATZ_TASKS_CLOSING']);
  expect(lines).toContainEqual(
    expect.objectContaining({ msg: 'tasks are drained', completed: 0, aborted: 1 }),
  );
});

test('requests under way at the end may still enqueue, and what they hold is added', async () => {
  const { task, sent } = mailer();
  const { app } = await program([task]);
  let begun: () => void = () => {};
  const running = new Promise<void>((resolve) => {
    begun = resolve;
  });
  let finish: () => void = () => {};
  app.get('/', async (request) => {
    begun();
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    await request.enqueue(task, { to: 'last' });
    return 'ok';
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.setEncoding('utf8');
  socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  await running;
  const closed = app.close();
  finish();
  const [answer] = (await once(socket, 'data')) as [string];
  expect(answer).toMatch(/^HTTP\/1.1 200/);
  await closed;
  expect(sent).toEqual(['last']);
});

test('what only memory holds is named when it is lost, without payloads', async () => {
  const first = mailer('first');
  const second = mailer('second');
  const { app, lines } = await program([first.task, second.task], { run: 'off' });
  await app.ready();
  for (const to of ['ada', 'grace']) await app.tasks.enqueue(first.task, { to });
  await app.tasks.enqueue(second.task, { to: 'edith' }, { delay: 60_000 });
  await app.close();
  const lost = lines.find(({ lost: count }) => count !== undefined);
  expect(lost).toMatchObject({ level: 40, lost: 3, tasks: { first: 2, second: 1 } });
  expect(JSON.stringify(lines)).not.toContain('edith');
});

test('dead letters are no lost jobs', async () => {
  const failing = defineTask({
    name: 'failing',
    schema: z.object({}),
    retry: false,
    handler: async () => {
      throw new Error('no');
    },
  });
  const { app, lines } = await program([failing]);
  await app.ready();
  await expect((await app.tasks.enqueue(failing, {})).result()).rejects.toThrow();
  expect(await app.tasks.dead.list()).toHaveLength(1);
  await app.close();
  expect(lines.filter(({ lost }) => lost !== undefined)).toEqual([]);
});

test('nothing is said where nothing is lost', async () => {
  const { task } = mailer();
  const { app, lines } = await program([task], { backend: embeddedBackend() });
  await app.ready();
  await (await app.tasks.enqueue(task, { to: 'ada' })).result();
  await app.close();
  expect(lines.filter(({ level }) => Number(level) >= 40)).toEqual([]);
});

test('jobs of a folder are not lost, and run in the next process', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'catzilla-tasks-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const before = mailer();
  const { app, lines } = await program([before.task], {
    run: 'off',
    backend: embeddedBackend({ dir, durability: 'interval' }),
  });
  app.get('/', async (request) => void (await request.enqueue(before.task, { to: 'ada' })));
  await app.inject('/');
  await app.close();
  expect(lines.filter(({ lost }) => lost !== undefined)).toEqual([]);

  const after = mailer();
  const next = await program([after.task], { backend: embeddedBackend({ dir }) });
  await next.app.ready();
  await vi.waitFor(() => expect(after.sent).toEqual(['ada']));
  expect((await next.app.tasks.stats()).store).toMatchObject({
    mode: 'durable',
    durability: 'every-write',
  });
});

test('an application whose store does not open is not ready, and can be closed', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'catzilla-tasks-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  await writeFile(join(dir, 'file'), '');
  const { task } = mailer();
  const { app } = await program([task], {
    backend: embeddedBackend({ dir: join(dir, 'file', 'tasks') }),
  });
  await expect(app.ready()).rejects.toMatchObject({ syscall: 'mkdir' });
  await expect(app.close()).resolves.toBeUndefined();
});

test('closing an application that was never ready ends', async () => {
  const { task } = mailer();
  const { app } = await program([task]);
  await app.close();
  expect(app.tasks.health()).toEqual({ state: 'ok', reasons: [] });
});
