// What the plugin's tests share: an application with a private cache, raw sockets, and answers taken apart.
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { openCache } from '@catzilla/cache-core';
import type { Cache } from '@catzilla/cache-core';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { afterEach, beforeEach, vi } from 'vitest';
import { fastifyCache } from '../src/index.ts';
import type { FastifyCacheOptions } from '../src/index.ts';

const closing: (() => unknown)[] = [];

/** Ends everything that was opened, last first. Runs after each test; to be called where this module is loaded within one. */
export async function closeAll(): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
}

afterEach(closeAll);

/** Runs at the end of the test, last first. */
export function atEnd(close: () => unknown): void {
  closing.push(close);
}

/** A private cache, closed at the end of the test. */
export function makeCache(): Cache {
  const cache = openCache({ maxBytes: 8 * 1024 * 1024 });
  atEnd(() => cache.close());
  return cache;
}

/** An application with the plugin on a private cache. `before` runs before the plugin is registered. */
export async function makeApp(
  options: FastifyCacheOptions = {},
  setup: {
    fastify?: FastifyServerOptions;
    before?: (app: FastifyInstance) => unknown;
  } = {},
): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify(setup.fastify ?? {});
  atEnd(() => app.close());
  await setup.before?.(app);
  await app.register(fastifyCache, { cache: makeCache(), ...options });
  return app;
}

/** The part of an injected answer that most tests look at. */
export interface Seen {
  status: number;
  body: string;
  headers: Record<string, unknown>;
  /** Our member of Cache-Status. */
  cache: string;
}

/** A request by inject. */
export async function get(
  app: FastifyInstance,
  url: string,
  headers: Record<string, string> = {},
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'PATCH' | 'OPTIONS' = 'GET',
): Promise<Seen> {
  const answer = await app.inject({ method, url, headers });
  return {
    status: answer.statusCode,
    body: answer.body,
    headers: answer.headers,
    cache: String(answer.headers['cache-status'] ?? ''),
  };
}

/** Listens on a free port of the loopback. */
export async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port;
}

/** A raw connection that collects what comes. */
export class RawClient {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => {};

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setNoDelay(true);
    this.socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
    atEnd(() => this.socket.destroy());
  }

  /** Sends text as Latin-1. */
  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** True when the server has closed the connection. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The next whole response, head and body as they came.
   * @param noBody  it answers a HEAD, or is a 304 or 204 */
  async response(noBody = false): Promise<{ head: string; body: Buffer; text: string }> {
    for (;;) {
      const end = this.#received.indexOf('\r\n\r\n');
      if (end !== -1) {
        const head = this.#received.subarray(0, end + 4).toString('latin1');
        const status = Number(head.slice(9, 12));
        const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
        const bodyLength = noBody || status === 304 || status === 204 ? 0 : length;
        const total = end + 4 + bodyLength;
        if (this.#received.length >= total) {
          const body = Buffer.from(this.#received.subarray(end + 4, total));
          this.#received = this.#received.subarray(total);
          return { head, body, text: head + body.toString('latin1') };
        }
      }
      if (this.#ended)
        throw new Error(`connection closed after: ${this.#received.toString('latin1')}`);
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  /** Everything until the server closes the connection. */
  async rest(): Promise<string> {
    while (!this.#ended) await new Promise<void>((wake) => (this.#wake = wake));
    return this.#received.toString('latin1');
  }
}

/** Has time stand for the tests of a file, as far as ages and lifetimes go: they are exact however long the machine takes. */
export function standStill(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

/** A promise and its resolver. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** Lets everything that is ready run. */
export async function settle(rounds = 5): Promise<void> {
  for (let i = 0; i < rounds; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits for a claim to hold, for up to 30 s: on a busy machine things take long. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const latest = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > latest) throw new Error(`never came true: ${String(holds)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
