// A client of our own, with exactly one 'error' listener, ours. Whether it is ready is judged by a PING with a time limit.
// A server that refuses us (password, ACL, database) is tried every 30 s only, or when reset() says that it was repaired.
import { BaseConnection } from './base-connection.ts';
import { makeClient } from './client.ts';
import type { ConnectOptions, RedisConnection } from './connection.ts';
import { faultOf } from './fault.ts';
import type { RedisOptions } from './options.ts';
import { statusOf } from './redis-like.ts';
import type { RedisLike } from './redis-like.ts';

/** ms a new connection may take to answer its first PING. */
const HANDSHAKE_TIMEOUT = 1_000;
const LOADING_DELAY = 100;
/** How often a server that refuses us is tried. */
const REFUSED_DELAY = 30_000;
const MIN_DELAY = 50;
const MAX_DELAY = 1_000;
const CLOSE_TIMEOUT = 1_000;

export class OwnConnection extends BaseConnection {
  readonly client: RedisLike;
  readonly owned = true;
  #lastError: Error | undefined;
  /** Bounds what follows a TCP connection: login and first PING. */
  #handshake: NodeJS.Timeout | undefined;
  #later: NodeJS.Timeout | undefined;
  #revivals = 0;
  /** Changes with each connection: answers for an earlier one are not heard. */
  #attempt = 0;
  /** After `reset()` the next attempt does not wait for long. */
  #isHurried = false;
  #isDropping = false;
  #closing: Promise<void> | undefined;

  constructor(options: RedisOptions, how: ConnectOptions) {
    super(options, how);
    this.client = makeClient(options, {
      who: how.who ?? 'Redis',
      isStrict: how.role === 'blocking',
      retryDelay: (attempts) => {
        const isPatient = this.#isRefused() && !this.#isHurried;
        this.#isHurried = false;
        return isPatient ? REFUSED_DELAY : backoff(attempts);
      },
    });
    const { client } = this;
    client.on('error', (error) => this.#failed(error));
    client.on('node error', (error) => this.#failed(error));
    client.on('connect', () => this.#awaitHandshake());
    client.on('ready', () => {
      if (this.#closing === undefined && statusOf(client) === 'ready') this.#check();
    });
    client.on('close', () => this.#lost());
    client.on('end', () => this.#revive());
  }

  get lastError(): string | undefined {
    return this.#lastError?.message;
  }

  duplicate(how: ConnectOptions): RedisConnection {
    return new OwnConnection(this.options, how);
  }

  reset(): void {
    if (this.#closing !== undefined) return;
    const status = statusOf(this.client);
    if (status === 'ready' || status === 'connect') {
      this.#isHurried = true;
      this.#drop();
    } else if (status === 'reconnecting' || status === 'end') {
      // The timer of the next attempt finds it connecting, and does nothing.
      this.client.connect().catch(ignore);
    }
  }

  #drop(): void {
    // Once per socket: its end takes up to 200 ms to be told.
    if (this.#isDropping) return;
    this.#isDropping = true;
    this.#attempt++;
    if (this.state === 'ready') this.enter('down');
    this.client.disconnect(true);
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#attempt++;
      this.#clear();
      this.enter('closed');
      const { client } = this;
      const timer = setTimeout(resolve, CLOSE_TIMEOUT);
      client.on('end', () => {
        clearTimeout(timer);
        resolve();
      });
      const before = statusOf(client);
      client.disconnect();
      // Between two attempts there is no socket whose end would be told.
      if (before === 'end' || before === 'reconnecting') {
        clearTimeout(timer);
        resolve();
      }
    });
    return this.#closing;
  }

  #failed(error: unknown): void {
    if (!(error instanceof Error)) return;
    this.#lastError = error;
    // ioredis goes on in database 0 when SELECT is refused, where the data of others may be.
    if (commandOf(error) === 'select' && statusOf(this.client) !== 'reconnecting') this.#drop();
  }

  #isRefused(): boolean {
    return faultOf(this.#lastError) === 'misconfigured';
  }

  #awaitHandshake(): void {
    clearTimeout(this.#handshake);
    this.#handshake = setTimeout(() => {
      this.#lastError = new Error(`no answer within ${HANDSHAKE_TIMEOUT} ms of connecting`);
      this.reset();
    }, HANDSHAKE_TIMEOUT).unref();
  }

  #check(): void {
    const attempt = this.#attempt;
    this.#awaitHandshake();
    this.client.call('PING').then(
      () => {
        if (attempt === this.#attempt) this.#opened();
      },
      (error: unknown) => {
        if (attempt !== this.#attempt) return;
        // A refused login is told before, and says more than the PING that fails after it.
        if (!this.#isRefused()) this.#failed(error);
        const fault = faultOf(error);
        const isDenied = (error as Error).message.startsWith('NOPERM');
        if (isDenied || fault === 'request' || fault === 'write') return this.#opened();
        clearTimeout(this.#handshake);
        this.enter(fault);
        const delay = fault === 'misconfigured' ? REFUSED_DELAY : LOADING_DELAY;
        this.#schedule(() => this.#check(), delay);
      },
    );
  }

  #opened(): void {
    this.#clear();
    this.#lastError = undefined;
    this.#revivals = 0;
    this.enter('ready');
  }

  #lost(): void {
    this.#isDropping = false;
    this.#attempt++;
    this.#clear();
    if (this.#closing === undefined) this.enter(this.#isRefused() ? 'misconfigured' : 'down');
  }

  // ioredis gives up for good when a connection is ended before its socket exists.
  #revive(): void {
    if (this.#closing !== undefined) return;
    this.#lost();
    this.#schedule(() => this.reset(), backoff(++this.#revivals));
  }

  #schedule(work: () => void, delay: number): void {
    clearTimeout(this.#later);
    this.#later = setTimeout(work, delay).unref();
  }

  #clear(): void {
    clearTimeout(this.#handshake);
    clearTimeout(this.#later);
  }
}

// Doubling, capped; a random half of it, so that those who lost a server together do not come back together.
function backoff(attempts: number): number {
  const delay = Math.min(MIN_DELAY * 2 ** Math.min(attempts - 1, 10), MAX_DELAY);
  return delay / 2 + (Math.random() * delay) / 2;
}

function commandOf(error: Error | undefined): string | undefined {
  return (error as { command?: { name?: string } } | undefined)?.command?.name?.toLowerCase();
}

function ignore(): void {
  // Told by the events 'error' and 'close' as well.
}
