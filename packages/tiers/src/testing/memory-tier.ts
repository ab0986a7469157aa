// An L2 in memory: everything that Redis does for a cache, without a server. Several caches that share one
// `memoryServer` are to each other what several processes are around one Redis.
// Invariant: it passes `remoteContract`; as with a driver, no method answers within the call.
import { checkOptions, custom, optional } from '@catzilla/common';
import { isTombstone } from '../envelope/decode.ts';
import { errors } from '../errors.ts';
import type {
  FillGuard,
  RemoteFault,
  RemoteState,
  RemoteStore,
  RemoteTier,
  RemoteWrite,
  TierContext,
} from '../remote/remote-tier.ts';
import { MemoryServer, memoryServer } from './memory-server.ts';

const PAGE = 100;
const NOTHING = new Uint8Array(0);

/** Options of `memoryTier`. */
export interface MemoryTierOptions {
  /** What it shares with others. Default: one of its own. */
  readonly server?: MemoryServer | undefined;
}

/** Makes an L2 in memory.
 * @throws CATZ_TIERS_OPTION */
export function memoryTier(options?: MemoryTierOptions): RemoteTier {
  const { server = memoryServer() } = checkOptions<MemoryTierOptions>(
    options,
    { server: optional(custom('a server made by memoryServer()', isServer)) },
    { path: 'options', error: (message) => new errors.OPTION(message) },
  );
  return {
    kind: 'memory',
    open: (context) => new MemoryStore(server, context),
  };
}

function isServer(value: unknown): value is MemoryServer {
  return value instanceof MemoryServer;
}

/** The first NUL ends the name, the second the namespace: neither may hold one, keys may. */
const END = '\0';

class MemoryStore implements RemoteStore {
  readonly backend = 'memory';
  state: RemoteState = 'connecting';
  readonly #server: MemoryServer;
  readonly #root: string;
  readonly #onState: (state: RemoteState) => void;

  constructor(server: MemoryServer, { name, onState }: TierContext) {
    this.#server = server;
    this.#root = name + END;
    this.#onState = onState;
    // Later, for whoever opens it has nowhere yet to note a state.
    queueMicrotask(() => {
      if (this.state === 'connecting') this.#become('ready');
    });
  }

  async get(ns: string, key: string): Promise<Buffer | undefined> {
    return this.#open().get(this.#id(ns, key));
  }

  async getMany(ns: string, keys: readonly string[]): Promise<(Buffer | undefined | Error)[]> {
    const server = this.#open();
    return keys.map((key) => server.get(this.#id(ns, key)));
  }

  async set(ns: string, { key, bytes, ttl }: RemoteWrite): Promise<void> {
    this.#open().set(this.#id(ns, key), bytes, ttl);
  }

  async setMany(ns: string, writes: readonly RemoteWrite[]): Promise<(Error | undefined)[]> {
    const server = this.#open();
    return writes.map(({ key, bytes, ttl }) => {
      server.set(this.#id(ns, key), bytes, ttl);
      return undefined;
    });
  }

  async fill(ns: string, write: RemoteWrite, { created, token }: FillGuard): Promise<boolean> {
    const server = this.#open();
    const id = this.#id(ns, write.key);
    if (token !== undefined && server.holder(id) !== token) return false;
    const stamp = server.stampOf(id);
    if (stamp !== undefined && stamp > created) return false;
    server.set(id, write.bytes, write.ttl);
    if (token !== undefined) server.release(id);
    return true;
  }

  remove(
    ns: string,
    keys: readonly string[],
    tombstone: Uint8Array,
    ttl: number,
  ): Promise<(Error | undefined)[]> {
    return this.setMany(
      ns,
      keys.map((key) => ({ key, bytes: tombstone, ttl })),
    );
  }

  async discard(ns: string, key: string, bytes: Uint8Array): Promise<void> {
    const server = this.#open();
    const id = this.#id(ns, key);
    if (server.get(id)?.equals(bytes) === true) server.delete(id);
  }

  async lock(ns: string, key: string, token: string, ttl: number): Promise<number | undefined> {
    const server = this.#open();
    const id = this.#id(ns, key);
    const holder = server.holder(id);
    if (holder !== undefined && holder !== token) return undefined;
    server.hold(id, token, ttl);
    return server.fence();
  }

  async extendLock(ns: string, key: string, token: string, ttl: number): Promise<boolean> {
    const server = this.#open();
    const id = this.#id(ns, key);
    if (server.holder(id) !== token) return false;
    server.hold(id, token, ttl);
    return true;
  }

  async unlock(ns: string, key: string, token: string): Promise<void> {
    const server = this.#open();
    const id = this.#id(ns, key);
    if (server.holder(id) === token) server.release(id);
  }

  async readEpochs(names: readonly string[]): Promise<(readonly [hard: number, soft: number])[]> {
    const server = this.#open();
    return names.map((name) => server.epoch(this.#root + name));
  }

  async raiseEpochs(
    names: readonly string[],
    kind: 'hard' | 'soft',
    stamp: number,
    ttl: number,
  ): Promise<void> {
    const server = this.#open();
    for (const name of names) server.raise(this.#root + name, kind, stamp, ttl);
  }

  async *scan(ns: string, prefix: string): AsyncGenerator<string[]> {
    const start = this.#id(ns, prefix);
    const server = this.#open();
    const found = server
      .ids()
      .filter((id) => id.startsWith(start) && !isTombstone(server.get(id) ?? NOTHING));
    const head = this.#id(ns, '').length;
    for (let from = 0; from < found.length; from += PAGE) {
      this.#open();
      yield found.slice(from, from + PAGE).map((id) => id.slice(head));
      await Promise.resolve();
    }
  }

  async sweep(ns: string, before: number): Promise<number> {
    const server = this.#open();
    let removed = 0;
    for (const id of server.ids()) {
      if (!this.#isWithin(ns, id)) continue;
      const stamp = server.stampOf(id);
      if (stamp !== undefined && stamp < before && server.delete(id)) removed += 1;
    }
    return removed;
  }

  async time(): Promise<number> {
    return this.#open().now();
  }

  async ping(): Promise<void> {
    this.#open();
  }

  async probeWrite(): Promise<void> {
    this.#open();
  }

  reset(): void {
    // There is no connection that could be stuck.
  }

  faultOf(): RemoteFault {
    return 'down';
  }

  async close(): Promise<void> {
    if (this.state !== 'closed') this.#become('closed');
  }

  #open(): MemoryServer {
    if (this.state === 'closed') throw new Error('the memory tier is closed');
    return this.#server;
  }

  #become(state: RemoteState): void {
    this.state = state;
    this.#onState(state);
  }

  #id(ns: string, key: string): string {
    return this.#root + ns + END + key;
  }

  #isWithin(ns: string, id: string): boolean {
    if (!id.startsWith(this.#root)) return false;
    if (ns === '') return true;
    const rest = id.slice(this.#root.length);
    return rest.startsWith(ns + END) || rest.startsWith(`${ns}/`);
  }
}
