// One connection to Redis with a state: a client of our own, or one that was given. Starts while the server is down,
// comes back by itself, and tells its state instead of throwing.
// Invariant: a command is sent only in state 'ready', so no client's offline queue is ever used; a client of our own has
// one 'error' listener, ours; a given one is never closed, reset or configured. Deadlines of commands are the caller's.
import { errors } from '../errors.ts';
import { makeClient, topologyOf } from './client.ts';
import type { Topology } from './client.ts';
import { faultOf } from './fault.ts';
import type { RedisOptions } from './options.ts';
import { statusOf } from './redis-like.ts';
import type { RedisArgument, RedisLike } from './redis-like.ts';

/** 'connecting' until the first attempt has ended; 'misconfigured': the server refuses us (password, ACL, database). */
export type RedisState = 'connecting' | 'ready' | 'down' | 'misconfigured' | 'closed';

/** What a connection is for: 'commands' may share a given client, the others need a connection of their own. */
export type RedisRole = 'commands' | 'blocking' | 'subscriber';

/** How to connect. */
export interface ConnectOptions {
  readonly role: RedisRole;
  /** Called after each change, from the event loop. Must not throw. */
  readonly onState?: ((state: RedisState) => void) | undefined;
  /** Who needs it, for the message when ioredis is missing. Default: 'Redis'. */
  readonly who?: string | undefined;
}

/** A connection. */
export interface RedisConnection {
  readonly client: RedisLike;
  readonly topology: Topology;
  /** false: the client was given. */
  readonly owned: boolean;
  readonly state: RedisState;
  /** What went wrong last since it was ready; no secrets. */
  readonly lastError: string | undefined;
  /** Sends a command; rejects at once with CATZ_BUS_NOT_READY unless the state is 'ready'. */
  call(command: string, ...args: RedisArgument[]): Promise<unknown>;
  /** The same with Buffers in the reply. */
  callBuffer(command: string, ...args: RedisArgument[]): Promise<unknown>;
  /** Another connection to the same servers, always of its own. */
  duplicate(options: ConnectOptions): RedisConnection;
  /** Connects anew, now: for when the server does not answer though the connection stands, or after it was repaired.
   * Nothing happens to a given client. */
  reset(): void;
  /** Ends a client of our own; resolves when its sockets are closed. Idempotent. */
  close(): Promise<void>;
}

/** ms a new connection may take to answer its first PING. */
const HANDSHAKE_TIMEOUT = 1_000;
const LOADING_DELAY = 100;
/** How often a server that refuses us is tried. */
const REFUSED_DELAY = 30_000;
const MIN_DELAY = 50;
const MAX_DELAY = 1_000;
const CLOSE_TIMEOUT = 1_000;

/** Begins to connect and returns at once.
 * @throws CATZ_BUS_DEPENDENCY when ioredis is needed and missing */
export function connectRedis(options: RedisOptions, how: ConnectOptions): RedisConnection {
  return options.client !== undefined && how.role === 'commands'
    ? new GivenConnection(options, options.client, how)
    : new OwnConnection(options, how);
}

abstract class Connection implements RedisConnection {
  abstract readonly client: RedisLike;
  abstract readonly owned: boolean;
  readonly topology: Topology;
  readonly options: RedisOptions;
  readonly #onState: (state: RedisState) => void;
  #state: RedisState = 'connecting';

  constructor(options: RedisOptions, how: ConnectOptions) {
    this.options = options;
    this.topology = topologyOf(options);
    this.#onState = how.onState ?? (() => undefined);
  }

  abstract readonly lastError: string | undefined;
  abstract reset(): void;
  abstract close(): Promise<void>;

  get state(): RedisState {
    return this.#state;
  }

  call(command: string, ...args: RedisArgument[]): Promise<unknown> {
    if (!this.#canSend()) return Promise.reject(this.#notReady());
    return this.client.call(command, ...args);
  }

  callBuffer(command: string, ...args: RedisArgument[]): Promise<unknown> {
    if (!this.#canSend()) return Promise.reject(this.#notReady());
    // Auto-pipelining of ioredis 5 and 6 loses the name of a command that comes by callBuffer: a pipeline of one has it.
    const { enableAutoPipelining } = this.client.options as { enableAutoPipelining?: boolean };
    if (enableAutoPipelining === true) return pipelined(this.client, command, args);
    return this.client.callBuffer(command, ...args);
  }

  duplicate(how: ConnectOptions): RedisConnection {
    return new OwnConnection(this.options, how);
  }

  protected enter(state: RedisState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    this.#onState(state);
  }

  #canSend(): boolean {
    return this.#state === 'ready' && statusOf(this.client) === 'ready';
  }

  #notReady(): Error {
    return new errors.NOT_READY(this.#state === 'ready' ? 'down' : this.#state);
  }
}

class GivenConnection extends Connection {
  readonly client: RedisLike;
  readonly owned = false;
  readonly lastError = undefined;
  readonly #follow = (): void => {
    const status = statusOf(this.client);
    if (status === 'ready') this.enter('ready');
    else if (this.state === 'ready' || status === 'reconnecting' || status === 'end')
      this.enter('down');
  };

  constructor(options: RedisOptions, client: RedisLike, how: ConnectOptions) {
    super(options, how);
    this.client = client;
    for (const event of GIVEN_EVENTS) client.on(event, this.#follow);
    queueMicrotask(this.#follow);
    // One that was made with lazyConnect connects with its first command, which we would never send.
    if (statusOf(client) === 'wait') client.connect().catch(this.#follow);
  }

  reset(): void {
    this.#follow();
  }

  close(): Promise<void> {
    for (const event of GIVEN_EVENTS) this.client.off(event, this.#follow);
    this.enter('closed');
    return Promise.resolve();
  }
}

const GIVEN_EVENTS = ['ready', 'close', 'reconnecting', 'end'];

class OwnConnection extends Connection {
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
  #closing: Promise<void> | undefined;

  constructor(options: RedisOptions, how: ConnectOptions) {
    super(options, how);
    this.client = makeClient(options, {
      who: how.who ?? 'Redis',
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
      const timer = setTimeout(resolve, CLOSE_TIMEOUT).unref();
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
    redact(error);
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

async function pipelined(
  client: RedisLike,
  command: string,
  args: readonly RedisArgument[],
): Promise<unknown> {
  const results = await client
    .pipeline()
    .callBuffer(command, ...args)
    .exec();
  const [error, result] = results?.[0] ?? [null, null];
  if (error !== null) throw error;
  return result;
}

function commandOf(error: Error | undefined): string | undefined {
  return (error as { command?: { name?: string } } | undefined)?.command?.name?.toLowerCase();
}

// ioredis hangs the command that failed on its error, and a failed login ends all commands with that error.
function redact(error: Error): void {
  const name = commandOf(error);
  if (name === 'auth' || name === 'hello') delete (error as { command?: unknown }).command;
}

function ignore(): void {
  // Told by the events 'error' and 'close' as well.
}
