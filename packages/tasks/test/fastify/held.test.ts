// Held jobs against real sockets, with a producer that only takes notes: what is decided when, not what becomes of it.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { HeldEnqueue, HeldJobs } from '../../src/fastify/held.ts';
import { addRequestEnqueue } from '../../src/fastify/request-enqueue.ts';
import type { Enqueuer, RequestEnqueue } from '../../src/fastify/request-enqueue.ts';
import type { Task } from '../../src/define/types.ts';
import { errors } from '../../src/errors.ts';

const mail = { name: 'mail' } as unknown as Task<string, string>;

interface Program {
  readonly app: FastifyInstance;
  readonly held: HeldJobs;
  /** Payloads in the order in which they were added. */
  readonly added: string[];
  /** Lines of the log, from warn on. */
  readonly lines: string[];
  /** Resolves once so many were decided. */
  readonly decisions: (count: number) => Promise<readonly HeldEnqueue['state'][]>;
  readonly jobs: readonly HeldEnqueue[];
  /** What a handler gives its held job to. */
  readonly note: (job: HeldEnqueue) => void;
  /** Resolves with the port. */
  readonly listen: () => Promise<number>;
}

function program({ add }: { readonly add?: (payload: string) => Promise<void> } = {}): Program {
  const lines: string[] = [];
  const app = Fastify({
    forceCloseConnections: true,
    logger: { level: 'warn', stream: { write: (line: string) => void lines.push(line) } },
  });
  onTestFinished(() => app.close());
  const added: string[] = [];
  const jobs: HeldEnqueue[] = [];
  const handleOf = async (payload: string): Promise<never> => {
    await add?.(payload);
    added.push(payload);
    return { id: payload } as never;
  };
  const enqueuer = {
    enqueue: (_task: unknown, payload: string) => handleOf(payload),
    async prepare(task: unknown, payload: string) {
      await Promise.resolve();
      if (payload === 'bad') throw new errors.PAYLOAD('mail', 'is not valid');
      return { task, enqueue: () => handleOf(payload) };
    },
  } as unknown as Enqueuer;
  const held = addRequestEnqueue(app, enqueuer);
  return {
    app,
    held,
    added,
    lines,
    jobs,
    note: (job) => void jobs.push(job),
    async decisions(count) {
      await vi.waitFor(() => expect(jobs.length).toBe(count));
      await Promise.allSettled(jobs.map((job) => job.handle()));
      return jobs.map(({ state }) => state);
    },
    async listen() {
      await app.listen({ port: 0, host: '127.0.0.1' });
      return (app.server.address() as AddressInfo).port;
    },
  };
}

/** A connection that is closed at the end of the test. */
async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

