// A TCP proxy on the loopback interface between a client and its server: slow, cut off, or a black hole, as told.
// Invariant: bytes of a connection keep their order and none is changed; what cannot be passed on is never invented.
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { freePort } from './ports.ts';

/** Options of startProxy. */
export interface StartProxyOptions {
  /** Port of 127.0.0.1 to pass on to. */
  readonly port: number;
  /** ms that what the server sends is held back; requests pass at once, so a round trip is longer by this. Default: 0. */
  readonly delay?: number | undefined;
}

/** A running proxy. */
export interface Proxy extends AsyncDisposable {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly url: string;
  /** Connections of clients that are open now. */
  readonly connections: number;
  setDelay(delay: number): void;
  /** 'refuse' (default): drops all connections and refuses new ones. 'blackhole': connections stay and are accepted, but
   * no byte passes until `restore()`, which then delivers what was sent meanwhile, as TCP would. */
  cut(mode?: 'refuse' | 'blackhole'): Promise<void>;
  restore(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a proxy on a free port. */
export async function startProxy(options: StartProxyOptions): Promise<Proxy> {
  let delay = options.delay ?? 0;
  let isHole = false;
  const pairs = new Set<readonly [Socket, Socket]>();

  const server: Server = createServer((client) => {
    const upstream = connect(options.port, '127.0.0.1');
    const pair = [client, upstream] as const;
    pairs.add(pair);
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    const end = (): void => {
      pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of pair) {
      // An error is followed by 'close', which ends both sides.
      socket.on('error', () => undefined).on('close', end);
      if (isHole) socket.pause();
    }
    client.on('data', (chunk) => upstream.write(chunk));
    const held: Buffer[] = [];
    upstream.on('data', (chunk: Buffer) => {
      if (delay === 0 && held.length === 0) return void client.write(chunk);
      // One timer per chunk, but each sends the oldest one: a shorter delay set meanwhile cannot overtake.
      held.push(chunk);
      setTimeout(() => {
        const oldest = held.shift();
        if (oldest !== undefined && !client.destroyed) client.write(oldest);
      }, delay).unref();
    });
  });

  const drop = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
    pairs.clear();
  };
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      drop();
      if (server.listening) server.close(() => resolve());
      else resolve();
    });
  const listenOnFree = async (): Promise<number> => {
    for (;;) {
      const candidate = await freePort();
      if (await listens(server, candidate)) return candidate;
    }
  };
  const port = await listenOnFree();

  return {
    host: '127.0.0.1',
    port,
    url: `redis://127.0.0.1:${port}`,
    get connections() {
      return pairs.size;
    },
    setDelay(ms) {
      delay = ms;
    },
    async cut(mode = 'refuse') {
      if (mode === 'refuse') return close();
      isHole = true;
      for (const pair of pairs) for (const socket of pair) socket.pause();
    },
    async restore() {
      isHole = false;
      for (const pair of pairs) for (const socket of pair) socket.resume();
      if (!server.listening && !(await listens(server, port))) {
        throw new Error(`port ${port} of the proxy was taken while it was cut`);
      }
    },
    stop: close,
    [Symbol.asyncDispose]: close,
  };
}

function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const onError = (): void => resolve(false);
    server.once('error', onError);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', onError);
      resolve(true);
    });
  });
}
