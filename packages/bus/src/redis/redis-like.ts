// What is used of an ioredis client (5.11 or 6, `Redis` or `Cluster`), as a structural type: whoever compiles against
// this package need not have ioredis installed, and a client of either version fits.

/** What a command takes. */
export type RedisArgument = string | Buffer | number;

/** Commands that are sent together. */
export interface RedisPipeline {
  call(command: string, ...args: RedisArgument[]): RedisPipeline;
  callBuffer(command: string, ...args: RedisArgument[]): RedisPipeline;
  exec(): Promise<[error: Error | null, result: unknown][] | null>;
}

/** An ioredis client. */
export interface RedisLike {
  /** 'ready': commands are sent; anything else: they would wait or fail. */
  readonly status: string;
  readonly isCluster: boolean;
  readonly options: object;
  /** Cluster only: for each slot the nodes (`host:port`) that serve it, the master first. */
  readonly slots?: readonly (readonly string[])[];
  /** Sends a command; text in the reply is read as UTF-8. */
  call(command: string, ...args: RedisArgument[]): Promise<unknown>;
  /** Sends a command; text in the reply comes as Buffers. */
  callBuffer(command: string, ...args: RedisArgument[]): Promise<unknown>;
  pipeline(): RedisPipeline;
  /** Cluster only: the connections to its nodes. */
  nodes?(role?: 'all' | 'master' | 'slave'): RedisLike[];
  connect(): Promise<void>;
  disconnect(reconnect?: boolean): void;
  /** `Redis`: (options); `Cluster`: (nodes, options). */
  duplicate(...args: never[]): unknown;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

/** `status` of a client, read anew: TypeScript would take two reads in a row for one. */
export function statusOf(client: RedisLike): string {
  return client.status;
}