const get = (path: string, method = 'GET'): string =>
  `${method} ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;

test('a job is added after the reply, not before', async () => {
  const { app, added, note, decisions } = program();
  let addedBeforeReply: number | undefined;
  app.addHook('onSend', async () => {
    addedBeforeReply = added.length;
  });
  app.get('/', async (request) => {
    const job = await request.enqueue(mail, 'hello');
    note(job);
    expect(job.state).toBe('held');
    return 'ok';
  });
  expect((await app.inject('/')).body).toBe('ok');
  expect(await decisions(1)).toEqual(['added']);
  expect({ added, addedBeforeReply }).toEqual({ added: ['hello'], addedBeforeReply: 0 });
});

test('handle() gives the handle once the job was added', async () => {
  const { app, jobs, note, decisions } = program();
  app.get('/', async (request) => note(await request.enqueue(mail, 'hello')));
  await app.inject('/');
  await decisions(1);
  expect(await jobs[0]!.handle()).toEqual({ id: 'hello' });
});

test.for([
  ['200', 'added', 'added'],
  ['204', 'added', 'added'],
  ['304', 'added', 'added'],
  ['404', 'added', 'added'],
  ['500', 'dropped', 'added'],
  ['503', 'dropped', 'added'],
] as const)(
  'after %s a job of "sent" is %s, one of "always" %s',
  async ([status, sent, always]) => {
    const { app, note, decisions } = program();
    app.get('/', async (request, reply) => {
      note(await request.enqueue(mail, 'sent'));
      note(await request.enqueue(mail, 'always', { when: 'always' }));
      return reply.code(Number(status)).send();
    });
    await app.inject('/');
    expect(await decisions(2)).toEqual([sent, always]);
  },
);

test('an error of the handler drops the job', async () => {
  const { app, note, decisions, added } = program();
  app.get('/', async (request) => {
    note(await request.enqueue(mail, 'hello'));
    throw new Error('after all');
  });
  expect((await app.inject('/')).statusCode).toBe(500);
  expect(await decisions(1)).toEqual(['dropped']);
  expect(added).toEqual([]);
});

test('a dropped job has no handle', async () => {
  const { app, jobs, note, decisions } = program();
  app.get('/', async (request, reply) => {
    note(await request.enqueue(mail, 'hello'));
    return reply.code(500).send('no');
  });
  await app.inject('/');
  await decisions(1);
  expect(await jobs[0]!.handle()).toBeUndefined();
});

test('a payload that is wrong is a 400, and holds nothing', async () => {
  const { app, held } = program();
  app.get('/', async (request) => request.enqueue(mail, 'bad'));
  const response = await app.inject('/');
  expect(response.statusCode).toBe(400);
  expect(response.json()).toMatchObject({ code: 'CATZ_TASKS_PAYLOAD' });
  expect(held.count).toBe(0);
});

test("'now' enqueues before the reply, whatever that will be", async () => {
  const { app, added } = program();
  app.get('/', async (request, reply) => {
    const handle = await request.enqueue(mail, 'hello', { when: 'now' });
    expect(added).toEqual(['hello']);
    return reply.code(500).send(handle);
  });
  expect((await app.inject('/')).json()).toEqual({ id: 'hello' });
});

test.for<[unknown, string]>([
  [{ when: 'later' }, 'got "later"'],
  [{ wehn: 'now' }, 'did you mean when'],
  [{ dealy: 5 }, 'did you mean delay'],
  [null, 'expected options to be an object, got null'],
  ['now', 'expected options to be an object'],
])('options %j are CATZ_TASKS_OPTIONS', async ([options, expected]) => {
  const { app } = program();
  app.get('/', async (request) => {
    const enqueue = request.enqueue as (...args: unknown[]) => Promise<unknown>;
    await enqueue.call(request, mail, 'hello', options);
  });
  const { code, message } = (await app.inject('/')).json<{ code: string; message: string }>();
  expect(code).toBe('CATZ_TASKS_OPTIONS');
  expect(message).toContain(expected);
});

test('before the hook of the plugin there is nothing to hold by', async () => {
  const app = Fastify();
  onTestFinished(() => app.close());
  app.addHook('onRequest', async (request) => {
    await (request as unknown as { enqueue: RequestEnqueue }).enqueue(mail, 'hello');
  });
  addRequestEnqueue(app, {} as Enqueuer);
  app.get('/', async () => 'never');
  expect((await app.inject('/')).json()).toMatchObject({
    message: expect.stringContaining('before the onRequest hook'),
  });
});

test('jobs of one request are added in the order of their calls', async () => {
  const { app, added, note, decisions } = program();
  app.get('/', async (request) => {
    for (const name of ['a', 'b', 'c']) note(await request.enqueue(mail, name));
  });
  await app.inject('/');
  await decisions(3);
  expect(added).toEqual(['a', 'b', 'c']);
});

test('a hook that runs after the reply adds at once', async () => {
  const { app, note, decisions, listen } = program();
  app.addHook('onResponse', async (request) => note(await request.enqueue(mail, 'late')));
  app.get('/', async () => 'ok');
  app.get('/broken', async (_request, reply) => reply.code(500).send('no'));
  const socket = await dial(await listen());
  socket.write(get('/') + get('/broken'));
  expect(await decisions(2)).toEqual(['added', 'dropped']);
});

test('each reply of a kept connection decides its own jobs', async () => {
  const { app, added, note, decisions, listen } = program();
  app.get('/:name/:status', async (request, reply) => {
    const { name, status } = request.params as { name: string; status: string };
    note(await request.enqueue(mail, name));
    return reply.code(Number(status)).send('x');
  });
  const socket = await dial(await listen());
  for (const [i, path] of ['/a/200', '/b/500', '/c/200'].entries()) {
    socket.write(get(path));
    await decisions(i + 1);
  }
  expect(added).toEqual(['a', 'c']);
});

test('HEAD and hijacked replies are replies', async () => {
  const { app, note, decisions, listen } = program();
  app.get('/', async (request) => {
    note(await request.enqueue(mail, 'head'));
    return 'body';
  });
  app.get('/hijacked/:status', async (request, reply) => {
    note(await request.enqueue(mail, 'raw'));
    reply.hijack();
    reply.raw.writeHead(Number((request.params as { status: string }).status)).end('raw');
  });
  const socket = await dial(await listen());
  socket.write(get('/', 'HEAD'));
  await decisions(1);
  socket.write(get('/hijacked/200'));
  await decisions(2);
  socket.write(get('/hijacked/500'));
  expect(await decisions(3)).toEqual(['added', 'added', 'dropped']);
});

test('a client that is gone before the reply drops the job, but for "always"', async () => {
  const { app, jobs, note, decisions, listen } = program();
  app.get('/', async (request, reply) => {
    note(await request.enqueue(mail, 'sent'));
    note(await request.enqueue(mail, 'always', { when: 'always' }));
    await once(request.raw, 'close');
    return reply.send('nobody hears');
  });
  const socket = await dial(await listen());
  socket.write(get('/'));
  await vi.waitFor(() => expect(jobs.length).toBe(2));
  socket.destroy();
  expect(await decisions(2)).toEqual(['dropped', 'added']);
});

test('a job that comes after its client has gone is decided at once', async () => {
  const { app, note, decisions, listen } = program();
  app.get('/', async (request, reply) => {
    await new Promise((resolve) => reply.raw.once('close', resolve));
    note(await request.enqueue(mail, 'sent'));
    note(await request.enqueue(mail, 'always', { when: 'always' }));
    return reply.send('nobody hears');
  });
  const socket = await dial(await listen());
  const arrived = once(app.server, 'request');
  socket.write(get('/'));
  await arrived;
  socket.destroy();
  expect(await decisions(2)).toEqual(['dropped', 'added']);
});

test('a response that is destroyed drops the job, also where there is no connection', async () => {
  const { app, note, decisions } = program();
  app.get('/', async (request, reply) => {
    note(await request.enqueue(mail, 'hello'));
    reply.hijack();
    reply.raw.destroy();
  });
  await expect(app.inject('/')).rejects.toThrow(/destroyed/);
  expect(await decisions(1)).toEqual(['dropped']);
});

test('a body that breaks while it is sent drops the job', async () => {
  const { app, note, decisions, listen } = program();
  app.get('/', async (request, reply) => {
    note(await request.enqueue(mail, 'hello'));
    const body = new Readable({ read() {} });
    body.push('half');
    setImmediate(() => body.destroy(new Error('the source broke')));
    return reply.send(body);
  });
  const socket = await dial(await listen());
  socket.write(get('/'));
  expect(await decisions(1)).toEqual(['dropped']);
});

test('requests that wait behind another one on a connection hear of its end', async () => {
  const { app, jobs, note, decisions, listen } = program();
  let isFirst = true;
  app.get('/', async (request, reply) => {
    const mine = isFirst;
    isFirst = false;
    note(await request.enqueue(mail, mine ? 'first' : 'behind'));
    // The first never ends, and so nothing of the others is written.
    if (mine) return reply.hijack();
    return 'answer';
  });
  const warnings = vi.spyOn(process, 'emitWarning');
  onTestFinished(() => warnings.mockRestore());
  const socket = await dial(await listen());
  socket.write(get('/').repeat(13));
  await vi.waitFor(() => expect(jobs.length).toBe(13));
  socket.destroy();
  expect(new Set(await decisions(13))).toEqual(new Set(['dropped']));
  expect(warnings).not.toHaveBeenCalled();
});

test('streams of HTTP/2 are replies too', async () => {
  const lines: string[] = [];
  const app = Fastify({
    http2: true,
    logger: { level: 'warn', stream: { write: (line: string) => void lines.push(line) } },
  });
  onTestFinished(() => app.close());
  const added: string[] = [];
  const jobs: HeldEnqueue[] = [];
  addRequestEnqueue(
    app as unknown as FastifyInstance,
    {
      async prepare(_task: unknown, payload: string) {
        return { task: mail, enqueue: async () => added.push(payload) };
      },
    } as unknown as Enqueuer,
  );
  const enqueue = (request: unknown, payload: string): Promise<HeldEnqueue> =>
    (request as { enqueue: RequestEnqueue }).enqueue(mail, payload);
  app.get('/answer', async (request) => {
    jobs.push(await enqueue(request, 'answered'));
    return 'ok';
  });
  app.get('/gone', async (request, reply) => {
    jobs.push(await enqueue(request, 'gone'));
    await once(request.raw.stream, 'close');
    return reply.send('nobody hears');
  });
  app.addHook('onResponse', async (request) => {
    if (request.url === '/answer') jobs.push(await enqueue(request, 'late'));
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const client = connectHttp2(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`);
  onTestFinished(() => client.destroy());
  const answered = client.request({ ':path': '/answer' });
  answered.resume();
  await once(answered, 'close');
  const cancelled = client.request({ ':path': '/gone' });
  cancelled.on('error', () => {});
  await vi.waitFor(() => expect(jobs.length).toBe(3));
  cancelled.close(8);
  await Promise.all(jobs.map((job) => job.handle()));
  expect(added).toEqual(['answered', 'late']);
  expect(jobs.at(-1)!.state).toBe('dropped');
});

