import { EventEmitter, once } from 'node:events';
import { get as httpGet } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectHttp2 } from 'node:http2';
import { pipeline, Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { createBrotliCompress } from 'node:zlib';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyServerOptions } from 'fastify';
import { afterEach, describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import { errors } from '../../src/errors.ts';
import { decorateStreams } from '../../src/stream/decorate.ts';
import type { OpenStreams } from '../../src/stream/open-streams.ts';
import type { EventItem } from '../../src/stream/forms.ts';
import type { StreamSource } from '../../src/stream/source.ts';

const opened: FastifyInstance[] = [];
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
});

interface Made {
  readonly app: FastifyInstance;
  readonly streams: OpenStreams;
}

function make(
  answer: (reply: FastifyReply) => unknown,
  settings: { heartbeat?: number; closeDelay?: number; server?: FastifyServerOptions } = {},
): Made {
  const { heartbeat = 15_000, closeDelay = 0, server = {} } = settings;
  const app = Fastify(server);
  const streams = decorateStreams(app, { heartbeat, closeDelay });
  app.addHook('preClose', () => streams.close());
  app.get('/', (_request, reply) => answer(reply));
  opened.push(app);
  return { app, streams };
}

async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port;
}

/** A client that sends a GET and reads only when it is told to. */
async function ask(port: number, version = '1.1'): Promise<Socket> {
  const socket = connectTcp(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(`GET / HTTP/${version}\r\nHost: test\r\n\r\n`);
  return socket;
}

interface Reading {
  readonly response: IncomingMessage;
  /** Reads until the text is there. */
  until(text: string): Promise<void>;
  /** Whether it was complete when it was over. */
  readonly over: Promise<boolean>;
}

/** A client of its own connection: what fetch has in its pool would hold the server. */
async function get(port: number): Promise<Reading> {
  const request = httpGet({ port, host: '127.0.0.1', agent: false });
  request.on('error', () => {});
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.setEncoding('utf8');
  let read = '';
  response.on('data', (chunk: string) => (read += chunk));
  response.on('error', () => {});
  const over = new Promise<boolean>((resolve) => {
    response.once('close', () => resolve(response.complete));
  });
  return {
    response,
    over,
    async until(text) {
      while (!read.includes(text)) await once(response, 'data');
    },
  };
}

async function* count(to: number): AsyncGenerator<{ n: number }> {
  for (let n = 0; n < to; n++) yield { n };
}

/** Items that come when they are told to. */
class Tap {
  readonly #events = new EventEmitter();
  isStopped = false;
  isAborted = false;

  async *items(signal?: AbortSignal): AsyncGenerator<unknown> {
    signal?.addEventListener('abort', () => {
      this.isAborted = true;
    });
    try {
      for (;;) {
        const [item] = (await once(this.#events, 'item', signal && { signal })) as [unknown];
        if (item instanceof Error) throw item;
        yield item;
      }
    } finally {
      this.isStopped = true;
    }
  }

  give(item: unknown): void {
    this.#events.emit('item', item);
  }

  get isAwaited(): boolean {
    return this.#events.listenerCount('item') > 0;
  }
}

/** A stream of Node and one of the web: one item, and no end. */
function waitingStreams(): { items: AsyncIterable<number>; isEnded: () => boolean }[] {
  const node = new Readable({ objectMode: true, read() {} });
  node.push(1);
  let isCancelled = false;
  const web = new ReadableStream<number>({
    start: (controller) => controller.enqueue(1),
    cancel: () => void (isCancelled = true),
  });
  return [
    { items: node, isEnded: () => node.destroyed },
    { items: web, isEnded: () => isCancelled },
  ];
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await pause(2);
}

describe('reply.ndjson', () => {
  it('sends a JSON text per line', async () => {
    const { app } = make((reply) => reply.ndjson(count(3)));
    const response = await app.inject('/');
    expect(response.body).toBe('{"n":0}\n{"n":1}\n{"n":2}\n');
    expect(response.headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
  });

  it('takes arrays, promises in them, streams of the web, and functions', async () => {
    const sources: StreamSource<number>[] = [
      [1, 2],
      [Promise.resolve(1), Promise.resolve(2)],
      new Set([1, 2]),
      new ReadableStream<number>({
        start(controller) {
          controller.enqueue(1);
          controller.enqueue(2);
          controller.close();
        },
      }),
      () => [1, 2],
      async () => [1, 2],
    ];
    for (const source of sources) {
      const { app } = make((reply) => reply.ndjson(source));
      expect((await app.inject('/')).body).toBe('1\n2\n');
    }
  });

  it('writes null for what has no JSON', async () => {
    const { app } = make((reply) => reply.ndjson([undefined, null, 'a\nb']));
    expect((await app.inject('/')).body).toBe('null\nnull\n"a\\nb"\n');
  });

  it('sends each item as soon as there is one', async () => {
    const tap = new Tap();
    const { app } = make((reply) => reply.ndjson((signal) => tap.items(signal)));
    const reading = get(await listen(app));
    await until(() => tap.isAwaited);
    tap.give(1);
    const reader = await reading;
    await reader.until('1\n');
    await until(() => tap.isAwaited);
    tap.give({ two: 2 });
    await reader.until('1\n{"two":2}\n');
    reader.response.destroy();
    await until(() => tap.isStopped);
  });

  it('keeps the fields and the status that the handler has set', async () => {
    const { app } = make((reply) =>
      reply.code(206).header('cache-control', 'max-age=5').type('application/jsonl').ndjson([1]),
    );
    const response = await app.inject('/');
    expect(response.statusCode).toBe(206);
    expect(response.headers['cache-control']).toBe('max-age=5');
    expect(response.headers['content-type']).toBe('application/jsonl');
  });

  it('runs the hooks of a reply, and lets an async handler return it', async () => {
    const { app } = make(async (reply) => reply.ndjson(count(1)));
    app.addHook('onSend', async (_request, reply) => {
      reply.header('x-hook', 'ran');
    });
    const response = await app.inject('/');
    expect(response.headers['x-hook']).toBe('ran');
    expect(response.body).toBe('{"n":0}\n');
  });
});

describe('reply.streamJson', () => {
  it('sends one JSON array', async () => {
    for (const [source, body] of [
      [[], '[]'],
      [[1], '[1]'],
      [[{ a: 1 }, undefined, 'x'], '[{"a":1},null,"x"]'],
    ] as const) {
      const { app } = make((reply) => reply.streamJson<unknown>(source));
      const response = await app.inject('/');
      expect(response.body).toBe(body);
      expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(response.headers['cache-control']).toBe('no-store');
    }
  });

  it('sends many items whole', async () => {
    const { app } = make((reply) => reply.streamJson(count(50_000)));
    const response = await fetch(`http://127.0.0.1:${await listen(app)}/`);
    const rows = (await response.json()) as { n: number }[];
    expect(rows.length).toBe(50_000);
    expect(rows.every(({ n }, i) => n === i)).toBe(true);
  });
});

describe('reply.events', () => {
  it('sends events, strings as they are and the rest as JSON', async () => {
    const items: EventItem[] = [
      { data: 'plain\ntext' },
      { id: '7\n8', event: 'price\r\ndata: forged', data: { eur: 12 }, retry: 500 },
      { id: '9' },
    ];
    const { app } = make((reply) => reply.events(items));
    const response = await app.inject('/');
    expect(response.body).toBe(
      'data: plain\ndata: text\n\n' +
        'id: 78\nevent: pricedata: forged\nretry: 500\ndata: {"eur":12}\n\n' +
        'id: 9\n\n',
    );
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
  });

  it('says that it is there where nothing else is said', async () => {
    const tap = new Tap();
    const { app } = make((reply) => reply.events(tap.items() as AsyncGenerator<EventItem>), {
      heartbeat: 5,
    });
    const reading = get(await listen(app));
    await until(() => tap.isAwaited);
    tap.give({ data: 'first' });
    const reader = await reading;
    await reader.until('first\n\n: \n\n: \n\n');
    reader.response.destroy();
  });

  it('opens before there is a first event, if that takes its time', async () => {
    const tap = new Tap();
    const { app } = make((reply) => reply.events(tap.items() as AsyncGenerator<EventItem>));
    const reader = await get(await listen(app));
    expect(reader.response.statusCode).toBe(200);
    await reader.until(': \n\n');
    tap.give({ data: 'late' });
    await reader.until(': \n\ndata: late\n\n');
    await until(() => tap.isAwaited);
    tap.give(new Error('too late for an answer'));
    expect(await reader.over).toBe(false);
  });
});

describe('a stream that fails', () => {
  it('answers an error before the first item as any error', async () => {
    const missing = Object.assign(new Error('no such table'), { statusCode: 404 });
    for (const source of [
      { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(missing) }) },
      () => Promise.reject(missing),
    ]) {
      for (const form of ['ndjson', 'streamJson', 'events'] as const) {
        const { app } = make((reply) => reply[form](source as StreamSource<never>));
        const response = await app.inject('/');
        expect(response.statusCode).toBe(404);
        expect(response.json()).toMatchObject({ message: 'no such table' });
        expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
      }
    }
  });

  it('answers what cannot be written as an error', async () => {
    const { app } = make((reply) => reply.ndjson([12n]));
    expect((await app.inject('/')).statusCode).toBe(500);
  });

  it('answers what was thrown and is no Error', async () => {
    const { app } = make((reply) =>
      reply.ndjson(() => {
        throw 'text'; // oxlint-disable-line no-throw-literal
      }),
    );
    expect((await app.inject('/')).statusCode).toBe(500);
  });

  it('destroys the connection on a late error, so that a part never looks complete', async () => {
    for (const form of ['ndjson', 'streamJson', 'events'] as const) {
      const tap = new Tap();
      const { app, streams } = make((reply) =>
        reply[form](tap.items() as AsyncGenerator<EventItem>),
      );
      const reading = get(await listen(app));
      await until(() => tap.isAwaited);
      tap.give({ data: 'one' });
      const reader = await reading;
      await until(() => tap.isAwaited);
      tap.give(new Error('the database is gone'));
      expect(await reader.over).toBe(false);
      await until(() => streams.size === 0);
    }
  });

  it('resets the stream on a late error over HTTP/2', async () => {
    const tap = new Tap();
    const { app } = make((reply) => reply.ndjson(tap.items()), {
      server: { http2: true } as unknown as FastifyServerOptions,
    });
    const session = connectHttp2(`http://127.0.0.1:${await listen(app)}`);
    const stream = session.request({ ':path': '/' });
    await until(() => tap.isAwaited);
    tap.give(1);
    await once(stream, 'data');
    await until(() => tap.isAwaited);
    tap.give(new Error('the database is gone'));
    const [error] = (await once(stream, 'error')) as [Error];
    expect(error.message).toContain('INTERNAL_ERROR');
    session.close();
  });

  it('resets the connection on a late error over HTTP/1.0, where its end would be that of the body', async () => {
    const tap = new Tap();
    const { app } = make((reply) => reply.ndjson(tap.items()));
    const socket = await ask(await listen(app), '1.0');
    const failed = once(socket, 'error') as Promise<[NodeJS.ErrnoException]>;
    await until(() => tap.isAwaited);
    tap.give(1);
    await once(socket, 'data');
    await until(() => tap.isAwaited);
    tap.give(new Error('the database is gone'));
    expect((await failed)[0].code).toBe('ECONNRESET');
  });

  it('is answered as an error where an encoder has not let anything out yet', async () => {
    const tap = new Tap();
    const { app } = make((reply) => reply.streamJson(tap.items()));
    app.addHook('onSend', async (_request, reply, payload) => {
      if (!(payload instanceof Readable)) return payload;
      reply.header('content-encoding', 'br');
      return pipeline(payload, createBrotliCompress(), () => {});
    });
    const answer = app.inject('/');
    await until(() => tap.isAwaited);
    tap.give(1);
    await until(() => tap.isAwaited);
    tap.give(new Error('the database is gone'));
    const { statusCode, headers, body } = await answer;
    expect([statusCode, headers['content-encoding']]).toEqual([500, undefined]);
    expect(JSON.parse(body)).toMatchObject({ message: 'the database is gone' });
  });
});

describe('a client that leaves', () => {
  it('stops a stream that waits, of Node or of the web', async () => {
    for (const source of waitingStreams()) {
      const { app, streams } = make((reply) => reply.ndjson(source.items));
      const socket = await ask(await listen(app));
      await once(socket, 'data');
      socket.destroy();
      await until(() => source.isEnded());
      expect(streams.size).toBe(0);
    }
  });

  it('stops a producer that waits, by its signal', async () => {
    const tap = new Tap();
    const { app, streams } = make((reply) => reply.ndjson((signal) => tap.items(signal)));
    const socket = await ask(await listen(app));
    await until(() => tap.isAwaited);
    tap.give(1);
    await once(socket, 'data');
    socket.destroy();
    await until(() => tap.isStopped);
    expect(tap.isAborted).toBe(true);
    expect(streams.size).toBe(0);
  });

  it('stops a producer whose first item is still to come', async () => {
    const tap = new Tap();
    const { app, streams } = make((reply) => reply.ndjson((signal) => tap.items(signal)));
    const socket = await ask(await listen(app));
    await until(() => tap.isAwaited);
    socket.destroy();
    await until(() => tap.isStopped);
    expect(streams.size).toBe(0);
  });

  it('stops what a slow factory makes for nobody', async () => {
    let resolve!: (items: AsyncIterable<number>) => void;
    let isReturned = false;
    const made = new Promise<AsyncIterable<number>>((done) => (resolve = done));
    const { app, streams } = make((reply) => reply.ndjson(() => made));
    const socket = await ask(await listen(app));
    await until(() => streams.size === 1);
    socket.destroy();
    await until(() => streams.size === 0);
    resolve({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new Error('asked for an item nobody reads')),
        async return() {
          isReturned = true;
          return { done: true as const, value: undefined };
        },
      }),
    });
    await until(() => isReturned);
  });

  it('leaves nothing behind when it leaves in the middle of backpressure', async () => {
    let pulled = 0;
    let isStopped = false;
    async function* wide(): AsyncGenerator<string> {
      try {
        for (;;) {
          pulled++;
          yield 'x'.repeat(65_536);
        }
      } finally {
        isStopped = true;
      }
    }
    const { app, streams } = make((reply) => reply.ndjson(wide()));
    const socket = await ask(await listen(app));
    socket.pause();
    await stands(() => pulled);
    // What the system's buffers of loopback hold, and no more: a reader that does not read is not read for.
    expect(pulled).toBeLessThan(1_000);
    expect(isStopped).toBe(false);
    socket.destroy();
    await until(() => isStopped);
    expect(streams.size).toBe(0);
  });

  it('keeps what a producer throws while it is stopped to the log', async () => {
    const lines: string[] = [];
    let isWaiting = false;
    const { app } = make(
      (reply) =>
        reply.ndjson(async function* (signal: AbortSignal): AsyncGenerator<number> {
          yield 1;
          isWaiting = true;
          await once(signal, 'abort');
          throw new Error('lost the cursor');
        }),
      {
        server: {
          logger: { level: 'debug', stream: { write: (line: string) => void lines.push(line) } },
        },
      },
    );
    const socket = await ask(await listen(app));
    await until(() => isWaiting);
    socket.destroy();
    await until(() => lines.some((line) => line.includes('lost the cursor')));
  });
});

