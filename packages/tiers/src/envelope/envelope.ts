// The form in which every tier keeps a value: a fixed header that all releases of one major can read, and a payload.
// How it is written is encode.ts, how it is read decode.ts, its bytes layout.ts.

/** Bits of `flags`. */
export const FLAG: {
  /** The value is undefined: asked for by `negative`. */
  readonly undefined: 1;
  /** Kept by `negative`. */
  readonly negative: 2;
  /** No value: the key was deleted at `created`. */
  readonly tombstone: 4;
  /** Tiers that its author keeps it out of, also when it is copied up or down. */
  readonly notMemory: 8;
  readonly notRemote: 16;
  readonly notDisk: 32;
} = { undefined: 1, negative: 2, tombstone: 4, notMemory: 8, notRemote: 16, notDisk: 32 };

/** Header of an envelope. */
export interface EnvelopeHead {
  /** Id of the codec that made the payload. */
  readonly codec: number;
  /** Id of the compression of the payload; 0: none. */
  readonly compression: number;
  /** Bits of FLAG. */
  readonly flags: number;
  /** Hybrid stamp in microseconds, taken before the value was computed. */
  readonly created: number;
  /** Logical expiry: fresh before it. Wall clock in ms; Infinity: never. */
  readonly expiresAt: number;
  /** Physical expiry: gone after it. At least `expiresAt`. */
  readonly graceUntil: number;
  /** Longest stay in each tier, ms; NaN: no bound of its own. */
  readonly memoryTtl: number;
  readonly remoteTtl: number;
  readonly diskTtl: number;
  /** What the factory took, ms; NaN: not known. */
  readonly cost: number;
  readonly tags: readonly string[];
  /** Pairs of the user's, for conditional refreshes: ETag, Last-Modified. At most 1 KB. */
  readonly meta: Readonly<Record<string, string>>;
}

/** An envelope as read. */
export interface Envelope extends EnvelopeHead {
  /** Bytes of the payload before compression. */
  readonly rawLength: number;
  /** A view of the bytes read. */
  readonly payload: Buffer;
}

/** Why bytes are no envelope. 'foreign': not ours, never to be deleted by a read. 'version': of another release, kept.
 * 'corrupt': ours and damaged, to be deleted. */
export type EnvelopeFault = 'foreign' | 'version' | 'corrupt';
