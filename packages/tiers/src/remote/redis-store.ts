// L2 on Redis, Valkey, a Sentinel group or a Cluster: what each method of RemoteStore is at the server.
// Invariants: a command is sent only while the driver is ready, so nothing waits in a queue for a server that is gone; a
// value is written with its time to live in the same command; only keys of this cache are touched. What must be one step
// is scripts.ts, what is many commands batch.ts, what walks over keys sweep.ts, how keys look keys.ts.
import type { RedisConnection } from '@catzilla/bus/redis';
import { errors } from '../errors.ts';
import { chunksOf, mastersOf, readResults, runBatch, runScript } from './batch.ts';
import type { Arg, Command } from './batch.ts';
import type { RedisDriver } from './driver.ts';
import { isTombstone } from '../envelope/decode.ts';
import type { RedisKeys } from './keys.ts';
import { faultOfScript } from './script-fault.ts';
import { DISCARD, EXTEND, FILL, LOCK, MAGIC_BYTES, RAISE, UNLOCK } from './scripts.ts';
import type { Script } from './scripts.ts';
import { scanPages, sweepAll } from './sweep.ts';
import type { Tracking } from './tracking.ts';
import type {
  FillGuard,
  RemoteFault,
  RemoteState,
  RemoteStore,
  RemoteWrite,
} from './remote-tier.ts';

/** Bytes of a damaged value that must still be the same for it to be removed: the fixed header. */
const DISCARD_BYTES = 64;

/** Where an envelope says whether it is a tombstone, as GETRANGE takes it. */
const HEAD_RANGE: readonly Arg[] = [0, 7];

/** ms that what a probe wrote stays. */
const CANARY_TTL = 1_000;

/** An opened Redis tier. */
export class RedisStore implements RemoteStore {
  readonly #connection: RedisConnection;
  readonly #client: RedisDriver;
  readonly #keys: RedisKeys;
  readonly #tracking: Tracking | undefined;

  constructor(connection: RedisConnection, keys: RedisKeys, tracking?: Tracking) {
    this.#connection = connection;
    this.#client = connection.client as RedisDriver;
    this.#keys = keys;
    this.#tracking = tracking;
  }