describe('streams at the end of the application', () => {
  it('are waited for, as long as closeDelay', async () => {
    const tap = new Tap();
    const { app } = make((reply) => reply.ndjson(tap.items()), { closeDelay: 60_000 });
    const socket = await ask(await listen(app));
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await until(() => tap.isAwaited);
    tap.give(1);
    await until(() => text.includes('1\n'));
    const closed = app.close();
    await until(() => tap.isAwaited);
    tap.give(2);
    await until(() => text.includes('2\n'));
    socket.destroy();
    await closed;
  });

  it('are cut after it', async () => {
    const tap = new Tap();
    const { app, streams } = make((reply) => reply.ndjson((signal) => tap.items(signal)), {
      closeDelay: 20,
    });
    const reading = get(await listen(app));
    await until(() => tap.isAwaited);
    tap.give(1);
    const reader = await reading;
    await app.close();
    expect(await reader.over).toBe(false);
    expect(tap.isAborted).toBe(true);
    expect(streams.size).toBe(0);
  });

  it('are reset over HTTP/2, so that a part never looks complete', async () => {
    const tap = new Tap();
    const { app } = make((reply) => reply.ndjson((signal) => tap.items(signal)), {
      server: { http2: true } as unknown as FastifyServerOptions,
    });
    const session = connectHttp2(`http://127.0.0.1:${await listen(app)}`);
    const stream = session.request({ ':path': '/' });
    const failed = once(stream, 'error') as Promise<[Error]>;
    await until(() => tap.isAwaited);
    tap.give(1);
    await once(stream, 'data');
    const closed = app.close();
    expect((await failed)[0].message).toContain('INTERNAL_ERROR');
    session.close();
    await closed;
  });

  it('are not begun any more: CATZ_REALTIME_CLOSED', async () => {
    const { app, streams } = make((reply) => reply.ndjson(count(1)));
    await streams.close();
    const response = await app.inject('/');
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({ code: 'CATZ_REALTIME_CLOSED' });
  });
});

