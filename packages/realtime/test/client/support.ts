// A server for the client that is in the test's hands: it says what it is told to, and keeps what it hears.
import { onTestFinished, vi } from 'vitest';
import { connect } from '../../src/client/index.ts';
import type { ConnectOptions, RealtimeClient, SocketLike } from '../../src/client/index.ts';

type Listener = (event: never) => void;

/** One connection, as both of its ends see it. */
export class FakeSocket implements SocketLike {
  readonly url: string;
  readonly sent: Record<string, unknown>[] = [];
  closedWith: number | undefined | 'open' = 'open';
  readonly #listeners = new Map<string, Listener[]>();

  constructor(url: string) {
    this.url = url;
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(code?: number): void {
    this.closedWith = code;
  }

  /** The connection is made. */
  accept(): this {
    this.#tell('open', {});
    return this;
  }

  /** The server says something. */
  say(message: object): this {
    this.#tell('message', { data: JSON.stringify(message) });
    return this;
  }

  /** The connection ends. */
  end(code = 1006): void {
    this.#tell('error', {});
    this.#tell('close', { code });
  }

  /** Answers the newest subscription to a channel. */
  admit(channel: string, id?: string, more: object = {}): this {
    const { ref } = this.asked(channel);
    return this.say({ type: 'subscribed', channels: [{ channel, id, gap: false, ...more }], ref });
  }

  /** The newest request to subscribe to a channel. */
  asked(channel: string): { after?: string; ref: number } {
    const request = this.sent.findLast(
      (one) => one['type'] === 'subscribe' && one['channel'] === channel,
    );
    if (request === undefined) throw new Error(`nobody subscribed to ${channel}`);
    return request as unknown as { after?: string; ref: number };
  }

  /** Types of what was heard, in order. */
  get types(): unknown[] {
    return this.sent.map(({ type }) => type);
  }

  message(channel: string, id: string | undefined, data: unknown): this {
    return this.say({ type: 'message', channel, id, data });
  }

  #tell(type: string, event: object): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never);
  }
}

/** A client under test, with all connections that it made. Time stands still, and jitter is half of its range. */
export function start(
  options: ConnectOptions = {},
  url = 'http://127.0.0.1/realtime',
): { client: RealtimeClient; sockets: FakeSocket[]; readonly socket: FakeSocket } {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  const sockets: FakeSocket[] = [];
  class Recorded extends FakeSocket {
    constructor(address: string) {
      super(address);
      sockets.push(this);
    }
  }
  const client = connect(url, { WebSocket: Recorded, ...options });
  onTestFinished(() => {
    client.close();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
  return {
    client,
    sockets,
    get socket() {
      return sockets.at(-1)!;
    },
  };
}
