// Live channels of `catzilla start`: the main thread has their log, real processes and connections.
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { ask, Client } from '../cli-start/support/client.ts';
import { application, start } from '../cli-start/support/program.ts';
import type { Program } from '../cli-start/support/program.ts';

/** Channels that anybody has, and `thread/:n`, which only thread n gives: a client learns by it where it is. */
const APP = `
  import { workerData } from 'node:worker_threads';
  const { thread } = workerData;
  export const config = {
    shutdown: { shutdownDelay: 0 },
    cache: { ttl: 60_000 },
    realtime: { live: true, closeDelay: 50 },
  };
  export default async (app) => {
    app.addHook('onRequest', async (_request, reply) => { reply.header('x-thread', thread); });
    app.realtime.channel('news', { public: true });
    app.realtime.channel('room', { public: true, presence: () => ({ thread }) });
    app.realtime.channel('thread/:n', { authorize: (_request, { n }) => Number(n) === thread });
    app.get('/who', { config: { cache: false } }, async () => ({ thread }));
    app.get('/present', { config: { cache: false } }, async () => app.realtime.presence('room').map(({ data }) => data.thread).sort());
    app.get('/health', { config: { cache: false } }, async () => app.realtime.health());
    app.post('/news/:n', async ({ params }) => ({ id: await app.realtime.publish('news', Number(params.n)) }));
    app.get('/items', { config: { cache: { tags: ['public:items'] } } }, async () => ({ thread }));
    app.post('/purge', async () => ({ purged: await app.cache.purgeTags('public:items') }));
    app.get('/exit', async () => { process.exit(3); });
  };`;

async function serving(threads = 2): Promise<{ program: Program; port: number }> {
  const program = start(await application(APP), ['--threads', String(threads)]);
  return { program, port: await program.port() };
}

/** A client whose one connection is at a thread. */
async function clientAt(port: number, thread: number): Promise<Client> {
  // Each connection goes to either thread with the same chance.
  for (let i = 0; i < 200; i++) {
    const client = new Client(port);
    if ((await client.ask('/who')).thread === String(thread)) {
      onTestFinished(() => client.close());
      return client;
    }
    client.close();
  }
  throw new Error(`no connection of 200 came to thread ${thread}`);
}

interface Told {
  readonly type: string;
  readonly [name: string]: unknown;
}

/** A WebSocket, and all it was told. */
class Socket {
  readonly told: Told[] = [];
  readonly #socket: WebSocket;
  #wake: () => void = () => {};

  constructor(socket: WebSocket) {
    this.#socket = socket;
    onTestFinished(() => socket.terminate());
    socket.on('message', (data) => {
      this.told.push(JSON.parse((data as Buffer).toString()) as Told);
      this.#wake();
    });
  }