describe('misuse', () => {
  it('is told at its line: CATZ_REALTIME_OPTION', async () => {
    for (const wrong of ['text', 12, null, undefined, { length: 2 }]) {
      const { app } = make((reply) => reply.ndjson(wrong as never));
      expect((await app.inject('/')).json()).toMatchObject({ code: 'CATZ_REALTIME_OPTION' });
    }
    const { app } = make((reply) => reply.ndjson((() => 'text') as never));
    const { message } = (await app.inject('/')).json<{ message: string }>();
    expect(message).toMatch(/^expected the source of a stream to be an iterable.*, got a value of/);
  });

  it('is told where the reply was sent: CATZ_REALTIME_STREAM_SENT', async () => {
    let thrown: unknown;
    const { app } = make((reply) => {
      reply.send('all');
      try {
        reply.ndjson(count(1));
      } catch (error) {
        thrown = error;
      }
      return reply;
    });
    await app.inject('/');
    expect(thrown).toBeInstanceOf(errors.STREAM_SENT);
  });

  it('leaves what else was sent as it is, and says so in the log', async () => {
    const lines: string[] = [];
    const { app, streams } = make(
      (reply) => {
        reply.ndjson(count(1));
        reply.send('all');
      },
      { server: { logger: { stream: { write: (line: string) => void lines.push(line) } } } },
    );
    expect((await app.inject('/')).body).toBe('all');
    expect(lines.join('')).toContain('CATZ_REALTIME_STREAM_SENT');
    expect(streams.size).toBe(0);
  });

  it('stops the source where an async handler did not return the stream', async () => {
    const tap = new Tap();
    const lines: string[] = [];
    const { app, streams } = make(
      async (reply) => {
        reply.ndjson((signal) => tap.items(signal));
      },
      { server: { logger: { stream: { write: (line: string) => void lines.push(line) } } } },
    );
    await app.inject('/');
    await until(() => tap.isStopped);
    expect(streams.size).toBe(0);
  });
});

