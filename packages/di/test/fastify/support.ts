// What the tests of the Fastify part share: both versions, a journal to wait for, and a client that can leave early.
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import Fastify55 from 'fastify-5.5';
import { onTestFinished } from 'vitest';

/** The oldest Fastify that is supported, and the one that is installed. */
export const versions: readonly { readonly version: string; readonly make: typeof Fastify }[] = [
  { version: '5.5.0', make: Fastify55 as unknown as typeof Fastify },
  { version: '5.12.8', make: Fastify },
];

/** Makes an application that is closed when the test ends. */
export function makeApp(
  make: typeof Fastify = Fastify,
  options: FastifyServerOptions & Record<string, unknown> = {},
): FastifyInstance {
  const app = make(options);
  onTestFinished(async () => {
    await app.close().catch(() => undefined);
  });
  return app;
}

/** What happened, in order; tests wait for an entry instead of a while. */
export class Journal {
  readonly entries: string[] = [];
  #waiting: { readonly entry: string; readonly resolve: () => void }[] = [];

  add(entry: string): void {
    this.entries.push(entry);
    const told = this.#waiting.filter((one) => one.entry === entry);
    this.#waiting = this.#waiting.filter((one) => one.entry !== entry);
    for (const one of told) one.resolve();
  }

  has(entry: string): boolean {
    return this.entries.includes(entry);
  }

  /** Resolves when an entry is there. */
  async until(entry: string): Promise<void> {
    if (this.has(entry)) return;
    await new Promise<void>((resolve) => this.#waiting.push({ entry, resolve }));
  }
}

/** A promise, and what settles it. */
export interface Gate {
  readonly passed: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

/** Lets everything run that needs no more than the event loop. */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Listens on a free port of 127.0.0.1. */
export async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port;
}

/** A connection that says something and hears all there is. */
export class Client {
  readonly socket: Socket;
  heard = '';

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text) => {
      this.heard += String(text);
    });
    // A server that ends a connection it timed out resets it.
    socket.on('error', () => undefined);
  }

  /** A connection that is closed when the test ends. */
  static async connect(port: number): Promise<Client> {
    const client = await Client.connectForNow(port);
    onTestFinished(() => client.leave());
    return client;
  }

  /** One that the test has to leave itself, and that nothing remembers afterwards. */
  static async connectForNow(port: number): Promise<Client> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Client(socket);
  }

  get(url: string): this {
    this.socket.write(`GET ${url} HTTP/1.1\r\nhost: test\r\n\r\n`);
    return this;
  }

  post(url: string, body: string, length: number = body.length): this {
    this.socket.write(
      `POST ${url} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`,
    );
    return this;
  }

  /** Leaves without a word. */
  leave(): void {
    this.socket.destroy();
  }

  /** Resolves when this text has come. */
  async hears(text: string): Promise<void> {
    while (!this.heard.includes(text)) await once(this.socket, 'data');
  }

  /** Resolves when the connection is closed, in whatever way: `events.once` would reject where the server resets it. */
  async closed(): Promise<void> {
    if (!this.socket.closed) await new Promise((resolve) => this.socket.once('close', resolve));
  }
}
