// A client that somebody else made: watched, and used as it is. It has an 'error' listener only if its owner gave it one.
import { BaseConnection } from './base-connection.ts';
import type { ConnectOptions, RedisConnection } from './connection.ts';
import type { RedisOptions } from './options.ts';
import { OwnConnection } from './own-connection.ts';
import { statusOf } from './redis-like.ts';
import type { RedisLike } from './redis-like.ts';

const EVENTS = ['ready', 'close', 'reconnecting', 'end'];

export class GivenConnection extends BaseConnection {
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
    for (const event of EVENTS) client.on(event, this.#follow);
    queueMicrotask(this.#follow);
    // One that was made with lazyConnect connects with its first command, which we would never send.
    if (statusOf(client) === 'wait') client.connect().catch(this.#follow);
  }

  duplicate(how: ConnectOptions): RedisConnection {
    return new OwnConnection(this.options, how);
  }

  reset(): void {
    this.#follow();
  }

  close(): Promise<void> {
    for (const event of EVENTS) this.client.off(event, this.#follow);
    this.enter('closed');
    return Promise.resolve();
  }
}
