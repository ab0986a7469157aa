// A connection to Redis with a state: starts while the server is down, comes back by itself, and tells its state instead
// of throwing. This file is what it promises; a client of our own is own-connection.ts, a given one given-connection.ts.
// Invariant: a command is sent only in state 'ready', so no client's offline queue is ever used; a given client is never
// closed, reset or configured. Deadlines of commands are the caller's.
import type { Topology } from './client.ts';
import { GivenConnection } from './given-connection.ts';
import type { RedisOptions } from './options.ts';
import { OwnConnection } from './own-connection.ts';
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

/** Begins to connect and returns at once.
 * @throws CATZ_BUS_DEPENDENCY when ioredis is needed and missing */
export function connectRedis(options: RedisOptions, how: ConnectOptions): RedisConnection {
  return options.client !== undefined && how.role === 'commands'
    ? new GivenConnection(options, options.client, how)
    : new OwnConnection(options, how);
}
