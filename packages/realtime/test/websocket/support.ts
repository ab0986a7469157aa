// An application with the plugin on a port, clients that ws makes, and raw sockets that say what no client would.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import { realtime } from '../../src/index.ts';
import type { RealtimeOptions } from '../../src/index.ts';

/** A message of the server. */
export interface Message {
  readonly type: string;
  readonly [name: string]: unknown;
}

// Made at run time, so that no key lies in the repository; the benchmarks of HTTPS use it too.
const CERTIFICATE = new URL('../../../../benchmarks/http/certificate.mjs', import.meta.url).href;
export const { makeCertificate } = (await import(CERTIFICATE)) as {
  makeCertificate(): { key: string; cert: string };
};

/** What an application has besides the plugin. */
interface Surroundings {
  readonly server?: FastifyServerOptions;
  /** What it registers before. */
  readonly before?: (app: FastifyInstance) => unknown;
}

/** Starts an application with channels `open/:id` (anybody subscribes and publishes) and whatever `define` adds. */
export async function startApp(
  options: RealtimeOptions = {},
  define?: (app: FastifyInstance) => unknown,
  { server = {}, before }: Surroundings = {},
): Promise<{ app: FastifyInstance; port: number }> {
  const app = Fastify(server);
  onTestFinished(() => app.close());
  await before?.(app);
  await app.register(realtime, { heartbeat: 60_000, closeDelay: 500, ...options });
  app.realtime.channel('open/:id', { public: true, publish: true });
  await define?.(app);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { app, port: address.port };
}

/** A client by ws, with what it has heard and not been asked for. */
export class Client {
  readonly ws: WebSocket;
  /** Code and reason it ended with. */
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly heard: Message[] = [];
  readonly #asked: { type: string | undefined; resolve: (message: Message) => void }[] = [];

  constructor(ws: WebSocket) {
    this.ws = ws;
    this.closed = new Promise((resolve) =>
      ws.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    );
    ws.on('message', (data) => {
      const message = JSON.parse((data as Buffer).toString()) as Message;
      const at = this.#asked.findIndex(({ type }) => type === undefined || type === message.type);
      if (at === -1) this.heard.push(message);
      else this.#asked.splice(at, 1)[0]!.resolve(message);
    });
    ws.on('error', () => {
      // Told by `closed`, or by whoever waits for 'open'.
    });
  }

  send(message: unknown): void {
    this.ws.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The next message, or the next of a type. */
  next(type?: string): Promise<Message> {
    const at = this.heard.findIndex((one) => type === undefined || one.type === type);
    if (at !== -1) return Promise.resolve(this.heard.splice(at, 1)[0]!);
    return new Promise((resolve) => this.#asked.push({ type, resolve }));
  }

  /** Sends, and gives the next message of the type that answers. */
  ask(message: unknown, type: string): Promise<Message> {
    const answer = this.next(type);
    this.send(message);
    return answer;
  }

  subscribe(channel: string, after?: string): Promise<Message> {
    return this.ask({ type: 'subscribe', channel, after }, 'subscribed');
  }
}

/** Connects; rejects with the status where the upgrade is refused. */
export async function open(
  port: number,
  options: ClientOptions & { path?: string; scheme?: string } = {},
): Promise<Client> {
  const { path = '/realtime', scheme = 'ws', ...rest } = options;
  const ws = new WebSocket(`${scheme}://127.0.0.1:${port}${path}`, rest);
  onTestFinished(() => ws.terminate());
  const client = new Client(ws);
  await new Promise<void>((resolve, reject) => {
    ws.on('open', () => resolve());
    ws.on('unexpected-response', (_request, response) => {
      response.resume();
      reject(new Error(`status ${response.statusCode}`));
      ws.terminate();
    });
    ws.on('error', reject);
  });
  return client;
}

/** A socket after the handshake, and what it read after the head of the answer. */
export interface RawClient {
  readonly socket: Socket;
  readonly received: Buffer[];
  readonly closed: Promise<void>;
}

/** Connects without a library. It reads nothing after the handshake where `reads` is false. */
export function openRaw(port: number, { reads = true } = {}): Promise<RawClient> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    const closed = new Promise<void>((done) => socket.on('close', () => done()));
    const received: Buffer[] = [];
    let head = '';
    socket.on('error', reject);
    socket.on('connect', () => socket.write(handshake()));
    socket.on('data', (chunk) => {
      if (head.includes('\r\n\r\n')) return void received.push(chunk);
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      if (!head.startsWith('HTTP/1.1 101')) return reject(new Error(head));
      if (!reads) socket.pause();
      resolve({ socket, received, closed });
    });
  });
}

export function handshake(extra = ''): string {
  return [
    'GET /realtime HTTP/1.1',
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    `${extra}\r\n`,
  ].join('\r\n');
}

/** A masked text frame, as clients send them. */
export function maskedFrame(text: string | Buffer, first = 0x81): Buffer {
  const payload = Buffer.from(text);
  const mask = randomBytes(4);
  const head =
    payload.length < 126
      ? Buffer.from([first, 0x80 | payload.length])
      : Buffer.from([first, 0xfe, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([head, mask, payload.map((byte, at) => byte ^ mask[at % 4]!)]);
}

/** Waits until it holds: the test's time is its limit. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