  get backend(): string {
    const name = `redis ${this.#connection.topology}`;
    if (this.#tracking === undefined) return name;
    return `${name}, ${this.#tracking.isActive ? 'tracking' : 'not tracking'}`;
  }

  get state(): RemoteState {
    return this.#connection.state;
  }

  // HOT: benchmarks/tiers. No async: one promise less.
  get(ns: string, key: string): Promise<Buffer | undefined> {
    try {
      return this.#ready().getBuffer(this.#keys.entry(ns, key)).then(orUndefined, ifOtherType);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async getMany(ns: string, keys: readonly string[]): Promise<(Buffer | undefined | Error)[]> {
    return this.#read(keys.map((key) => this.#keys.entry(ns, key)));
  }

  async set(ns: string, { key, bytes, ttl }: RemoteWrite): Promise<void> {
    await this.#ready().call('set', this.#keys.entry(ns, key), ...valueArgs(bytes, ttl));
  }

  async setMany(ns: string, writes: readonly RemoteWrite[]): Promise<(Error | undefined)[]> {
    const commands = writes.map(({ key, bytes, ttl }) => ({
      name: 'set',
      key: this.#keys.entry(ns, key),
      args: valueArgs(bytes, ttl),
    }));
    return this.#write(commands);
  }

  async fill(ns: string, { key, bytes, ttl }: RemoteWrite, guard: FillGuard): Promise<boolean> {
    const { created, token = '' } = guard;
    const keys = [this.#keys.entry(ns, key)];
    // Named only when needed: a script of two keys of which one is there must wait for the end of a slot's migration.
    if (token !== '') keys.push(this.#keys.lock(ns, key));
    const args = [asBuffer(bytes), String(created), pxOf(ttl), token, MAGIC_BYTES];
    return (await this.#script(FILL, keys, args)) === 1;
  }

  async remove(
    ns: string,
    keys: readonly string[],
    tombstone: Uint8Array,
    ttl: number,
  ): Promise<(Error | undefined)[]> {
    const args = valueArgs(tombstone, ttl);
    const [key = ''] = keys;
    if (keys.length === 1) {
      // Others wait to hear of it, and a pipeline of one takes longer than a command.
      await this.#ready().call('set', this.#keys.entry(ns, key), ...args);
      return [undefined];
    }
    return this.#write(keys.map((key) => ({ name: 'set', key: this.#keys.entry(ns, key), args })));
  }

  async discard(ns: string, key: string, bytes: Uint8Array): Promise<void> {
    const head = asBuffer(bytes).subarray(0, DISCARD_BYTES);
    await this.#script(DISCARD, [this.#keys.entry(ns, key)], [head, bytes.length]);
  }

  async lock(ns: string, key: string, token: string, ttl: number): Promise<number | undefined> {
    const fence = await this.#script(LOCK, [this.#keys.lock(ns, key)], [token, pxOf(ttl)]);
    return fence === null ? undefined : Number(fence);
  }

  async extendLock(ns: string, key: string, token: string, ttl: number): Promise<boolean> {
    return (await this.#script(EXTEND, [this.#keys.lock(ns, key)], [token, pxOf(ttl)])) === 1;
  }

  async unlock(ns: string, key: string, token: string): Promise<void> {
    await this.#script(UNLOCK, [this.#keys.lock(ns, key)], [token]);
  }

  async readEpochs(names: readonly string[]): Promise<(readonly [hard: number, soft: number])[]> {
    const stored = await this.#read(names.map((name) => this.#keys.epoch(name)));
    return stored.map((bytes) => {
      if (bytes instanceof Error) throw bytes;
      return bytes?.length === 16 ? [bytes.readDoubleBE(0), bytes.readDoubleBE(8)] : [0, 0];
    });
  }

  async raiseEpochs(
    names: readonly string[],
    kind: 'hard' | 'soft',
    stamp: number,
    ttl: number,
  ): Promise<void> {
    const args = [kind, String(stamp), pxOf(ttl)];
    const [name = ''] = names;
    if (names.length === 1) {
      await this.#script(RAISE, [this.#keys.epoch(name)], args);
      return;
    }
    const commands = names.map((name) => ({ name: RAISE, key: this.#keys.epoch(name), args }));
    const failed = (await this.#write(commands)).find((result) => result !== undefined);
    if (failed !== undefined) throw failed;
  }

  async *scan(ns: string, prefix: string): AsyncGenerator<string[]> {
    const pages = scanPages(this.#ready(), this.#keys.scanPattern(ns, prefix));
    for await (const page of pages) {
      const keys = page.flatMap((redisKey) => this.#keys.parse(ns, redisKey) ?? []);
      const found = keys.filter((key) => key.startsWith(prefix));
      const there = await this.#withoutTombstones(ns, found);
      if (there.length > 0) yield there;
    }
  }

  // Deleted keys stay for a while, to guard against older fills; nobody who lists keys wants them.
  async #withoutTombstones(ns: string, keys: readonly string[]): Promise<string[]> {
    const commands = keys.map((key) => {
      return { name: 'getrange', key: this.#keys.entry(ns, key), args: HEAD_RANGE };
    });
    const heads = await runBatch(this.#ready(), commands);
    return keys.filter((_, i) => {
      const head = heads[i];
      return !Buffer.isBuffer(head) || !isTombstone(head);
    });
  }

  async sweep(ns: string, before: number): Promise<number> {
    return sweepAll(this.#ready(), this.#keys.sweepPattern(ns), [String(before), MAGIC_BYTES]);
  }

  async time(): Promise<number> {
    // In Cluster always the same of its clocks, for all processes.
    const masters = mastersOf(this.#ready());
    const node = masters.find(({ status }) => status === 'ready') ?? masters[0] ?? this.#client;
    const [seconds, micros] = (await node.call('time')) as [string, string];
    return Number(seconds) * 1000 + Number(micros) / 1000;
  }

  async ping(): Promise<void> {
    await this.#ready().call('ping');
  }

  async probeWrite(): Promise<void> {
    await this.#ready().call('set', this.#keys.canary, '1', 'PX', CANARY_TTL);
  }

  reset(): void {
    this.#connection.reset();
  }

  faultOf(error: unknown): RemoteFault {
    if (!(error instanceof errors.REMOTE)) return faultOfScript(error);
    return this.state === 'misconfigured' ? 'misconfigured' : 'down';
  }

  async close(): Promise<void> {
    await Promise.all([this.#tracking?.close(), this.#connection.close()]);
  }

  // The driver would keep what it cannot send, or reject it in words of its own.
  #ready(): RedisDriver {
    const { state, owned, lastError } = this.#connection;
    // A connection of ours is ready when it has answered; a client that was given, when it says so.
    if (this.#client.status === 'ready' && (state === 'ready' || (!owned && state !== 'closed'))) {
      return this.#client;
    }
    const why = lastError === undefined ? '' : `: ${lastError}`;
    throw new errors.REMOTE((state === 'ready' ? 'down' : state) + why);
  }

  #script(script: Script, keys: readonly string[], args: readonly Arg[]): Promise<unknown> {
    return runScript(this.#ready(), script, keys, args);
  }

  async #write(commands: readonly Command[]): Promise<(Error | undefined)[]> {
    return readResults(await runBatch(this.#ready(), commands), nothing);
  }

  async #read(redisKeys: readonly string[]): Promise<(Buffer | undefined | Error)[]> {
    const client = this.#ready();
    if (client.isCluster) {
      const commands = redisKeys.map((key) => ({ name: 'get', key, args: [] }));
      const results = await runBatch(client, commands);
      return readResults(results.map(foreignAsNull), orUndefined);
    }
    const pages = await Promise.all(
      chunksOf(redisKeys, () => 0).map(async (chunk): Promise<unknown[]> => {
        try {
          return await client.mgetBuffer(chunk);
        } catch (error) {
          return chunk.map(() => error);
        }
      }),
    );
    return readResults(pages.flat(), orUndefined);
  }
}

function orUndefined(reply: unknown): Buffer | undefined {
  return (reply as Buffer | null) ?? undefined;
}

function nothing(): undefined {
  return undefined;
}

// What holds a list, say, is somebody else's: absent to us, as MGET has it.
function foreignAsNull(result: unknown): unknown {
  return result instanceof Error && result.message.startsWith('WRONGTYPE') ? null : result;
}

function ifOtherType(error: unknown): undefined {
  if (foreignAsNull(error) !== null) throw error;
}

function valueArgs(bytes: Uint8Array, ttl: number): Arg[] {
  const px = pxOf(ttl);
  return px === '0' ? [asBuffer(bytes)] : [asBuffer(bytes), 'PX', px];
}

// Never rounded up: no copy lives longer than its author said. '0' is no end, for the scripts.
function pxOf(ttl: number): string {
  if (ttl === Infinity) return '0';
  return String(Math.min(Math.max(Math.floor(ttl), 1), Number.MAX_SAFE_INTEGER));
}

// The driver takes other typed arrays for text.
function asBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
