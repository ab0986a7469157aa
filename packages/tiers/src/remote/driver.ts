// What the tier uses of an ioredis client beyond what the bus does, as a structural type: see RedisLike there.
import type { RedisLike } from '@catzilla/bus/redis';

/** An ioredis client, single or Cluster, or a Cluster's connection to a node. */
export interface RedisDriver extends RedisLike {
  readonly options: { readonly host?: string; readonly port?: number };
  getBuffer(key: string): Promise<Buffer | null>;
  mgetBuffer(keys: readonly string[]): Promise<(Buffer | null)[]>;
  /** Cluster only. */
  nodes?(role?: 'all' | 'master' | 'slave'): RedisDriver[];
  /** Cluster only: asks anew which node serves which slot. */
  refreshSlotsCache?(): void;
}
