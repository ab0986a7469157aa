// News of keys that others change in whatever way, by Redis' client side caching in broadcasting mode: the connection of
// the commands tracks our prefix, and so is not told of its own writes (NOLOOP); a second one receives.
// Invariants: whenever news may have been lost (either connection was, or this has just begun) the listener gets null
// before any key; both connections are ours, so no client of the application is switched to tracking. What a listener
// does with a key is its own matter. Source: https://redis.io/docs/latest/develop/reference/client-side-caching/
import { randomUUID } from 'node:crypto';
import type { RedisConnection } from '@catzilla/bus/redis';
import type { RedisKeys } from './keys.ts';
import type { ExternalChange } from './remote-tier.ts';

const CHANNEL = '__redis__:invalidate';
/** ms between two looks whether the receiver still answers; one unanswered at the next look ends it. */
const HEARTBEAT = 1_000;
/** ms until a watch that could not begin, or was lost, is tried anew. */
const RETRY = 500;

export type ExternalListener = (changed: readonly ExternalChange[] | null) => void;

/** Watches from the moment `connection` is ready; follows its state by `restart`. */
export class Tracking {
  readonly #connection: RedisConnection;
  readonly #keys: RedisKeys;
  readonly #listener: ExternalListener;
  #receiver: RedisConnection | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isActive = false;
  #isClosed = false;

  constructor(connection: RedisConnection, keys: RedisKeys, listener: ExternalListener) {
    this.#connection = connection;
    this.#keys = keys;
    this.#listener = listener;
  }

  /** Whether news come in now. */
  get isActive(): boolean {
    return this.#isActive;
  }

  /** To be called with each change of the connection's state: tracking ends with the connection it was asked on. */
  restart(): void {
    void this.#end();
    if (!this.#isClosed && this.#connection.state === 'ready') this.#receive();
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#end();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#timer);
    this.#isActive = false;
    const receiver = this.#receiver;
    this.#receiver = undefined;
    await receiver?.close();
  }

  // A receiver is used once: the driver subscribes anew by itself, after which its id can no longer be asked for.
  #receive(): void {
    const receiver = this.#connection.duplicate({
      role: 'subscriber',
      onState: (state) => {
        if (state === 'ready') void this.#begin(receiver);
        else this.#again(receiver);
      },
    });
    this.#receiver = receiver;
  }

  async #begin(receiver: RedisConnection): Promise<void> {
    try {
      receiver.client.on('messageBuffer', (_channel, names) => {
        if (receiver === this.#receiver) this.#tell(names);
      });
      const id = Number(await receiver.call('client', 'id'));
      const name = `catzilla-tracking-${randomUUID()}`;
      await receiver.call('client', 'setname', name);
      await receiver.call('subscribe', CHANNEL);
      // During a failover the two may be at different servers, where the id is another's or nobody's.
      const found = await this.#connection.call('client', 'list', 'id', id);
      if (!String(found).includes(name)) throw new Error('not at one server');
      // Off first: a prefix that is tracked already would be refused.
      await this.#connection.call('client', 'tracking', 'off');
      const how = ['redirect', id, 'bcast', 'prefix', this.#keys.root, 'noloop'];
      await this.#connection.call('client', 'tracking', 'on', ...how);
      if (receiver !== this.#receiver) return;
      this.#isActive = true;
      this.#listener(null);
      this.#watch(receiver, true);
    } catch {
      // Shown by isActive; what is wrong with the server, the state of the connection itself tells.
      this.#again(receiver);
    }
  }

  #tell(names: unknown): void {
    // Null: FLUSHALL or FLUSHDB.
    if (!Array.isArray(names)) return this.#listener(null);
    const changed = names.flatMap((name) => this.#keys.parseAny(String(name)) ?? []);
    if (changed.length > 0) this.#listener(changed);
  }

  #watch(receiver: RedisConnection, hasAnswered: boolean): void {
    if (!hasAnswered) return this.#again(receiver);
    let answered = false;
    receiver.call('ping').then(
      () => (answered = true),
      () => undefined,
    );
    this.#timer = setTimeout(() => this.#watch(receiver, answered), HEARTBEAT).unref();
  }

  #again(receiver: RedisConnection): void {
    if (receiver !== this.#receiver) return;
    void this.#end();
    this.#timer = setTimeout(() => this.restart(), RETRY).unref();
  }
}