test('a job that cannot be added after the reply is in the log, without its payload', async () => {
  const { app, note, decisions, lines } = program({
    add: async () => {
      throw new errors.QUEUE_FULL('1000 jobs', '1000');
    },
  });
  const secret = createHash('sha256').update('x').digest('hex');
  app.get('/', async (request) => note(await request.enqueue(mail, secret)));
  expect((await app.inject('/')).statusCode).toBe(200);
  expect(await decisions(1)).toEqual(['failed']);
  await vi.waitFor(() => expect(lines.join('')).toContain('CATZ_TASKS_QUEUE_FULL'));
  expect(lines.join('')).toContain('"task":"mail"');
  expect(lines.join('')).not.toContain(secret);
});

test('settling waits for replies and adds', async () => {
  let release: () => void = () => {};
  const { app, held, added } = program({
    add: () =>
      new Promise((resolve) => {
        release = resolve;
      }),
  });
  app.get('/', async (request) => {
    await request.enqueue(mail, 'hello');
    return 'ok';
  });
  await app.inject('/');
  const settled = held.settle(10_000);
  await Promise.resolve();
  expect(added).toEqual([]);
  release();
  await settled;
  expect(added).toEqual(['hello']);
});

test('what is still held at the end of settling is decided as if the client were gone', async () => {
  const { app, held, note, decisions, lines } = program();
  let finish: () => void = () => {};
  app.get('/', async (request) => {
    note(await request.enqueue(mail, 'sent'));
    note(await request.enqueue(mail, 'always', { when: 'always' }));
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    note(await request.enqueue(mail, 'after'));
    return 'ok';
  });
  const reply = app.inject('/');
  await vi.waitFor(() => expect(held.count).toBe(2));
  await held.settle(5);
  expect(await decisions(2)).toEqual(['dropped', 'added']);
  expect(lines.join('')).toContain('"held":2');
  finish();
  expect((await reply).statusCode).toBe(200);
  expect(await decisions(3)).toEqual(['dropped', 'added', 'dropped']);
});

test('settling ends only when what it has decided late was added', async () => {
  let release: () => void = () => {};
  const { app, held, added } = program({
    add: () =>
      new Promise((resolve) => {
        release = resolve;
      }),
  });
  app.get('/', async (request, reply) => {
    await request.enqueue(mail, 'always', { when: 'always' });
    return reply.hijack();
  });
  void app.inject('/').catch(() => undefined);
  await vi.waitFor(() => expect(held.count).toBe(1));
  let isSettled = false;
  const settled = held.settle(1).then(() => {
    isSettled = true;
  });
  await vi.waitFor(() => expect(held.count).toBe(0));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isSettled).toBe(false);
  release();
  await settled;
  expect(added).toEqual(['always']);
});