  /** Waits for what fits; it may have come already. */
  async heard(what: (told: Told) => boolean): Promise<Told> {
    for (;;) {
      const found = this.told.find(what);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** @returns the answer: `subscribed`, or `error` */
  subscribe(channel: string, after?: string): Promise<Told> {
    const ref = `${channel} ${after}`;
    this.#socket.send(JSON.stringify({ type: 'subscribe', channel, after, ref }));
    return this.heard((told) => told['ref'] === ref);
  }

  get news(): unknown[] {
    return this.told.filter(({ type }) => type === 'message').map(({ id, data }) => [id, data]);
  }

  async close(): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}

async function socketAt(port: number, thread: number): Promise<Socket> {
  for (let i = 0; i < 200; i++) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/realtime`);
    const client = new Socket(socket);
    await once(socket, 'open');
    if ((await client.subscribe(`thread/${thread}`)).type === 'subscribed') return client;
    await client.close();
  }
  throw new Error(`no socket of 200 came to thread ${thread}`);
}

/** An event stream as an EventSource has it, once. */
class Stream {
  readonly heard: { readonly id: string; readonly event: string; readonly data: unknown }[] = [];
  readonly thread: string;
  lastId: string;
  isOver = false;
  #rest = '';
  #wake: () => void = () => {};

  constructor(response: IncomingMessage, lastId: string) {
    this.lastId = lastId;
    this.thread = String(response.headers['x-thread']);
    onTestFinished(() => void response.destroy());
    response.setEncoding('utf8').on('data', (chunk: string) => this.#read(chunk));
    response.on('error', () => {});
    response.once('close', () => {
      this.isOver = true;
      this.#wake();
    });
  }

  /** Waits until it is true, or the stream is over.
   * @returns whether it is true */
  async until(isTrue: () => boolean): Promise<boolean> {
    while (!isTrue()) {
      if (this.isOver) return false;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return true;
  }

  #read(chunk: string): void {
    const frames = (this.#rest + chunk).split('\n\n');
    this.#rest = frames.pop()!;
    for (const frame of frames) {
      const fields = new Map(
        frame.split('\n').map((line) => /^(\w*): ?(.*)$/.exec(line)?.slice(1) as [string, string]),
      );
      this.lastId = fields.get('id') ?? this.lastId;
      const data = fields.get('data');
      if (data === undefined) continue;
      const event = fields.get('event') ?? 'message';
      this.heard.push({ id: this.lastId, event, data: (JSON.parse(data) as Told)['data'] });
    }
    this.#wake();
  }
}

async function openStream(port: number, lastId = ''): Promise<Stream> {
  const headers = lastId === '' ? {} : { 'last-event-id': lastId };
  const path = '/realtime/events?channel=news';
  const request = get({ host: '127.0.0.1', port, path, agent: false, headers });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  request.on('error', () => {});
  return new Stream(response, lastId);
}

async function publish(port: number, n: number): Promise<string> {
  const { status, body } = await ask(port, `/news/${n}`, 'POST');
  expect(status, body).toBe(200);
  const { id } = JSON.parse(body) as { id?: string };
  expect(id, 'the log has it').toBeTypeOf('string');
  return id!;
}

it('tells clients of each thread what either publishes, in one order and with the same ids', async () => {
  const { program, port } = await serving();
  const sockets = [await socketAt(port, 1), await socketAt(port, 2)];
  for (const socket of sockets) await socket.subscribe('news');
  const publishers = [await clientAt(port, 1), await clientAt(port, 2)];
  const published = await Promise.all(
    Array.from({ length: 100 }, async (_, n) => {
      const { body } = await publishers[n % 2]!.ask(`/news/${n}`, 'POST');
      return [(JSON.parse(body) as { id: string }).id, n];
    }),
  );
  for (const socket of sockets) {
    await socket.heard(() => socket.news.length === published.length);
    expect(new Map(socket.news as [])).toStrictEqual(new Map(published as []));
  }
  expect(sockets[0]!.news).toStrictEqual(sockets[1]!.news);
  for (const client of publishers) {
    expect(JSON.parse((await client.ask('/health')).body)).toMatchObject({ state: 'ok' });
  }
  program.signal('SIGTERM');
  expect(await program.ended).toBe(0);
  expect(program.lines.filter(({ level }) => level >= 40)).toStrictEqual([]);
  expect(program.stderr).toBe('');
});

it('shows in each thread who is present in either', async () => {
  const { port } = await serving();
  const [one, two] = [await socketAt(port, 1), await socketAt(port, 2)];
  expect(await one.subscribe('room')).toMatchObject({ channels: [{ members: [{}] }] });
  await two.subscribe('room');
  const { data } = await one.heard(({ type, event }) => type === 'presence' && event === 'join');
  expect(data).toMatchObject({ data: { thread: 2 } });
  for (const thread of [1, 2]) {
    const client = await clientAt(port, thread);
    const present = async (): Promise<string> => (await client.ask('/present')).body;
    await expect.poll(present).toBe('[1,2]');
  }
  await two.close();
  await one.heard(({ type, event }) => type === 'presence' && event === 'leave');
});

it('tells browsers of one thread what the cache purges in the other', async () => {
  const { port } = await serving();
  const socket = await socketAt(port, 2);
  expect(await socket.subscribe('cache/tag/public:items')).toMatchObject({ type: 'subscribed' });
  const other = await clientAt(port, 1);
  expect((await other.ask('/items')).status).toBe(200);
  expect((await other.ask('/purge', 'POST')).status).toBe(200);
  const told = await socket.heard(({ type }) => type === 'invalidated');
  expect(told).toMatchObject({ channel: 'cache/tag/public:items' });
});

it('loses and doubles nothing on an event stream over a reload', async () => {
  const { program, port } = await serving();
  const all: unknown[] = [];
  const threads: string[] = [];
  let stream = await openStream(port);
  await stream.until(() => stream.lastId !== '');
  let last = -1;
  const follow = async (): Promise<void> => {
    for (;;) {
      threads.push(stream.thread);
      const isDone = await stream.until(() => last >= 0 && stream.heard.at(-1)?.data === last);
      all.push(...stream.heard.map(({ event, data }) => (event === 'message' ? data : event)));
      if (isDone) return;
      stream = await openStream(port, stream.lastId);
    }
  };
  const followed = follow();
  let isReloaded = false;
  let n = 0;
  program.signal('SIGHUP');
  const reloaded = program.line('reloaded').then(() => (isReloaded = true));
  while (!isReloaded) {
    await publish(port, n++);
    await pause(1);
  }
  await reloaded;
  last = n;
  await publish(port, last);
  await followed;
  expect(threads.length).toBeGreaterThan(1);
  expect(all).toStrictEqual(Array.from({ length: last + 1 }, (_, i) => i));
});

it.each([1, 2])(
  'keeps ids valid when a thread of %d fails, and hears the one that takes over',
  async (threads) => {
    const { program, port } = await serving(threads);
    const first = await publish(port, 0);
    await publish(port, 1);
    const crashed = await ask(port, '/exit').then(
      () => undefined,
      (error: Error) => error,
    );
    expect(crashed).toBeInstanceOf(Error);
    const { thread } = await program.line('serves again');
    const socket = await socketAt(port, Number(thread));
    const answer = await socket.subscribe('news', first);
    expect(answer).toMatchObject({ type: 'subscribed', channels: [{ gap: false }] });
    await publish(port, 2);
    await socket.heard(() => socket.news.length === 2);
    expect(socket.news.map((entry) => (entry as [string, number])[1])).toStrictEqual([1, 2]);
    program.signal('SIGTERM');
    expect(await program.ended).toBe(0);
  },
);
