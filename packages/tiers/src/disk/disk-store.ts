// What L3 is to the cache above it: records by id in files of bounded size, lost without harm.
// Invariant: the files never take more than `maxBytes` at any moment; a record read is one that was written, whole
// (what bytes mean, and their checksum, is the envelope's); a later record of an id hides the earlier ones. Any
// implementation must pass `diskContract` of ./testing.

/** 'opening': verifying what is there. 'ready'. 'full': the disk has no room, reads go on. 'busy': another process has the
 * folder. 'failed': dropped after errors. 'closed'. */
export type DiskState = 'opening' | 'ready' | 'full' | 'busy' | 'failed' | 'closed';

/** One record. */
export interface DiskRecord {
  /** 1 to 9000 bytes of UTF-8. */
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** What `verify` found. */
export interface DiskVerdict {
  readonly records: number;
  readonly bytes: number;
  /** Records or files that could not be read. */
  readonly damaged: number;
}

/** An opened L3. */
export interface DiskStore {
  readonly state: DiskState;
  /** What it is made of, for health. */
  readonly backend: 'lmdb' | 'fs' | 'memory';
  /** What the last failure said. */
  readonly lastError: string | undefined;
  /** Resolves when it is no longer 'opening'. Never rejects. */
  readonly ready: Promise<void>;
  /** The newest record of an id; undefined: none. Synchronous where that is cheaper than a thread. Throws or rejects when
   * it could not be read. The bytes are the caller's own. */
  get(id: string): Buffer | undefined | Promise<Buffer | undefined>;
  /** Writes a batch, in order. Resolves when the file system has it. Rejects when it was not written (state tells why). */
  putMany(batch: readonly DiskRecord[]): Promise<void>;
  /** Ids that begin with a prefix, newest record of each, in no order. */
  scan(prefix: string): AsyncIterable<string>;
  /** Drops everything. */
  clear(): Promise<void>;
  /** Bound on the bytes of all its files. */
  readonly maxBytes: number;
  /** Bytes of all its files now. */
  bytes(): number;
  /** A note kept beside the records (the place in the bus's log); written with the next batch or `close`. */
  note: string | undefined;
  /** Reads every record and its files. */
  verify(): Promise<DiskVerdict>;
  /** Writes what is under way, and lets the folder go. Idempotent. */
  close(): Promise<void>;
}

/** An L3 that can be opened, made by `diskTier`. */
export interface DiskTier {
  readonly kind: string;
  /** Opens at once: reads are misses while it is 'opening'.
   * @throws CATZ_TIERS_DISK_ACCESS when the folder cannot be ours */
  open(context: DiskContext): DiskStore;
}

/** What an L3 is told when the cache opens it. */
export interface DiskContext {
  /** Name of the cache: a folder within the tier's. */
  readonly name: string;
  /** Called when the state changes. */
  readonly onState: (state: DiskState) => void;
}
