// What L2 is to the cache above it: a shared store of envelopes by namespace and key, locks, and tag epochs.
// Invariant: a method does one thing at the server and rejects when it could not; it neither waits beyond the server's
// answer nor retries (but MOVED and ASK), counts nothing and judges no envelope. Deadlines, breaker and statistics stand
// above it (faults/), what bytes mean in envelope/. Any implementation must pass `remoteContract` of ./testing.

import type { Bus } from '@catzilla/bus';

/** What kind of failure an error is. 'down': the server cannot be reached or does not answer. 'write': it refuses writes
 * (OOM, READONLY). 'misconfigured': it refuses us (NOAUTH, WRONGPASS, NOPERM). 'request': this one call only. */
export type RemoteFault = 'down' | 'write' | 'misconfigured' | 'request';

/** What a tier is told when the cache opens it. */
export interface TierContext {
  /** Name of the cache: part of each key. */
  readonly name: string;
  /** Corrected wall clock, ms. */
  readonly now: () => number;
  /** Called when the state changes. */
  readonly onState: (state: RemoteState) => void;
  /** Called with keys that others wrote, removed or let expire, in whatever way: a tier that is asked to watch (`tracking`
   * of redisTier) has nothing else for news. null: news may have been missed, any key may have changed. Must not throw. */
  readonly onExternal?: ((changed: readonly ExternalChange[] | null) => void) | undefined;
}

/** A key that was changed by somebody else. */
export interface ExternalChange {
  readonly ns: string;
  readonly key: string;
}

/** State of the connection. */
export type RemoteState = 'connecting' | 'ready' | 'down' | 'misconfigured' | 'closed';

/** One value to be written. */
export interface RemoteWrite {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** ms until the server drops it, above 0; Infinity: never. */
  readonly ttl: number;
}

/** What a guarded write must not overwrite. */
export interface FillGuard {
  /** Stamp of the value: refused when what is stored has a newer one. */
  readonly created: number;
  /** Token of the lock held: refused when the lock is gone or another's, released when stored. */
  readonly token?: string | undefined;
}

/** An opened L2. `ns` is the namespace, '' for the root. */
export interface RemoteStore {
  readonly state: RemoteState;
  /** What the connection said last, without secrets; undefined: nothing, or all is well. */
  readonly lastError?: string | undefined;
  /** Name for health: `redis standalone`, `memory`. */
  readonly backend: string;
  get(ns: string, key: string): Promise<Buffer | undefined>;
  /** In order; an Error stands where that key alone could not be read. Rejects only when none could. */
  getMany(ns: string, keys: readonly string[]): Promise<(Buffer | undefined | Error)[]>;
  /** Overwrites whatever is there. */
  set(ns: string, write: RemoteWrite): Promise<void>;
  /** In order: undefined = stored. */
  setMany(ns: string, writes: readonly RemoteWrite[]): Promise<(Error | undefined)[]>;
  /** Stores unless the guard says no, in one atomic step.
   * @returns whether it was stored */
  fill(ns: string, write: RemoteWrite, guard: FillGuard): Promise<boolean>;
  /** Puts a tombstone in place of each key: an envelope without value that guards against older fills. In order. */
  remove(
    ns: string,
    keys: readonly string[],
    tombstone: Uint8Array,
    ttl: number,
  ): Promise<(Error | undefined)[]>;
  /** Removes one damaged value, if it still has this stamp-carrying prefix; no tombstone. */
  discard(ns: string, key: string, bytes: Uint8Array): Promise<void>;
  /** Takes the lock of a key.
   * @returns a fence: a number that grows with each holder (server time, microseconds); undefined: held by another */
  lock(ns: string, key: string, token: string, ttl: number): Promise<number | undefined>;
  /** @returns whether the lock was still held by this token */
  extendLock(ns: string, key: string, token: string, ttl: number): Promise<boolean>;
  unlock(ns: string, key: string, token: string): Promise<void>;
  /** Stamps of epochs by name (a tag, a namespace), 0 where there is none; [hard, soft] for each, in order. */
  readEpochs(names: readonly string[]): Promise<(readonly [hard: number, soft: number])[]>;
  /** Raises epochs; a lower stamp than the one there changes nothing. */
  raiseEpochs(
    names: readonly string[],
    kind: 'hard' | 'soft',
    stamp: number,
    ttl: number,
  ): Promise<void>;
  /** Keys of one namespace that begin with a prefix, by pages; each at least once if it is there throughout; without those
   * that were removed. */
  scan(ns: string, prefix: string): AsyncIterable<string[]>;
  /** Removes the entries of a namespace and of those within it that were created before a stamp; in the background of the
   * server, page by page, never by KEYS or FLUSHDB. @returns how many */
  sweep(ns: string, before: number): Promise<number>;
  /** Server time, ms since the epoch. */
  time(): Promise<number>;
  /** One round trip. */
  ping(): Promise<void>;
  /** One write of its own, to see whether writes are taken. */
  probeWrite(): Promise<void>;
  /** Connects anew: called after several probes in a row got no answer. */
  reset(): void;
  /** Which kind of failure an error of one of these methods is. */
  faultOf(error: unknown): RemoteFault;
  close(): Promise<void>;
}

/** An L2 that can be opened, made by `redisTier` or `memoryTier`. */
export interface RemoteTier {
  readonly kind: string;
  /** Begins to connect and returns at once: a server that is down is no error. Once per tier. */
  open(context: TierContext): RemoteStore;
  /** Makes the bus that goes with it, on connections of its own; undefined: there is none.
   * @param deadline  how long an append waits, ms: as long as a call of the tier. Default: the bus's own */
  openBus?(deadline?: number): Bus;
}
