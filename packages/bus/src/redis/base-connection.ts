// What both kinds of connection share: the state, and sending a command only when it is 'ready'.
import { errors } from '../errors.ts';
import { topologyOf } from './client.ts';
import type { Topology } from './client.ts';
import type { ConnectOptions, RedisConnection, RedisState } from './connection.ts';
import type { RedisOptions } from './options.ts';
import { statusOf } from './redis-like.ts';
import type { RedisArgument, RedisLike } from './redis-like.ts';

export abstract class BaseConnection implements RedisConnection {
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
  abstract duplicate(how: ConnectOptions): RedisConnection;
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
    const { enableAutoPipelining } = this.client.options as { enableAutoPipelining?: boolean };
    if (enableAutoPipelining === true) return piped(this.client, command, args);
    return this.client.callBuffer(command, ...args);
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

// Auto-pipelining of ioredis 5 and 6 loses the name of a command that comes by callBuffer. The command's own method has
// it, and keeps its place among the others of this turn; a command without one goes by itself.
async function piped(
  client: RedisLike,
  command: string,
  args: readonly RedisArgument[],
): Promise<unknown> {
  const methods = client as unknown as Record<string, unknown>;
  const method = methods[`${command.toLowerCase()}Buffer`];
  if (typeof method === 'function') return Reflect.apply(method, client, args);
  const results = await client
    .pipeline()
    .callBuffer(command, ...args)
    .exec();
  const [error, result] = results?.[0] ?? [null, null];
  if (error !== null) throw error;
  return result;
}