describe('a stream of events', () => {
  it.each(['text', 5, null])('refuses the item %j: CATZ_REALTIME_OPTION', async (item) => {
    const { app } = make((reply) => reply.events([item] as never));
    const answer = (await app.inject('/')).json<{ code: string; message: string }>();
    expect(answer.code).toBe('CATZ_REALTIME_OPTION');
    expect(answer.message).toMatch(/^expected an item of events\(\) to be an object .*, got /);
  });
});

describe('the listeners of a response', () => {
  it('are no leak, however many wait for its end', async () => {
    const warned: string[] = [];
    const note = ({ name }: Error): void => void warned.push(name);
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));
    // Each await of a reply listens to its end.
    const { app } = make(async (reply) => {
      const sent = reply.ndjson([1]);
      for (let n = 0; n < 5; n++) sent.then(noop, noop);
      return sent;
    });
    expect((await app.inject('/')).body).toBe('1\n');
    // Warnings are told in a later tick, in their order.
    const last = once(process, 'warning');
    process.emitWarning('the last', 'Mark');
    await last;
    expect(warned).toEqual(['Mark']);
  });
});

describe('HEAD', () => {
  it('has the fields, and runs no source', async () => {
    let isAsked = false;
    const { app } = make((reply) =>
      reply.events(() => {
        isAsked = true;
        return [];
      }),
    );
    const response = await app.inject({ method: 'HEAD', url: '/' });
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('text/event-stream');
    expect(isAsked).toBe(false);
  });

  it('ends a stream that is there already', async () => {
    for (const { items, isEnded } of waitingStreams()) {
      const { app } = make((reply) => reply.ndjson(items));
      await app.inject({ method: 'HEAD', url: '/' });
      expect(isEnded()).toBe(true);
    }
  });
});

describe('types', () => {
  it('infers the signal and takes what is an item', () => {
    const app = Fastify();
    app.get('/', (_request, reply) => {
      expectTypeOf(reply.ndjson((signal) => (signal.throwIfAborted(), [1]))).toEqualTypeOf(reply);
      reply.events([{ data: { any: 'thing' }, id: '1' }]);
      // @ts-expect-error -- an id is text
      reply.events([{ id: 1 }]);
      // @ts-expect-error -- a number cannot be gone through
      reply.streamJson(12);
      return reply;
    });
  });
});

/** Waits until a number no longer grows. */
async function stands(value: () => number): Promise<void> {
  for (let last = -1, same = 0; same < 5;) {
    same = last === value() ? same + 1 : 0;
    last = value();
    await pause(20);
  }
}

function noop(): void {}
